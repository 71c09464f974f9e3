import { compareForms } from '../compare/compare-forms.js';
import { faultsOf } from '../compare/outputs.js';
import { openSubject, type Subject } from '../compare/subject.js';
import { forConverted } from '../convert/built-in.js';
import type { ConversionResult } from '../convert/pack-result.js';
import type { Work } from '../convert/run-stages.js';
import { ModelconvError } from '../errors.js';
import type { ComparedWithOld, OutputMetrics } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';

/** Ends that say that a model cannot be run here, and nothing about it. */
const NOT_RUN: ReadonlySet<string> = new Set(['E_NOT_CONVERTIBLE', 'E_TOOL_MISSING']);

/**
 * Run the model of the old package and the new one on the samples of the parity check, and compare their
 * outputs. What cannot be run on this machine is not compared, and the result says why.
 *
 * @throws ModelconvError `E_PARITY` when they do not compute the same; as `runStep` does.
 */
export async function compareWithOld(
  file: string,
  work: Work,
  result: ConversionResult,
): Promise<ComparedWithOld> {
  const { request, samples, steps } = work;
  if (samples === undefined) return { skipped: 'there are no samples' };
  const made = result.files[0] ?? work.staged.main.copy;
  try {
    const first = await openSubject(file, steps.workDir, 'old', steps.signal);
    const second = await openSubject(made, steps.workDir, 'new', steps.signal);
    const builtIn = result.run?.stages[0]?.job.builtIn ?? {};
    const { differences, tolerance } = await compareForms(
      {
        source: withoutDropped(work.source, first),
        first,
        second: withScales(second, result),
        samples: forConverted(samples, builtIn),
        tolerance: request.verify.tolerance,
        timeoutMs: request.timeoutMs,
      },
      steps,
    );
    const faults = faultsOf(differences);
    if (faults.length > 0) throw parityWithOld(file, request.device.name, faults);
    const metrics = differences.flatMap(({ name, metrics: one }): [string, OutputMetrics][] =>
      one === undefined ? [] : [[name, one]],
    );
    return {
      passed: true,
      samples: samples.count,
      tolerance,
      metrics: Object.fromEntries(metrics),
    };
  } catch (error) {
    if (!(error instanceof ModelconvError) || !NOT_RUN.has(error.code)) throw error;
    return { skipped: [error.message, error.why].filter((part) => part !== undefined).join(': ') };
  }
}

/** Inputs on which nothing depends are in neither of the two. */
function withoutDropped(source: ProbedModel, { descriptor }: Subject): ProbedModel {
  const dropped = descriptor?.conversion?.source.droppedInputs ?? [];
  const inputs = source.info.inputs.filter(({ name }) => !dropped.includes(name));
  return { ...source, info: { ...source.info, inputs } };
}

/** Some formats do not hold the scales of their outputs. */
function withScales(second: Subject, { converted: { quantization } }: ConversionResult): Subject {
  return quantization === undefined
    ? second
    : { ...second, info: { ...second.info, quantization } };
}

function parityWithOld(file: string, device: string, faults: readonly string[]): ModelconvError {
  return new ModelconvError('E_PARITY', {
    what: `what was converted for ${device} does not compute what the model in ${file} computes`,
    why: faults.join('; '),
    next: 'the package stays as it was; look into both with modelconv compare, or allow more with --tolerance',
  });
}
