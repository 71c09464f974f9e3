import path from 'node:path';
import { ModelconvError } from '../errors.js';
import type { Adapter, AdapterOption, ConversionJob } from './contract.js';
import type { OptionValues } from './plan-options.js';

/** What people are told of an option beside its values; the default, where it is not the first of them. */
export type OptionWords = Pick<AdapterOption, 'meaning' | 'isForQuantizing'> &
  Partial<Pick<AdapterOption, 'default'>>;

/** The options of an adapter as it tells them to people. */
export function describeOptions<K extends string>(
  known: Readonly<Record<K, OptionValues>>,
  words: Readonly<Record<K, OptionWords>>,
): AdapterOption[] {
  return (Object.keys(known) as K[]).map((name) => {
    const values = known[name];
    return { name, values, default: values[0], ...words[name] };
  });
}

/** Names the options that might help when a model came out wrong; undefined when there are none. */
export function adviseOptions({ options = [] }: Adapter, job: QuantizingJob): string | undefined {
  const names = options
    .filter(({ isForQuantizing }) => isForQuantizing !== true || isQuantizing(job))
    .map(({ name }) => name);
  if (names.length === 0) return undefined;
  return `try other options of the converter, --option NAME=VALUE with ${names.join(', ')} (docs/options.md)`;
}

/** What tells whether a job quantizes. */
type QuantizingJob = Pick<ConversionJob, 'precision' | 'source'>;

function isQuantizing({ precision, source: { info } }: QuantizingJob): boolean {
  const isInteger = precision === 'int8' || precision === 'int4' || precision === 'int16';
  return isInteger && info.quantized !== true && info.precision !== precision;
}

/**
 * Refuse an option that acts only where a model is quantized, in a job that quantizes none. What the
 * device says once for all of its models is no wish of this job.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function refuseIdleOptions({ options = [] }: Adapter, job: ConversionJob): void {
  if (isQuantizing(job)) return;
  const byDevice = job.device.converter?.options ?? {};
  const idle = options.find(
    ({ name, isForQuantizing }) =>
      isForQuantizing === true &&
      Object.hasOwn(job.options, name) &&
      job.options[name] !== byDevice[name],
  );
  if (idle === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `the option ${idle.name} has no effect on ${path.basename(job.source.info.path)} in ${job.precision}`,
    why:
      job.source.info.quantized === true
        ? 'it is about how a model is quantized, and this one is quantized already'
        : 'it is about how a model is quantized',
    next: 'leave it out, or quantize the model with --precision int8',
  });
}
