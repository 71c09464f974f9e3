import type { ModelInfo, Precision } from '../schema/generated/types.js';
import type { DoneStage } from './verify-model.js';

/** Precisions that are asked for to have the work done in integers, or the weights kept in them. */
const INTEGERS: readonly Precision[] = ['int8', 'int4', 'int16'];
const QUANTIZED: readonly Precision[] = [...INTEGERS, 'mixed'];
/** Share from which on something is most of it. */
const MOST = 0.5;
const NAMES_SHOWN = 3;

/**
 * What was asked of a converter and was done for the smaller part alone: quantization that left most of the
 * work in floating point, and a compiler that left most of it to the CPU. Such models are right, and slow.
 */
export function unquantized(done: readonly DoneStage[]): string[] {
  const last = done.at(-1);
  if (last === undefined) return [];
  const { job, toolchain } = last.stage;
  const { info } = last.converted;
  return [
    ...(INTEGERS.includes(job.precision) ? inFloat(info, job.precision) : []),
    ...offNpu(info, toolchain.tool),
  ];
}

/**
 * The precision whose bounds a converted model has to keep: its own, but that of a quantized one whose weights
 * are floats for the most part is what was asked for.
 */
export function comparedPrecision(
  { precision, quantized }: ModelInfo,
  asked: Precision,
): Precision {
  if (precision === undefined) return asked;
  return quantized === true && !QUANTIZED.includes(precision) ? asked : precision;
}

function inFloat({ quantization }: ModelInfo, precision: Precision): string[] {
  const { coverage } = quantization ?? {};
  const { floatShare, measuredBy, floatOperators, floatTensors } = coverage ?? {};
  if (floatShare === undefined || floatShare <= MOST) return [];
  const isWork = measuredBy === 'multiplyAccumulates';
  const names = (isWork ? floatOperators : floatTensors)?.names ?? [];
  return [
    `${precision} left most of the model in floating point: ${percent(floatShare)} of its ${isWork ? 'multiply-accumulates' : 'weights'}${among(names)}`,
  ];
}

function offNpu({ units }: ModelInfo, tool: string): string[] {
  if (units === undefined || units.npuShare >= MOST) return [];
  const { npuShare, npuOperators, cpuOperators, cpuNames } = units;
  return [
    `${tool} put ${percent(npuShare)} of the work on the NPU, and the rest on the CPU (${cpuOperators} of ${npuOperators + cpuOperators} operators)${among(cpuNames.names)}`,
  ];
}

function among(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return `; among it ${shown}${names.length > NAMES_SHOWN ? ', …' : ''}`;
}

/** `62 %`, `99.9 %`; whole numbers are enough but next to 0 and 100. */
function percent(share: number): string {
  const value = share * 100;
  const digits = value > 99 || value < 1 ? 2 : 0;
  return `${Number(value.toFixed(digits))} %`;
}
