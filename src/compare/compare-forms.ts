import type { StepContext } from '../host/run-step.js';
import type { ModelInfo, Tolerance } from '../schema/generated/types.js';
import type { SampleSet } from '../tensor/samples.js';
import { coarser, toleranceFor } from '../tensor/tolerance.js';
import { asRun } from './as-run.js';
import { feedsOf, matchInputs } from './feeds.js';
import { allInTypeOf } from './in-type-of.js';
import { compareOutputs, type OutputDifference } from './outputs.js';
import { type ComparedSide, runSide } from './run-side.js';
import { requireRunner, type Subject } from './subject.js';

/** Two models that were made of the same source, and samples as the source takes them. */
export interface FormsRequest {
  readonly source: Pick<Subject, 'file' | 'info' | 'indexLimits'>;
  readonly first: Subject;
  readonly second: Subject;
  /** For inputs of the source, by its names. */
  readonly samples: SampleSet;
  /** Bounds in place of those of the precision. */
  readonly tolerance: Tolerance | undefined;
  readonly timeoutMs: number;
}

export interface ComparedForms {
  readonly differences: readonly OutputDifference[];
  readonly tolerance: Tolerance;
}

/**
 * Run two models that were made of the same source on the same samples, each in its own runtime, and compare
 * every output; the first is the reference.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` and `E_TOOL_MISSING` as `requireRunner` does, and as `runStep` does.
 */
export async function compareForms(
  { source, first, second, samples, tolerance: own, timeoutMs }: FormsRequest,
  context: StepContext,
): Promise<ComparedForms> {
  const sides = [await asSide(first), await asSide(second)] as const;
  const [a, b] = sides;
  const origin: Subject = { ...source, kind: 'model', staged: '', sha256: '' };
  const reference = await runSide(a, fed(origin, a, samples), 'results/old', timeoutMs, context);
  const raw = await runSide(b, fed(origin, b, samples), 'results/new', timeoutMs, context);
  const quantization = second.descriptor?.model.quantization ?? second.info.quantization;
  const results = allInTypeOf(reference, raw, quantization);
  const tolerance = toleranceFor(precisionOf(first.info, second.info), own);
  const differences = await compareOutputs(reference, results, samples.count, tolerance);
  return { differences, tolerance };
}

function precisionOf(a: ModelInfo, b: ModelInfo): ReturnType<typeof coarser> {
  return coarser(a.precision, b.precision);
}

async function asSide(subject: Subject): Promise<ComparedSide> {
  const runner = await requireRunner(subject);
  return { subject: { ...subject, info: asRun(subject.info) }, runner };
}

/** The samples as one of the two takes them. */
function fed(source: Subject, { subject }: ComparedSide, samples: SampleSet): SampleSet {
  // other runtimes match by place what has another name
  const renames = ['onnx', 'ort'].includes(subject.info.format);
  return feedsOf(samples, matchInputs(source, subject), renames);
}
