import { convertModel } from '../../convert/convert.js';
import type { Settled } from '../../convert/convert-all.js';
import { shellWord } from '../../printable.js';
import type { CheckedRequest } from '../../request/checked-request.js';
import type { ConvertOutcome, ConvertPlan, DevicePlan } from '../../schema/generated/types.js';
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
}

/** Do what `modelconv convert` was asked for, and print it. */
export async function runConvert(
  requests: readonly CheckedRequest[],
  flags: RunFlags,
  context: CommandContext,
): Promise<void> {
  if (flags.dryRun === true) return await printPlans(requests, flags, context);
  const [only] = requests;
  if (only !== undefined && requests.length === 1) return await convertOne(only, flags, context);
  await convertSeveral(requests, flags, context);
}

async function convertOne(
  request: CheckedRequest,
  flags: RunFlags,
  { io }: CommandContext,
): Promise<void> {
  const progress = await createProgress(io, flags, { device: request.device.name });
  try {
    const outcome = await convertModel(request, {
      progress,
      force: flags.force ?? false,
      logFile: flags.log,
      signal: io.signal,
    });
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
    force: flags.force ?? false,
    logFile: flags.log,
    signal: io.signal,
    progressFor: (device) => progress.get(device) ?? silent,
    onSettled: (result) => {
      if ('error' in result && asEvents) tellError(io, result.error, result.device);
    },
  });
  if (flags.json === true) writeJson(io.stdout, { results: settled.map(toOutcome) });
  for (const result of settled) {
    if ('outcome' in result && flags.json !== true && flags.quiet !== true)
      io.stdout.write(`${result.outcome.package}\n`);
    if ('error' in result && flags.json !== true && !asEvents)
      await printError(result.error, io, flags, `${result.device}: `);
  }
  const failed = settled.find((result) => 'error' in result);
  if (failed === undefined) return;
  // the whole story is in the result; the failure is told where scripts look for one
  if (flags.json === true && !asEvents) writeJson(io.stderr, errorReport(failed.error));
  context.setExitCode(failed.error.exitCode);
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
  for (const request of requests) plans.push(await planConversion(request, flags.force ?? false));
  const result: ConvertPlan = { plans };
  if (flags.json === true) writeJson(io.stdout, result);
  else for (const plan of plans) io.stdout.write(planText(plan));
}

function planText(plan: DevicePlan): string {
  const head = `${plan.device} -> ${plan.output}\n`;
  if (plan.unconverted) return `${head}  pack the source as it is: it fits the device\n`;
  const { converter } = plan;
  const tool =
    converter === undefined
      ? ''
      : `  ${converter.tool} ${converter.version} (${converter.path}), ${plan.precision}\n`;
  return `${head}${tool}${plan.steps.map(({ label, command }) => `  ${label}: ${command.map(shellWord).join(' ')}\n`).join('')}`;
}
