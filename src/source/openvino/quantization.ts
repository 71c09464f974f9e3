import type { Quantization } from '../../schema/generated/types.js';
import { commonGranularity, describeScales, schemeOf } from '../quantization/describe.js';
import type { QuantizedGraph } from '../quantization/graph.js';
import type { Constant, Net } from './model.js';

const MAX_ALGORITHM = 64;

/** How an IR is quantized: by its integer weights that a Convert follows, and its FakeQuantize layers. */
export function quantizationOf(net: Net, graph: QuantizedGraph): Quantization | undefined {
  const weightBits = widestBits(net.constants.values());
  if (weightBits === 0 && net.levels === 0) return undefined;
  const activationBits = net.levels === 0 ? undefined : Math.ceil(Math.log2(net.levels));
  const algorithm = algorithmOf(net.info);
  const weights = graph.entries.filter(({ role }) => role === 'weight');
  const scheme = schemeOf(graph.entries);
  return {
    type: typeOf(weightBits, activationBits),
    ...(scheme === undefined ? {} : { scheme }),
    ...commonGranularity(weights),
    ...(weightBits === 0 ? {} : { weightBits }),
    ...(activationBits === undefined ? {} : { activationBits }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...describeScales(graph),
  };
}

function bitsOf({ dtype }: Constant): number {
  return Number(/\d+$/.exec(dtype)?.[0] ?? 0);
}

/** 0 when no weight is quantized. */
function widestBits(constants: Iterable<Constant>): number {
  return Math.max(0, ...new Set([...constants].filter((c) => c.quantized).map(bitsOf)));
}

function typeOf(weightBits: number, activationBits: number | undefined): Quantization['type'] {
  if (activationBits === undefined) return weightBits > 4 ? 'int8-weights' : 'int4-weights';
  // weights behind a FakeQuantize may still be kept as floats
  const widest = Math.max(weightBits, activationBits);
  return weightBits !== 0 && weightBits !== activationBits
    ? 'mixed'
    : widest > 8
      ? 'int16'
      : 'int8';
}

/** NNCF writes what it did into rt_info: `nncf.quantization.preset`, `nncf.weight_compression.mode`. */
function algorithmOf(info: ReadonlyMap<string, string>): string | undefined {
  const preset = info.get('nncf.quantization.preset');
  const mode = info.get('nncf.weight_compression.mode');
  const text =
    preset !== undefined
      ? `nncf quantize, preset ${preset}`
      : mode !== undefined
        ? `nncf compress_weights, mode ${mode}`
        : undefined;
  return text !== undefined && text.length <= MAX_ALGORITHM ? text : undefined;
}
