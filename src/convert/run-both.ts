import { rm } from 'node:fs/promises';
import path from 'node:path';
import { adviseOptions } from '../adapters/adapter-options.js';
import type { Adapter, ConversionJob, Toolchain } from '../adapters/contract.js';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import type { StepContext } from '../host/run-step.js';
import type { Precision } from '../schema/generated/types.js';
import type { SampleFiles, SampleSet } from '../tensor/samples.js';
import { CONVERTED_RESULTS, SOURCE_RESULTS } from './result-dirs.js';

/** A runtime that runs one of the two sides. */
export interface Runner {
  readonly adapter: Adapter;
  readonly toolchain: Toolchain;
}

/** The two models, and what runs them. */
export interface ParitySides {
  readonly source: {
    readonly runner: Runner;
    readonly path: string;
    readonly format: string;
  };
  /** undefined: the source alone is run. */
  readonly converted: ConvertedSide | undefined;
}

export interface ConvertedSide {
  readonly runner: Runner;
  readonly path: string;
  readonly format: string;
  readonly precision?: Precision | undefined;
  /** What it was converted by; undefined: it was not converted. */
  readonly job?: ConversionJob | undefined;
  /** Its results are there already: the converter's own simulator gave them. */
  readonly isSimulated: boolean;
}

/** Name of what runs a model. */
export function runtimeOf({ toolchain }: Runner): string {
  return toolchain.runtime ?? toolchain.tool;
}

/**
 * One start of the runtime where both sides use the same one.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when the converted model is what its own runtime refuses.
 */
export async function runBoth(
  {
    source,
    converted,
    samples,
    optional,
    timeoutMs,
  }: ParitySides & {
    readonly samples: SampleSet | SampleFiles;
    /** Places of samples that a model may refuse. */
    readonly optional?: readonly number[] | undefined;
    readonly timeoutMs: number;
  },
  context: StepContext,
): Promise<void> {
  const sourceModel = { path: source.path, resultDir: SOURCE_RESULTS };
  const convertedModels =
    converted === undefined || converted.isSimulated
      ? []
      : [{ path: converted.path, resultDir: CONVERTED_RESULTS }];
  const isShared = converted !== undefined && areSame(source.runner, converted.runner);
  const first = isShared ? [sourceModel, ...convertedModels] : [sourceModel];
  // of an earlier run: they would look like those of this one
  await rm(path.join(context.workDir, SOURCE_RESULTS), { recursive: true, force: true });
  try {
    await source.runner.adapter.run?.(
      source.runner.toolchain,
      { models: first, samples, optional, timeoutMs },
      context,
    );
    if (!isShared && convertedModels.length > 0)
      await converted?.runner.adapter.run?.(
        converted.runner.toolchain,
        { models: convertedModels, samples, optional, timeoutMs },
        context,
      );
  } catch (error) {
    // models run in their order: with the results of the source there, the other one failed
    const sourceRan = await exists(path.join(context.workDir, SOURCE_RESULTS, 'results.json'));
    throw converted !== undefined &&
      sourceRan &&
      error instanceof ModelconvError &&
      !ENDED.has(error.code)
      ? refused(converted, error)
      : error;
  }
}

function areSame(a: Runner, b: Runner): boolean {
  return a.adapter === b.adapter && a.toolchain.path === b.toolchain.path;
}

/** Ends that say nothing about a model. */
export const INTERRUPTED: ReadonlySet<string> = new Set([
  'E_TIMEOUT',
  'E_INTERRUPTED',
  'E_TERMINATED',
  'E_HANGUP',
  'E_OUTPUT',
  'E_TOOL_MISSING',
]);
/** And the one that says all: what its adapter knows it by. */
const ENDED: ReadonlySet<string> = new Set([...INTERRUPTED, 'E_NOT_CONVERTIBLE']);

function refused({ runner, job }: ConvertedSide, error: ModelconvError): ModelconvError {
  const { tool, runtime } = runner.toolchain;
  const advice = job === undefined ? undefined : adviseOptions(runner.adapter, job);
  return new ModelconvError('E_TOOL_OUTPUT', {
    what: `${runtime ?? tool} cannot run the model that ${runtime === undefined ? 'it' : tool} converted`,
    why: error.why ?? error.message,
    next: [
      ...(advice === undefined ? [] : [advice]),
      'run again with --log FILE to keep its whole log',
    ].join(', or '),
    logTail: error.logTail,
    cause: error,
  });
}
