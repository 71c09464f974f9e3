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
  const [model, ...others] = plan.outputs.map((output) => path.join(context.workDir, output));
  const files: [string, ...string[]] = [model ?? '', ...others];
  for (const file of files) await requireFile(file, adapter, toolchain, plan, context, logStart);
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

async function requireFile(
  file: string,
  adapter: Adapter,
  toolchain: Toolchain,
  plan: Plan,
  context: StepContext,
  logStart: number,
): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() && found.size > 0) return;
  const logTail = await readTail(context.logFile, logStart).catch(() => '');
  const step = plan.steps.at(-1);
  // a tool that exits 0 on failure still says why
  const known =
    step === undefined
      ? undefined
      : adapter.explainFailure?.({
          step,
          tool: toolchain.tool,
          exitCode: 0,
          signal: undefined,
          logTail,
          repair: toolchain.launcher.repair,
        });
  throw (
    known ??
    new ModelconvError('E_TOOL_FAILED', {
      what: `${toolchain.tool} ended without an error, but wrote ${found === undefined ? 'no' : 'an empty'} ${path.basename(file)}`,
      why: 'the converter failed without saying so',
      next: 'run again with --log FILE to keep its whole log',
      logTail,
    })
  );
}
