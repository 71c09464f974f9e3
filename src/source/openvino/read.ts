import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import { parseObject, summarizeScaled } from '../quantized.js';
import type { Companion, ModelStructure } from '../structure.js';
import { quantizedGraph } from './graph.js';
import type { Endpoint, Net } from './model.js';
import { NetCollector } from './net.js';
import { quantizationOf } from './quantization.js';
import { minimumForIr } from './versions.js';
import { readXml } from './xml.js';

/** Where `--embed` puts the descriptor. */
const EMBEDDED = 'modelconv';
/** Longest free value that is passed on. */
const MAX_METADATA = 4096;

/**
 * Read the structure of an OpenVINO IR: the XML, and of the `.bin` beside it only the size. Without the
 * `.bin` the weights are unknown.
 *
 * @throws MalformedError when the XML is damaged or no IR, or the `.bin` is shorter than a Const needs.
 */
export function readOpenvino(file: FileWindow, companion: Companion | undefined): ModelStructure {
  const collector = new NetCollector();
  readXml(file, collector);
  const { net } = collector;
  if (net.version === '') throw new MalformedError('its <net> has no version');
  if (net.results.length === 0) throw new MalformedError('it has no Result layer');
  if (companion !== undefined && companion.window.sizeBytes < net.neededBytes)
    throw new MalformedError(
      `${companion.name} has ${companion.window.sizeBytes} bytes, but the layers need ${net.neededBytes}: it is truncated`,
    );
  const quantized = quantizedGraph(net, companion?.window);
  return {
    info: describe(net, companion !== undefined, quantized),
    externalSizes: new Map(companion === undefined ? [] : [[companion.name, net.neededBytes]]),
    indexLimits: new Map(),
    quantized,
  };
}

function describe(
  net: Net,
  hasWeights: boolean,
  quantized: QuantizedGraph,
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const { weights, precision, nodes, operators, ...summary } = summarizeScaled(
    net.operators,
    net.constants.values(),
  );
  const sizeBytes = [...net.constants.values()].reduce((sum, { sizeBytes: size }) => sum + size, 0);
  const quantization = quantizationOf(net, quantized);
  const minimum = minimumForIr(net.version, net.opset);
  const writer = versionOf(net.info);
  const embedded = parseObject(net.info.get(EMBEDDED) ?? '');
  return {
    format: 'openvino-ir',
    formatVersion: net.version.slice(0, 64),
    ...(writer === undefined ? {} : { producer: { name: 'openvino', version: writer } }),
    graphName: net.name.slice(0, MAX_METADATA),
    ...(net.opset === 0 ? {} : { opsets: { opset: net.opset } }),
    ...(precision === undefined ? {} : { precision }),
    nodes,
    operators,
    ...(hasWeights ? { weights: { ...weights, sizeBytes } } : {}),
    quantized: summary.quantized || quantization !== undefined,
    ...(quantization === undefined ? {} : { quantization }),
    inputs: net.inputs.map((input) => toTensor(input, input.tensorName)),
    outputs: net.results.map((result) =>
      // measured on 2026.4: the names at the Result go before those of the port that feeds it
      toTensor(result, result.tensorName ?? net.fedBy.get(result.layer)),
    ),
    metadata: metadataOf(net.info),
    ...(embedded === undefined ? {} : { embedded }),
    ...(minimum === undefined ? {} : { minimumRuntime: minimum }),
    facts: {
      formatVersion: 'read',
      inputs: 'read',
      outputs: 'read',
      weights: hasWeights ? 'read' : 'unknown',
      precision: precision === undefined ? 'unknown' : 'read',
      quantization: 'read',
      producer: writer === undefined ? 'unknown' : 'read',
      minimumRuntime: minimum === undefined ? 'unknown' : 'read',
    },
  };
}

/** A tensor without a name is known by its layer. */
function toTensor(
  { name: layer, dtype, shape }: Endpoint,
  tensorName: string | undefined,
): ModelTensor {
  const name = tensorName ?? layer;
  if (name === '' || name.length > 1024) throw new MalformedError('an input or output has no name');
  return { name, dtype, ...(shape === undefined ? {} : { shape }) };
}

/** `2026.4.1` of `2026.4.1-22982-e213a147257-releases/2026/4`. */
function versionOf(info: ReadonlyMap<string, string>): string | undefined {
  const text =
    info.get('Runtime_version') ?? info.get('OpenVINO Runtime') ?? info.get('MO_version');
  return /^\d{1,9}(\.\d{1,9}){1,3}/.exec(text ?? '')?.[0];
}

function metadataOf(info: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...info].filter(([key, value]) => key !== EMBEDDED && value.length <= MAX_METADATA),
  );
}
