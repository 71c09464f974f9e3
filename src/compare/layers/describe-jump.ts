import type { ComparedTensor } from './compare-layers.js';
import type { Jump } from './first-jump.js';

/** What a layer that goes wrong says about the conversion, as a sentence. */
export function describeJump({ layer, before, isQuantized }: Jump<ComparedTensor>): string {
  const { name, relativeError } = layer;
  const operators = operatorsOf(layer);
  const kind = operators === undefined ? '' : ` (${operators})`;
  return `the first layer that differs is ${name}${kind}: its relative error is ${percent(relativeError)}, ${origin(before)}; ${cause(layer)}${isQuantized ? UNFIT_RANGE : ''}`;
}

const UNFIT_RANGE = '; or the range that it was quantized to does not fit: calibrate on other data';

/** So many operators of a fused layer are told. */
const MOST_TOLD = 4;

/** `Conv, Relu` where the two became one. */
function operatorsOf({ operator, fused = [] }: ComparedTensor): string | undefined {
  if (operator === undefined) return undefined;
  const told = [...fused, operator].slice(-MOST_TOLD);
  return [...(fused.length >= MOST_TOLD ? ['…'] : []), ...told].join(', ');
}

function origin(before: number): string {
  return before === 0
    ? 'what goes into it is the same'
    : `what goes into it differs by ${percent(before)}`;
}

function cause(layer: ComparedTensor): string {
  const { hasConstants } = layer;
  const operator = operatorsOf(layer);
  if (hasConstants === undefined) return 'its weights or its arithmetic differ';
  return hasConstants
    ? `its weights differ, or ${operator ?? 'the operator'} is computed otherwise`
    : `it has no weights: ${operator ?? 'the operator'} is computed otherwise (another version of the operator set, or an attribute)`;
}

/** A share with three digits; small ones with an exponent. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'not finite';
  const value = share * 100;
  return value !== 0 && value < 0.01
    ? `${value.toExponential(1)} %`
    : `${Number(value.toPrecision(3))} %`;
}
