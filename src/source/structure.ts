import type { ModelInfo } from '../schema/generated/types.js';
import type { FileWindow } from './file-window.js';
import type { QuantizedGraph } from './quantization/graph.js';

/** What a reader gets out of one model file. */
export interface ModelStructure {
  readonly info: Omit<ModelInfo, 'path' | 'sizeBytes'>;
  /** Further files, relative to the main one, with the size in bytes that each must have at least. */
  readonly externalSizes: ReadonlyMap<string, number>;
  /** Integer inputs that index a table: number of rows by input name. */
  readonly indexLimits: ReadonlyMap<string, number>;
  /** Its scales, and what of it stayed in floating point; absent for formats that keep nothing quantized. */
  readonly quantized?: QuantizedGraph;
}

/** A file that belongs to a model by its name alone: `x.bin` beside `x.xml` or `x.param`. */
export interface Companion {
  /** File name, beside the main file. */
  readonly name: string;
  readonly window: FileWindow;
}

/**
 * Opens a further file of a model by its path relative to the main one; undefined when that leads elsewhere or
 * to nothing that can be read.
 */
export type OpenPart = (location: string) => FileWindow | undefined;

/**
 * Reads the structure of one format, of its tensors none but scales and zero points.
 *
 * @param openPart - absent: further files are not looked into.
 * @throws MalformedError when the file is damaged.
 */
export type ModelReader = (
  file: FileWindow,
  companion: Companion | undefined,
  openPart?: OpenPart,
) => ModelStructure;
