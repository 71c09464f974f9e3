import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Adapter, ConvertedModel, Plan, Toolchain } from '../adapters/contract.js';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import { logSize, readTail, runStep, type StepContext } from '../host/run-step.js';

/**
 * Run the steps of a plan and read the result back. A conversion succeeded only when every step
 * says so, every declared output is there, fresh and not empty, and the model parses: several vendor
 * tools exit 0 on failure.
 *
 * @returns the facts read back, and the absolute paths of the outputs, the model first.
 * @throws ModelconvError as `runStep` does, or `E_TOOL_OUTPUT`.
 */
export async function runPlan(
  adapter: Adapter,
  toolchain: Toolchain,
  plan: Plan,
  context: StepContext,
): Promise<{ converted: ConvertedModel; files: [string, ...string[]] }> {
  const logStart = await logSize(context.logFile);
  // a fresh directory: whatever is in it afterwards was written by this run
  await mkdir(path.join(context.workDir, 'out'));
  for (const step of plan.steps)
    await runStep(step, toolchain.tool, toolchain.launcher, context, adapter.explainFailure);
  await renameAlternatives(plan, context.workDir);
  for (const output of plan.outputs)
    await requireFile(output, { adapter, toolchain, plan, context, logStart });
  const [model, ...others] = plan.outputs.map((output) => path.join(context.workDir, output));
  const files: [string, ...string[]] = [model ?? '', ...others];
  return { converted: await readBack(adapter, toolchain, files), files };
}

/** Some tools put the system that they run on into the name. */
async function renameAlternatives({ outputs, alternatives }: Plan, workDir: string): Promise<void> {
  for (const output of outputs) {
    const target = path.join(workDir, output);
    if (await exists(target)) continue;
    for (const alternative of alternatives?.[output] ?? [])
      if (await exists(path.join(workDir, alternative)))
        return await rename(path.join(workDir, alternative), target);
  }
}

/** The facts of the produced file. It must be of the format that the adapter promises: a tool may hand the source back. */
export async function readBack(
  adapter: Adapter,
  toolchain: Toolchain,
  files: [string, ...string[]],
): Promise<ConvertedModel> {
  try {
    const converted = await adapter.readMetadata(files);
    if (converted.info.format === adapter.capabilities.output) return converted;
    throw new ModelconvError('E_MODEL_INVALID', {
      what: 'another format',
      why: `it is ${converted.info.format}`,
    });
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `${toolchain.tool} wrote a file that is not a ${adapter.capabilities.output} model`,
      why: error.why ?? error.message,
      next: 'run again with --log FILE to keep its whole log',
      cause: error,
    });
  }
}

interface Run {
  readonly adapter: Adapter;
  readonly toolchain: Toolchain;
  readonly plan: Plan;
  readonly context: StepContext;
  /** Where the log of this plan begins. */
  readonly logStart: number;
}

/** @throws ModelconvError `E_TOOL_FAILED`, or what the adapter knows of it, when an output is missing. */
async function requireFile(output: string, run: Run): Promise<void> {
  const { toolchain, plan, context, logStart } = run;
  const found = await stat(path.join(context.workDir, output)).catch(() => undefined);
  const mayBeEmpty = plan.mayBeEmpty?.includes(output) ?? false;
  if (found?.isFile() && (found.size > 0 || mayBeEmpty)) return;
  const logTail = await readTail(context.logFile, logStart).catch(() => '');
  throw (
    // a tool that exits 0 on failure still says why
    explainSilence(run, logTail) ??
    new ModelconvError('E_TOOL_FAILED', {
      what: `${toolchain.tool} ended without an error, but wrote ${found === undefined ? 'no' : 'an empty'} ${path.basename(output)}`,
      why: 'the converter failed without saying so',
      next: 'run again with --log FILE to keep its whole log',
      logTail,
    })
  );
}

function explainSilence(
  { adapter, toolchain, plan }: Run,
  logTail: string,
): ModelconvError | undefined {
  const step = plan.steps.at(-1);
  if (step === undefined) return undefined;
  const { tool, launcher } = toolchain;
  return adapter.explainFailure?.({
    step,
    tool,
    exitCode: 0,
    signal: undefined,
    logTail,
    repair: launcher.repair,
  });
}
