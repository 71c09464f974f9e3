import path from 'node:path';
import { ModelconvError } from '../errors.js';
import type { Options, Precision } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';
import type { Capabilities, ConversionJob } from './contract.js';

/** One option of an adapter: its values, the first one the default. */
export type OptionValues = readonly [string, ...string[]];

/**
 * The options of a job, each one known and with a known value, defaults filled in.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function checkOptions<K extends string>(
  adapter: string,
  options: Options,
  known: Readonly<Record<K, OptionValues>>,
): Record<K, string> {
  const names = Object.keys(known) as K[];
  refuseUnknownOption(
    adapter,
    options,
    names.map((name) => ({ name, takes: known[name].join('|') })),
  );
  const chosen = names.map((name): [K, string] => {
    const value = String(options[name] ?? known[name][0]);
    if (known[name].includes(value)) return [name, value];
    throw refuseValue(name, value, known[name], `values: ${known[name].join(', ')}`);
  });
  return Object.fromEntries(chosen) as Record<K, string>;
}

/**
 * Refuse an option that an adapter does not have.
 *
 * @param known - name of each option, and what it takes, for people.
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function refuseUnknownOption(
  adapter: string,
  options: Options,
  known: readonly { readonly name: string; readonly takes: string }[],
): void {
  const names = known.map(({ name }) => name);
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `${adapter} has no option "${unknown}".${didYouMean(unknown, names)}`,
    next:
      names.length === 0
        ? 'leave --option out'
        : `options: ${known.map(({ name, takes }) => `${name}=${takes}`).join(', ')}`,
  });
}

/** The error of a value that an option does not take. */
export function refuseValue(
  name: string,
  value: string,
  values: readonly string[],
  next: string,
): ModelconvError {
  return new ModelconvError('E_USAGE', {
    what: `${name}=${value} is not a value of the option ${name}.${didYouMean(value, values)}`,
    next,
  });
}

/**
 * Refuse a model without inputs, for converters that end on one without saying why.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE`.
 */
export function refuseWithoutInputs(adapter: string, { source, device }: ConversionJob): void {
  if (source.info.inputs.length > 0) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(source.path)} cannot be converted for ${device.name}`,
    why: `it has no inputs, and ${adapter} converts models that have some`,
    next: 'export the model with its inputs',
  });
}

/**
 * Refuse a precision that the converter can neither make nor keep. Never converts a quantized source to
 * another precision: what was lost does not come back.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE`.
 */
export function checkPrecision(
  adapter: string,
  { convertsTo, keeps }: Pick<Capabilities, 'convertsTo' | 'keeps'>,
  job: Pick<ConversionJob, 'source' | 'precision' | 'device'>,
): void {
  const { info } = job.source;
  const own = info.precision ?? 'fp32';
  if (job.precision === own && keeps.includes(own)) return;
  const isFloat: readonly Precision[] = ['fp64', 'fp32', 'fp16', 'bf16'];
  if (convertsTo.includes(job.precision) && info.quantized !== true && isFloat.includes(own))
    return;
  const can = convertsTo.join(', ');
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(job.source.path)} cannot be converted to ${job.precision} for ${job.device.name}`,
    why:
      info.quantized === true
        ? `the model is quantized (${own}) already; ${adapter} converts models in floating point to ${can}`
        : `${adapter} converts to ${can}`,
    next:
      info.quantized === true
        ? 'give the model as it was before it was quantized'
        : `use --precision ${convertsTo[0] ?? own}`,
  });
}
