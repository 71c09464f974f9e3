import path from 'node:path';
import type { Timing } from '../../adapters/contract.js';
import { type Benchmark, type BenchRequest, benchModel } from '../../bench/bench-model.js';
import { toBenchResult } from '../../bench/bench-result.js';
import { MAX_RUNS } from '../../bench/max-runs.js';
import { checkSave, type SaveTarget, saveMeasurement } from '../../bench/save-measurement.js';
import { ModelconvError } from '../../errors.js';
import { checkLog } from '../../host/outputs.js';
import { withScratchDir } from '../../host/temp.js';
import { parseInputs } from '../../request/input-shapes.js';
import type { BenchResult } from '../../schema/generated/types.js';
import type { CommandContext } from '../command.js';
import { styleFor, writeJson } from '../io.js';
import { createProgress } from '../progress.js';
import { renderBench } from '../render/bench.js';
import type { BenchFlags } from './bench.js';

const DEFAULT_RUNS = 100;
const DEFAULT_WARMUP = 10;
const DEFAULT_TIMEOUT_S = 1800;

/** Do what `modelconv bench` was asked for, and print it. */
export async function runBench(
  file: string,
  flags: BenchFlags,
  { io }: CommandContext,
): Promise<void> {
  const target = saveTarget(file, flags);
  const samples = flags.samples === undefined ? [] : [flags.samples];
  if (target !== undefined) await checkSave(target, samples);
  if (flags.log !== undefined) await checkLog(flags.log, [file, ...samples]);
  const progress = await createProgress(io, flags);
  try {
    await withScratchDir(async (workDir) => {
      const logFile =
        flags.log === undefined ? path.join(workDir, 'log.txt') : path.resolve(flags.log);
      progress.start('bench', file);
      const request = requestOf(file, flags);
      const benchmark = await benchModel(request, { workDir, logFile, signal: io.signal });
      const result = await keep(benchmark, target, io.signal);
      progress.done('bench', summary(result));
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderBench(result, await styleFor(io.stdout, io, flags)));
    });
  } finally {
    progress.stop();
  }
}

/** Where the measurement goes; undefined without --save. @throws ModelconvError `E_USAGE`. */
function saveTarget(file: string, { save, output, force }: BenchFlags): SaveTarget | undefined {
  if (save === true) return { file, output, force: force ?? false };
  if (output === undefined) return undefined;
  throw new ModelconvError('E_USAGE', {
    what: '-o is for --save alone',
    why: 'without it no package is written',
    next: `modelconv bench ${file} --save -o ${output}`,
  });
}

function requestOf(file: string, flags: BenchFlags): BenchRequest {
  const timeoutS = flags.timeout ?? DEFAULT_TIMEOUT_S + (flags.duration ?? 0);
  return {
    file,
    ...parseInputs(flags.input ?? []),
    samples: flags.samples,
    timing: timingOf(flags),
    timeoutMs: timeoutS * 1000,
  };
}

function timingOf({ runs, duration, warmup, threads }: BenchFlags): Timing {
  return {
    warmup: warmup ?? DEFAULT_WARMUP,
    threads: threads ?? 1,
    ...(duration === undefined
      ? { runs: runs ?? DEFAULT_RUNS }
      : { runs: MAX_RUNS, durationMs: duration * 1000 }),
  };
}

async function keep(
  benchmark: Benchmark,
  target: SaveTarget | undefined,
  signal: AbortSignal,
): Promise<BenchResult> {
  const result = await toBenchResult(benchmark);
  if (target === undefined) return result;
  const { measurement } = result;
  const saved = await saveMeasurement(target, benchmark.subject, measurement, signal);
  return { ...result, saved };
}

function summary({ measurement: { runs, runtime, threads } }: BenchResult): string {
  const tool = `${runtime.tool ?? runtime.name} ${runtime.version}`;
  return `${runs} runs in ${tool}, ${threads} thread${threads === 1 ? '' : 's'}`;
}
