import { runStep, type Step } from '../../host/run-step.js';
import type { AdapterDescription } from '../../schema/generated/types.js';
import type { Adapter, AdapterOption, Capabilities } from '../contract.js';
import { explainBy } from '../failures.js';
import { RUN_SPEC, writeRunSpec } from '../run-files.js';
import { detectDescribed } from './detect.js';
import { readDescribed } from './metadata.js';
import { planDescribed } from './plan.js';
import { fillTemplate } from './template.js';

/**
 * The adapter that a description stands for.
 *
 * @param file - where the description is; for people.
 */
export function describedAdapter(description: AdapterDescription, file: string): Adapter {
  const { id, tool, output, fit, devices, tried } = description;
  const capabilities = capabilitiesOf(description);
  const explainFailure = explainBy(
    tool,
    description.failures.map(({ pattern, source: _source, ...failure }) => ({
      ...failure,
      pattern: new RegExp(pattern, 'm'),
    })),
  );
  return {
    id,
    capabilities,
    options: optionsOf(description),
    description: { file, tried },
    ...(fit === undefined ? {} : { fitRules: devices.stacks.map((stack) => ({ ...fit, stack })) }),
    detect: (wish) => detectDescribed(description, wish),
    plan: (job) => planDescribed(description, capabilities, job),
    readMetadata: (files) => readDescribed(output, files),
    ...runMembers(description, explainFailure),
    explainFailure,
  };
}

function optionsOf({ options = {} }: AdapterDescription): AdapterOption[] {
  return Object.entries(options).map(([name, { values, pattern = '', ...option }]) => ({
    name,
    values: values ?? [pattern],
    default: values?.[0] ?? option.default ?? '',
    meaning: option.description ?? '',
    isForQuantizing: option.quantizing ?? false,
  }));
}

function capabilitiesOf(description: AdapterDescription): Capabilities {
  const { sources, output, precisions, devices, hosts = [], sizes, run } = description;
  return {
    sources,
    output: output.format,
    convertsTo: precisions.to,
    keeps: precisions.keep ?? [],
    stacks: devices.stacks,
    needsCalibration: precisions.calibrated ?? [],
    hosts,
    runs: run?.formats ?? [],
    canEmbed: false,
    ...(sizes === 'fixed' ? { staticShapes: true } : {}),
  };
}

/** A runtime of the description's own, which speaks the protocol of run-files.ts. */
function runMembers(
  { run, find, tool }: AdapterDescription,
  explainFailure: NonNullable<Adapter['explainFailure']>,
): Pick<Adapter, 'planRun' | 'run'> {
  if (run === undefined) return {};
  const planRun = (timeoutMs: number): Step => ({
    label: 'run',
    program: run.program ?? find.programs[0].name,
    args: run.args.map((word) => fillTemplate(word, new Map([['spec', RUN_SPEC]]))),
    timeoutMs,
  });
  return {
    planRun,
    async run({ launcher }, request, context) {
      await writeRunSpec(context.workDir, request);
      await runStep(planRun(request.timeoutMs), tool, launcher, context, explainFailure);
    },
  };
}
