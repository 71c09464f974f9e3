import type {
  ComputeUnits,
  FloatTensors,
  QuantizationCoverage,
  QuantizedWork,
} from '../../schema/generated/types.js';
import type { QuantizedGraph, Work } from './graph.js';

/** Names in a list of a descriptor. */
const MAX_NAMES = 64;
/** Text of one list in bytes: names may be long. */
const MAX_NAME_TEXT = 8 * 1024;

/** How much of a model is quantized: its weights and, where activations are, its multiply-accumulates. */
export function coverageOf(graph: QuantizedGraph): QuantizationCoverage {
  const { floats, work, quantizedParameters } = graph;
  const float = floats.reduce((sum, { parameters }) => sum + parameters, 0);
  const parameters = { quantized: quantizedParameters, total: quantizedParameters + float };
  const macs = macsOf(graph);
  const measured = macs ?? parameters;
  const floatWork = work.filter(({ computes }) => computes === 'float');
  return {
    parameters,
    ...(macs === undefined ? {} : { multiplyAccumulates: macs }),
    ...(measured.total === 0
      ? {}
      : {
          floatShare: share(measured.total - measured.quantized, measured.total),
          measuredBy: macs === undefined ? 'parameters' : 'multiplyAccumulates',
        }),
    floatTensors: largest(floats.map(({ name, parameters: size }) => ({ name, size }))),
    floatOperators: largest(floatWork.map(({ name, macs: size = 0 }) => ({ name, size }))),
  };
}

/** Undefined where an operator's shape is not known, and where no activation is quantized: the runtime decides then. */
function macsOf({ entries, work }: QuantizedGraph): QuantizedWork | undefined {
  const isDynamic = work.some(({ computes }) => computes === 'integer');
  if (!isDynamic && !entries.some(({ role }) => role === 'activation')) return undefined;
  let [quantized, total] = [0, 0];
  for (const { macs, computes } of work) {
    if (macs === undefined) return undefined;
    total += macs;
    if (computes === 'integer') quantized += macs;
  }
  return total === 0 || !Number.isSafeInteger(total) ? undefined : { quantized, total };
}

/** Undefined where no operator tells where it runs. */
export function unitsOf(work: readonly Work[]): ComputeUnits | undefined {
  const placed = work.filter(({ unit }) => unit !== undefined);
  if (placed.length === 0) return undefined;
  const npu = placed.filter(({ unit }) => unit === 'npu');
  const cpu = placed.filter(({ unit }) => unit === 'cpu');
  const sum = (some: readonly Work[]): number => some.reduce((all, { macs = 0 }) => all + macs, 0);
  const macs = sum(placed);
  return {
    npuOperators: npu.length,
    cpuOperators: cpu.length,
    npuShare: macs === 0 ? share(npu.length, placed.length) : share(sum(npu), macs),
    cpuNames: largest(cpu.map(({ name, macs: size = 0 }) => ({ name, size }))),
  };
}

/** Rounded to a ten-thousandth, so that it reads well; only what is nothing or all is 0 or 1. */
function share(part: number, total: number): number {
  const rounded = Math.round((part / total) * 1e4) / 1e4;
  if (part > 0 && rounded === 0) return 1e-4;
  return part < total && rounded === 1 ? 0.9999 : rounded;
}

function largest(sized: readonly { readonly name: string; readonly size: number }[]): FloatTensors {
  const names: string[] = [];
  let text = 0;
  for (const { name } of [...sized].sort((a, b) => b.size - a.size)) {
    text += Buffer.byteLength(name);
    if (names.length === MAX_NAMES || text > MAX_NAME_TEXT || name.length > 1024) break;
    names.push(name);
  }
  return { count: sized.length, names };
}
