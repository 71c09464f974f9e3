import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import type { Step } from '../../host/run-step.js';
import type {
  AdapterDescription,
  DescribedOption,
  DescribedStep,
  Device,
} from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import type { Capabilities, ConversionJob, Plan } from '../contract.js';
import { checkPrecision, refuseUnknownOption, refuseValue } from '../plan-options.js';
import { type Filling, fillArguments, holds, refuseListNames } from './arguments.js';
import { exportedCalibration, exportStep } from './export-plan.js';
import { fillTemplate } from './template.js';

/**
 * The steps of a description for one job; calibration data is brought into the form of the tool first.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` or `E_USAGE`.
 */
export function planDescribed(
  description: AdapterDescription,
  capabilities: Capabilities,
  job: ConversionJob,
): Plan {
  const options = optionsOf(description, job);
  checkPrecision(description.id, capabilities, job);
  const filling: Filling = { job, options, values: valuesOf(description, job, options) };
  refuseCases(description, filling);
  refuseSeveralInputs(description, job);
  const steps = description.steps
    .filter((step) => holds(step.if, filling))
    .map((step) => toStep(step, description, filling));
  const [first] = steps;
  if (first === undefined) throw noStep(description, job);
  return {
    steps: [...exportSteps(description, filling), ...steps],
    ...outputsOf(description, job.outputName),
    deterministic: description.deterministic,
  };
}

/** What comes before the steps of the tool: calibration data in its form. */
function exportSteps({ calibration }: AdapterDescription, filling: Filling): Step[] {
  const { job } = filling;
  if (job.calibration === undefined || calibration === undefined) return [];
  refuseListNames(calibration, filling);
  return [exportStep(calibration, job, job.calibration.spec)];
}

/** @throws ModelconvError `E_NOT_CONVERTIBLE` for what the description says that its tool cannot do. */
function refuseCases({ refuse = [] }: AdapterDescription, filling: Filling): void {
  const { source, device, precision } = filling.job;
  const found = refuse.find((refusal) => holds(refusal.if, filling));
  if (found === undefined) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(source.path)} cannot be converted to ${precision} for ${device.name}`,
    why: found.why,
    next: found.next,
  });
}

/** One array holds the samples of one input. */
function refuseSeveralInputs({ tool, calibration }: AdapterDescription, job: ConversionJob): void {
  const { inputs } = job.source.info;
  if (job.calibration === undefined || calibration?.form !== 'npy' || inputs.length === 1) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(job.source.path)} cannot be quantized for ${job.device.name}`,
    why: `${tool} takes calibration data for one input, and the model has ${inputs.length}`,
    next: 'export the model with one input',
  });
}

/** The paths of the outputs, the model first, and what they may be called in their place. */
function outputsOf(
  { output }: AdapterDescription,
  outputName: string,
): Pick<Plan, 'outputs' | 'alternatives'> {
  const named = (file: string): string => fillTemplate(file, new Map([['name', outputName]]));
  const alternatives = Object.entries(output.alternatives ?? {}).map(
    ([file, others]): [string, string[]] => [named(file), others.map(named)],
  );
  return {
    outputs: output.files.map(named) as [string, ...string[]],
    ...(alternatives.length === 0 ? {} : { alternatives: Object.fromEntries(alternatives) }),
  };
}

function toStep(
  { label, program, args, env, successPattern }: DescribedStep,
  { find }: AdapterDescription,
  filling: Filling,
): Step {
  const filled = Object.entries(env ?? {}).map(([name, value]): [string, string] => [
    name,
    fillTemplate(value, filling.values),
  ]);
  return {
    label,
    program: program ?? find.programs[0].name,
    args: fillArguments(args, filling),
    ...(filled.length === 0 ? {} : { env: Object.fromEntries(filled) }),
    timeoutMs: filling.job.timeoutMs,
    ...(successPattern === undefined ? {} : { successPattern }),
  };
}

function valuesOf(
  description: AdapterDescription,
  job: ConversionJob,
  options: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const { calibration } = job;
  return new Map([
    ['source', job.source.path],
    ['name', job.outputName],
    ['precision', job.precision],
    ['soc', job.device.soc ?? ''],
    ['target', targetOf(description, job.device)],
    ...Object.entries(options).map(([name, value]): [string, string] => [`option.${name}`, value]),
    ['calibration', description.calibration ? exportedCalibration(description.calibration) : ''],
    ['calibration.count', String(calibration?.count ?? 0)],
  ]);
}

/** What the tool calls the chip of the device; nothing where the description has no list of chips. */
function targetOf({ id, tool, devices }: AdapterDescription, device: Device): string {
  const { targets } = devices;
  if (targets === undefined) return '';
  const known = Object.keys(targets);
  const why = `${id} knows: ${known.join(', ')}`;
  if (device.soc === undefined)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${device.name} does not say which system on chip it has, for which ${tool} compiles`,
      why,
      next: 'give the device soc: NAME',
    });
  const soc = device.soc.toLowerCase();
  const target = Object.hasOwn(targets, soc) ? targets[soc] : undefined;
  if (target !== undefined) return target;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${tool} does not compile for ${device.soc}, the chip of ${device.name}.${didYouMean(soc, known)}`,
    why,
    next: 'correct soc of the device, or add the chip to a description of your own (docs/adapters.md)',
  });
}

/** Options of the job, each one known and with a value that it takes, defaults filled in. */
function optionsOf(
  { id, options = {} }: AdapterDescription,
  job: ConversionJob,
): Record<string, string> {
  const known = Object.entries(options);
  refuseUnknownOption(
    id,
    job.options,
    known.map(([name, option]) => ({ name, takes: takes(option) })),
  );
  return Object.fromEntries(
    known.map(([name, option]) => {
      const asked = Object.hasOwn(job.options, name) ? String(job.options[name]) : undefined;
      return [name, chosenValue(name, option, asked)];
    }),
  );
}

function chosenValue(name: string, option: DescribedOption, asked: string | undefined): string {
  const { values, pattern = '' } = option;
  if (asked === undefined) return values?.[0] ?? option.default ?? '';
  if (values === undefined) {
    if (new RegExp(`^(?:${pattern})$`).test(asked)) return asked;
    throw refuseValue(name, asked, [], `it has to fit ${pattern}`);
  }
  if (values.includes(asked)) return asked;
  throw refuseValue(name, asked, values, `values: ${values.join(', ')}`);
}

function takes({ values, pattern = '' }: DescribedOption): string {
  return values?.join('|') ?? pattern;
}

function noStep({ id, tool }: AdapterDescription, { precision, device }: ConversionJob): Error {
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `there is no step of ${tool} that converts to ${precision} for ${device.name}`,
    why: `the conditions of all steps in the description of ${id} fail`,
    next: 'correct the description (docs/adapters.md)',
  });
}
