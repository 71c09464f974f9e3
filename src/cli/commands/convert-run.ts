import { reportFilesOf } from '../../convert/conversion-report.js';
import { type ConvertContext, convertModel } from '../../convert/convert.js';
import type { Settled } from '../../convert/convert-all.js';
import type { DepfileRule } from '../../convert/depfile.js';
import { shellWord } from '../../printable.js';
import type { CheckedRequest } from '../../request/checked-request.js';
import type {
  ConvertOutcome,
  ConvertOutputs,
  ConvertPlan,
  DevicePlan,
} from '../../schema/generated/types.js';
import type { CommandContext } from '../command.js';
import { errorReport } from '../error-report.js';
import { printError } from '../exit.js';
import { type GlobalFlags, writeJson } from '../io.js';
import { createProgress } from '../progress.js';

interface RunFlags extends GlobalFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly jobs?: number;
  readonly log?: string;
  /** False with --no-cache. */
  readonly cache?: boolean;
  readonly depfile?: string;
  readonly ifChanged?: boolean;
  readonly printOutputs?: boolean;
}

/** Do what `modelconv convert` was asked for, and print it. */
export async function runConvert(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  context: CommandContext,
): Promise<void> {
  if (flags.printOutputs === true) return await printOutputs(requests, flags, context);
  if (flags.dryRun === true) return await printPlans(requests, flags, context);
  const depfile = await openDepfile(requests, flags, context);
  const [only] = requests;
  if (only !== undefined && requests.length === 1) await convertOne(only, flags, context, depfile);
  else await convertSeveral(requests, flags, context, depfile);
}

/** What went into each output, until all of them are there. */
interface Depfile {
  readonly onIngredients: ConvertContext['onIngredients'];
  write(): Promise<void>;
}

async function openDepfile(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  { io }: CommandContext,
): Promise<Depfile> {
  const { depfile } = flags;
  if (depfile === undefined) return { onIngredients: undefined, write: async () => {} };
  const [{ checkDepfile, depfileText, ruleOf, writeDepfile }, { filesOfIngredients }] =
    await Promise.all([import('../../convert/depfile.js'), import('../../convert/ingredients.js')]);
  const others = [...outputsOf(requests), ...(flags.log === undefined ? [] : [flags.log])];
  await checkDepfile(depfile, requests, others);
  const written = [depfile, ...others];
  const rules = new Map<string, DepfileRule>();
  const inputs: string[] = [];
  return {
    onIngredients: (output, ingredients) => {
      rules.set(output, ruleOf(output, ingredients, written));
      inputs.push(...filesOfIngredients(ingredients));
    },
    write: async () => {
      const { text, unnamed } = depfileText(
        requests.flatMap(({ output }) => rules.get(output) ?? []),
      );
      await writeDepfile(depfile, text, inputs);
      const progress = await createProgress(io, flags);
      for (const file of unnamed)
        progress.warn(
          `${file} cannot be named in a depfile, as make or ninja would misread it: its changes are not seen`,
        );
    },
  };
}

/** Packages, and reports as a page and as JSON. */
function outputsOf(requests: readonly CheckedRequest[]): string[] {
  return requests.flatMap(({ output, report }) => [
    output,
    ...(report === undefined ? [] : reportFilesOf(report)),
  ]);
}

async function printOutputs(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  { io }: CommandContext,
): Promise<void> {
  const outputs = outputsOf(requests);
  const result: ConvertOutputs = { outputs };
  if (flags.json === true) writeJson(io.stdout, result);
  else io.stdout.write(outputs.map((file) => `${file}\n`).join(''));
}

async function convertOne(
  request: CheckedRequest,
  flags: RunFlags,
  { io }: CommandContext,
  depfile: Depfile,
): Promise<void> {
  const progress = await createProgress(io, flags, { device: request.device.name });
  try {
    const outcome = await convertModel(request, {
      progress,
      ...outputFlags(flags),
      onIngredients: depfile.onIngredients,
      logFile: flags.log,
      usesCache: flags.cache,
      signal: io.signal,
    });
    await depfile.write();
    if (flags.json === true) writeJson(io.stdout, { results: [outcome] });
    else if (flags.quiet !== true) io.stdout.write(`${outcome.package}\n`);
  } finally {
    progress.stop();
  }
}

async function convertSeveral(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  context: CommandContext,
  depfile: Depfile,
): Promise<void> {
  const { io } = context;
  const [{ convertAll }, { tellError }] = await Promise.all([
    import('../../convert/convert-all.js'),
    import('../progress-events.js'),
  ]);
  const asEvents = flags.progress === 'json';
  const names = requests.map(({ device }) => device.name);
  const width = Math.max(...names.map((name) => name.length));
  const progress = new Map(
    await Promise.all(
      names.map(
        async (name) =>
          [
            name,
            await createProgress(io, flags, { device: name, prefix: name.padEnd(width) }),
          ] as const,
      ),
    ),
  );
  const silent = await createProgress(io, { ...flags, quiet: true });
  const settled = await convertAll(requests, {
    jobs: flags.jobs ?? 1,
    makeFlags: io.env['MAKEFLAGS'],
    ...outputFlags(flags),
    onIngredients: depfile.onIngredients,
    logFile: flags.log,
    usesCache: flags.cache,
    signal: io.signal,
    progressFor: (device) => progress.get(device) ?? silent,
    onSettled: (result) => {
      if ('error' in result && asEvents) tellError(io, result.error, result.device);
    },
  });
  const failed = settled.find((result) => 'error' in result);
  if (failed === undefined) await depfile.write();
  if (flags.json === true) writeJson(io.stdout, { results: settled.map(toOutcome) });
  for (const result of settled) {
    if ('outcome' in result && flags.json !== true && flags.quiet !== true)
      io.stdout.write(`${result.outcome.package}\n`);
    if ('error' in result && flags.json !== true && !asEvents)
      await printError(result.error, io, flags, `${result.device}: `);
  }
  if (failed === undefined) return;
  // the whole story is in the result; the failure is told where scripts look for one
  if (flags.json === true && !asEvents) writeJson(io.stderr, errorReport(failed.error));
  context.setExitCode(failed.error.exitCode);
}

/** What is left alone when it has the same bytes may be replaced when it has not. */
function outputFlags({ force, ifChanged }: RunFlags): Pick<ConvertContext, 'force' | 'ifChanged'> {
  return { force: force === true || ifChanged === true, ifChanged };
}

function toOutcome(result: Settled): ConvertOutcome {
  return 'outcome' in result
    ? result.outcome
    : {
        device: result.device,
        status: 'failed',
        durationMs: result.durationMs,
        ...errorReport(result.error),
      };
}

async function printPlans(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  { io }: CommandContext,
): Promise<void> {
  const { planConversion } = await import('../../convert/dry-run.js');
  const plans: DevicePlan[] = [];
  const usesCache = flags.cache !== false && flags.log === undefined;
  for (const request of requests)
    plans.push(await planConversion(request, outputFlags(flags).force, usesCache));
  const result: ConvertPlan = { plans };
  if (flags.json === true) writeJson(io.stdout, result);
  else for (const plan of plans) io.stdout.write(planText(plan));
}

function planText(plan: DevicePlan): string {
  const copied = plan.cached === true ? ', a copy from the cache: none of this is run' : '';
  const head = `${plan.device} -> ${plan.output}${copied}\n`;
  if (plan.unconverted) return `${head}  pack the source as it is: it fits the device\n`;
  const { converter } = plan;
  const tool =
    converter === undefined
      ? ''
      : `  ${converter.tool} ${converter.version} (${converter.path}), ${plan.precision}\n`;
  return `${head}${tool}${plan.steps.map(({ label, command }) => `  ${label}: ${command.map(shellWord).join(' ')}\n`).join('')}`;
}
