import type { ModelInfo } from '../schema/generated/types.js';

/** What a reader gets out of one model file. */
export interface ModelStructure {
  readonly info: Omit<ModelInfo, 'path' | 'sizeBytes'>;
  /** Further files, relative to the main one, with the size in bytes that each must have at least. */
  readonly externalSizes: ReadonlyMap<string, number>;
  /** Integer inputs that index a table: number of rows by input name. */
  readonly indexLimits: ReadonlyMap<string, number>;
}
