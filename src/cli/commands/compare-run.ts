import path from 'node:path';
import { type Comparison, compareModels } from '../../compare/compare-models.js';
import { compareResultOf } from '../../compare/compare-result.js';
import { writeFully } from '../../host/files.js';
import { checkLog, checkOutput, writeAtomically } from '../../host/outputs.js';
import { withScratchDir } from '../../host/temp.js';
import { parseInputs } from '../../request/input-shapes.js';
import type { CompareResult } from '../../schema/generated/types.js';
import { DEFAULT_SEED } from '../../tensor/generate.js';
import { parseTolerance } from '../../tensor/tolerance.js';
import type { CommandContext } from '../command.js';
import { styleFor, writeJson } from '../io.js';
import { createProgress } from '../progress.js';
import { renderCompare } from '../render/compare.js';
import type { CompareFlags } from './compare.js';

/** The two do not compute the same. */
const EXIT_DIFFERENT = 2;
const DEFAULT_TIMEOUT_S = 1800;

/** Do what `modelconv compare` was asked for, and print it. */
export async function runCompare(
  first: string,
  second: string,
  flags: CompareFlags,
  { io, setExitCode }: CommandContext,
): Promise<void> {
  const inputs = [first, second, ...(flags.samples === undefined ? [] : [flags.samples])];
  if (flags.report !== undefined)
    await checkOutput(flags.report, inputs, flags.force ?? false, '--report');
  if (flags.log !== undefined) await checkLog(flags.log, inputs);
  const request = {
    first,
    second,
    ...parseInputs(flags.input ?? []),
    samples: flags.samples,
    seed: flags.seed ?? DEFAULT_SEED,
    tolerance: flags.tolerance === undefined ? undefined : parseTolerance(flags.tolerance),
    layers: flags.layers ?? false,
    timeoutMs: (flags.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
  };
  const progress = await createProgress(io, flags);
  try {
    await withScratchDir(async (workDir) => {
      const logFile =
        flags.log === undefined ? path.join(workDir, 'log.txt') : path.resolve(flags.log);
      progress.start('compare', `${first} and ${second}`);
      const comparison = await compareModels(request, { workDir, logFile, signal: io.signal });
      const result = compareResultOf(comparison);
      progress.done('compare', summary(result));
      if (flags.report !== undefined) await writeReport(flags.report, result, comparison);
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderCompare(result, await styleFor(io.stdout, io, flags)));
      if (!result.passed) setExitCode(EXIT_DIFFERENT);
    });
  } finally {
    progress.stop();
  }
}

function summary({ a, b, samples, inputs }: CompareResult): string {
  const ran = [a, b].map(({ runtime }) => `${runtime.name} ${runtime.version}`).join(' and ');
  return `${samples} ${inputs.kind} samples, in ${ran}`;
}

/** The report has everything in one file. @throws ModelconvError `E_OUTPUT`. */
async function writeReport(
  file: string,
  result: CompareResult,
  { outputs, samples }: Comparison,
): Promise<void> {
  const { htmlReport } = await import('../../compare/report/html.js');
  const html = Buffer.from(htmlReport({ result, outputs, samples }));
  await writeAtomically(file, async (handle) => await writeFully(handle, html, 0));
}
