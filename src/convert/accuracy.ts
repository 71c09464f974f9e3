import type { EvaluationSet } from '../accuracy/load.js';
import { dropOf, isWithin } from '../accuracy/max-drop.js';
import { type Scorer, scorerFor } from '../accuracy/score.js';
import { type OutputResult, readResults } from '../adapters/run-files.js';
import { isTransposed, sizesOf } from '../compare/outputs.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import type { Accuracy } from '../schema/generated/types.js';
import { channelsFirst } from '../tensor/channels-first.js';
import { CONVERTED_RESULTS, SOURCE_RESULTS } from './result-dirs.js';
import { type ParitySides, runBoth, runtimeOf } from './run-both.js';

/** More names would leave no room in a descriptor. */
const MAX_NAMES = 1000;

export interface AccuracyRequest extends ParitySides {
  readonly evaluation: EvaluationSet;
  /** For a converter that simulates: samples of other checks that stand before these in its results. */
  readonly simulatedBefore: number;
  readonly maxDrop: number | undefined;
  readonly timeoutMs: number;
}

/** The outputs of one model, and where the first sample of a batch stands in them. */
interface Side {
  readonly output: OutputResult;
  readonly offset: number;
}

/**
 * Score the source and the converted model on labelled data, batch after batch: what is held on disk is
 * bounded, and one sample at a time is held in memory.
 *
 * @throws ModelconvError as `runBoth` does, or `E_EVAL_INVALID` when labels do not fit what the models give.
 */
export async function measureAccuracy(
  request: AccuracyRequest,
  context: StepContext,
): Promise<Accuracy> {
  const { evaluation } = request;
  const before = scorerFor(evaluation.task);
  const after = scorerFor(evaluation.task);
  for (let start = 0; start < evaluation.count; start += evaluation.batchSize) {
    const end = Math.min(evaluation.count, start + evaluation.batchSize);
    await scoreBatch(request, [start, end], [before, after], context);
  }
  const isConverted = request.converted !== undefined;
  const scores = isConverted
    ? { before: before.result(), after: after.result() }
    : { before: before.result() };
  return toAccuracy(evaluation, scores, request.maxDrop);
}

async function scoreBatch(
  request: AccuracyRequest,
  [start, end]: readonly [number, number],
  [before, after]: readonly [Scorer, Scorer],
  context: StepContext,
): Promise<void> {
  const { evaluation, source, converted, timeoutMs } = request;
  const samples = await evaluation.write(context.workDir, start, end);
  await runBoth({ source, converted, samples, timeoutMs }, context);
  const results = await readResults(runtimeOf(source.runner), context.workDir, SOURCE_RESULTS);
  const place = results.findIndex(({ name }) => name === evaluation.output);
  const reference = requireOutput(results[place], evaluation.output);
  const other =
    converted === undefined ? undefined : await convertedOutput(request, place, start, context);
  const labels = await evaluation.labels(start, end);
  for (const [index, own] of labels.entries()) {
    const values = await reference.sample(index);
    requireFit(before.add(own, values), evaluation, 'the source');
    if (other === undefined) continue;
    const at = other.offset + index;
    const given = await other.output.sample(at);
    const moved = isMoved(reference, index, other.output, at);
    const aligned = moved ? channelsFirst(given, sizesOf(other.output, at)) : given;
    requireFit(after.add(own, aligned), evaluation, 'the converted model');
  }
}

/** The output of the converted model by the name of the source's, else the one at its place. */
async function convertedOutput(
  { evaluation, converted, simulatedBefore }: AccuracyRequest,
  place: number,
  start: number,
  { workDir }: StepContext,
): Promise<Side | undefined> {
  if (converted === undefined) return undefined;
  const results = await readResults(runtimeOf(converted.runner), workDir, CONVERTED_RESULTS);
  const output = results.find(({ name }) => name === evaluation.output) ?? results[place];
  return {
    output: requireOutput(output, evaluation.output),
    offset: converted.isSimulated ? simulatedBefore + start : 0,
  };
}

function requireOutput(output: OutputResult | undefined, name: string): OutputResult {
  if (output !== undefined) return output;
  throw new ModelconvError('E_TOOL_OUTPUT', {
    what: `the runtime gave no output ${name}, which the labels are for`,
    next: 'run again with --log FILE to keep its whole log, or leave --eval out',
  });
}

function isMoved(reference: OutputResult, index: number, other: OutputResult, at: number): boolean {
  return isTransposed(reference.shapes[index] ?? [], other.shapes[at] ?? []);
}

function requireFit(why: string | undefined, { output }: EvaluationSet, who: string): void {
  if (why === undefined) return;
  throw new ModelconvError('E_EVAL_INVALID', {
    what: `the labels do not fit output ${output}`,
    why: `${who}: ${why}`,
    next: 'give labels for it, or name another output with --eval-output; see docs/accuracy.md',
  });
}

function toAccuracy(
  { task, output, sha256, count, kind, names }: EvaluationSet,
  scores: Pick<Accuracy, 'before' | 'after'>,
  maxDrop: number | undefined,
): Accuracy {
  const { before, after } = scores;
  const drop = after === undefined ? undefined : dropOf(before, after);
  const measured: Accuracy = {
    task,
    output,
    data: {
      sha256,
      samples: count,
      kind,
      ...(names === undefined || names.length > MAX_NAMES ? {} : { classes: [...names] }),
    },
    ...scores,
    ...(drop === undefined ? {} : { drop }),
  };
  if (maxDrop === undefined || after === undefined) return measured;
  return { ...measured, maxDrop, passed: isWithin(measured, maxDrop) };
}
