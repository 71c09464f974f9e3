import type {
  MinimumRuntime,
  ModelInfo,
  Precision,
  Quantization,
} from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { unitsOf } from '../quantization/coverage.js';
import { describeScales } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import type { ModelStructure } from '../structure.js';
import { type RknnProgram, readProgram } from './body.js';
import { openRknn, type RknnFile } from './header.js';
import { type RknnTensor, tensorsOf } from './tensors.js';

const MAX_TARGETS = 64;
const MAX_TARGET = 128;

/**
 * Read what an RKNN file says about itself. Operators and weights are compiled; of the program of rk35xx
 * the tensors with their scales, and where each operator runs, are read.
 *
 * @throws MalformedError when lengths do not fit the file, or its description is not as it must be.
 */
export function readRknn(file: FileWindow): ModelStructure {
  const opened = openRknn(file);
  const program = readProgram(opened.body);
  const inputs = tensorsOf(opened.json, 'input', program);
  const outputs = tensorsOf(opened.json, 'output', program);
  return {
    info: describe(opened, program, inputs, outputs),
    externalSizes: new Map(),
    indexLimits: new Map(),
    ...(program?.graph === undefined ? {} : { quantized: program.graph }),
  };
}

function describe(
  { formatVersion, json }: RknnFile,
  program: RknnProgram | undefined,
  inputs: readonly RknnTensor[],
  outputs: readonly RknnTensor[],
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const version = text(json['version']);
  const quantization = quantizationOf([...inputs, ...outputs], program);
  const precision = precisionOf(quantization, [...inputs, ...outputs], program);
  const minimum = minimumForRknn(formatVersion);
  const units = program?.graph === undefined ? undefined : unitsOf(program.graph.work);
  return {
    format: 'rknn',
    formatVersion: String(formatVersion),
    ...(version === undefined ? {} : { producer: { name: 'rknn-toolkit2', version } }),
    targets: targetsOf(json),
    ...(precision === undefined ? {} : { precision, quantized: quantization !== undefined }),
    ...(quantization === undefined ? {} : { quantization }),
    ...(units === undefined ? {} : { units }),
    inputs: inputs.map(({ tensor }) => tensor),
    outputs: outputs.map(({ tensor }) => tensor),
    metadata: metadataOf(json, program),
    ...(minimum === undefined ? {} : { minimumRuntime: minimum }),
    facts: {
      formatVersion: 'read',
      targets: 'read',
      inputs: 'read',
      outputs: 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      quantization: precision === undefined ? 'unknown' : 'read',
      producer: version === undefined ? 'unknown' : 'read',
      weights: 'unknown',
      minimumRuntime: minimum === undefined ? 'unknown' : 'read',
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 4096 ? value : undefined;
}

function targetsOf(json: RknnFile['json']): string[] {
  const targets = json['target_platform'];
  const right = (target: unknown): target is string =>
    typeof target === 'string' && target !== '' && target.length <= MAX_TARGET;
  if (!Array.isArray(targets) || targets.length > MAX_TARGETS || !targets.every(right))
    throw new MalformedError('its description has no list "target_platform"');
  return targets;
}

/** The framework it came from, and the layout in which the NPU takes each tensor. */
function metadataOf(
  json: RknnFile['json'],
  program: RknnProgram | undefined,
): Record<string, string> {
  const framework = text(json['network_platform']);
  const layouts = [...(program?.tensors ?? [])].flatMap(([name, { layout }]) =>
    layout === undefined ? [] : [[`layout of ${name}`, layout] as const],
  );
  return Object.fromEntries([
    ...(framework === undefined ? [] : [['network_platform', framework]]),
    ...layouts,
  ]);
}

const TYPES: Readonly<Record<string, Quantization['type']>> = { int8: 'int8', int16: 'int16' };

function quantizationOf(
  tensors: readonly RknnTensor[],
  program: RknnProgram | undefined,
): Quantization | undefined {
  // an int8 tensor of a program without a quantized one is not quantized: it is how bool is kept
  if (program !== undefined && program.asymmetric === undefined) return undefined;
  const kinds = [...new Set(tensors.map(({ quantizedTo }) => quantizedTo))].filter((k) => k !== '');
  const [kind] = kinds;
  if (kind === undefined) return undefined;
  const type = kinds.length === 1 ? TYPES[kind] : undefined;
  return {
    type: type ?? 'mixed',
    ...(program?.asymmetric === true ? { scheme: 'asymmetric' } : {}),
    ...(program?.weightBits === undefined ? {} : { weightBits: program.weightBits }),
    ...(type === undefined ? {} : { activationBits: type === 'int8' ? 8 : 16 }),
    ...(program?.graph === undefined ? {} : describeScales(withOuter(program.graph, tensors))),
  };
}

/** Inputs and outputs come first in a descriptor. */
function withOuter(graph: QuantizedGraph, tensors: readonly RknnTensor[]): QuantizedGraph {
  const outer = new Set(tensors.map(({ tensor: { name } }) => name));
  const entries = graph.entries.map((entry) => ({ ...entry, outer: outer.has(entry.name) }));
  return { ...graph, entries };
}

/** Float tensors alone do not tell: a hybrid model has them too. No quantized tensor in the program does. */
function precisionOf(
  quantization: Quantization | undefined,
  tensors: readonly RknnTensor[],
  program: RknnProgram | undefined,
): Precision | undefined {
  if (quantization?.type === 'int8' || quantization?.type === 'int16') return quantization.type;
  if (quantization !== undefined) return 'mixed';
  if (program === undefined || program.asymmetric !== undefined) return undefined;
  const half = tensors.some(({ tensor: { dtype } }) => dtype === 'float16');
  return half ? 'fp16' : undefined;
}

/**
 * Oldest librknnrt for a format version; undefined where nobody has written it down. The runtime compares
 * the file's number with the highest one it knows and prints both: 1.5.0 refuses format 6 with "6, 4"
 * (https://github.com/rockchip-linux/rknn-toolkit2/issues/316), 1.5.2 is the first release whose toolkit
 * writes 6 (https://github.com/leafqycc/rknn-cpp-Multithreading/issues/19).
 */
function minimumForRknn(formatVersion: bigint): MinimumRuntime | undefined {
  if (formatVersion !== 6n) return undefined;
  return {
    kind: 'rknn',
    version: '1.5.2',
    rule: 'RKNN format 6 is refused by librknnrt 1.5.0 and written since toolkit 1.5.2',
  };
}
