import type { OutputResult } from '../../adapters/run-files.js';

/** A diagnosis looks at so many samples and elements: what explains a difference shows in few. */
const MAX_SAMPLES = 32;
const MAX_ELEMENTS = 1_000_000;

/** All looked-at values of one output, samples one after the other. */
export interface OutputValues {
  readonly name: string;
  /** Shape of the first sample. */
  readonly shape: readonly number[];
  /** One array for each sample. */
  readonly samples: readonly Float64Array[];
}

/** Read the outputs of a model into memory. @throws ModelconvError `E_TOOL_OUTPUT`. */
export async function readOutputs(results: readonly OutputResult[]): Promise<OutputValues[]> {
  return await Promise.all(
    results.map(async (result) => {
      const samples: Float64Array[] = [];
      let elements = 0;
      for (let index = 0; index < Math.min(MAX_SAMPLES, result.shapes.length); index++) {
        const values = await result.sample(index);
        elements += values.length;
        if (elements > MAX_ELEMENTS && samples.length > 0) break;
        samples.push(values);
      }
      return { name: result.name, shape: result.shapes[0] ?? [], samples };
    }),
  );
}

/** How far two outputs are apart: the norm of the difference over that of the reference; infinite where shapes differ. */
export function relativeError(reference: OutputValues, other: OutputValues): number {
  let [error, signal] = [0, 0];
  for (const [index, a] of reference.samples.entries()) {
    const b = other.samples[index];
    if (b === undefined) break;
    if (a.length !== b.length) return Infinity;
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i] ?? 0, b[i] ?? 0];
      error += (x - y) ** 2;
      signal += x * x;
    }
  }
  if (!Number.isFinite(error)) return Infinity;
  return signal === 0 ? Math.sqrt(error) : Math.sqrt(error / signal);
}
