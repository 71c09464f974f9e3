import type { Descriptor } from '../schema/generated/types.js';

/** Endings of files that hold the weights of another one. */
const WEIGHTS = /\.(bin|weights|data)$/;

/** The file of a package that a runtime is given: weights stand in files of their own in some formats. */
export function mainModel({ files }: Pick<Descriptor, 'files'>): string | undefined {
  return files.find(({ path: name, role }) => role === 'model' && !WEIGHTS.test(name))?.path;
}
