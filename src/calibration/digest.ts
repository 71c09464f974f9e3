import { createHash } from 'node:crypto';
import type { SampleInput } from '../tensor/samples.js';
import type { StaticInput } from './request.js';

/** One input as it counts in the digest of a set. */
export interface DigestedInput extends StaticInput {
  /** What was applied, plain data; null for data taken as it is. */
  readonly preprocessing: unknown;
  /** Of all samples, one after the other. */
  readonly sha256: string;
}

/** Digest of a set: number, order and bytes of the prepared samples, names, types, shapes and preprocessing. */
export function digestInputs(count: number, inputs: readonly DigestedInput[]): string {
  const parts = inputs.map(({ name, dtype, shape, preprocessing, sha256 }) => [
    name,
    dtype,
    shape,
    preprocessing,
    sha256,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([count, parts]))
    .digest('hex');
}

/** The same for samples that are in memory and were not preprocessed. */
export function digestGenerated(count: number, inputs: readonly SampleInput[]): string {
  return digestInputs(
    count,
    inputs.map(({ data, ...input }) => ({
      ...input,
      preprocessing: null,
      sha256: createHash('sha256').update(data).digest('hex'),
    })),
  );
}
