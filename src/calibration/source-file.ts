import path from 'node:path';
import type { Place } from './faults.js';
import type { StaticInput } from './request.js';

export type FileKind = 'image' | 'npy' | 'npz';

/** One file of an input. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** As the user may type it. */
  readonly shown: string;
  readonly kind: FileKind;
  /** Where a list names it. */
  readonly listed?: Place;
  /** Array of an archive that holds labels, and is no input. */
  readonly labels?: string | undefined;
}

const KINDS: ReadonlyMap<string, FileKind> = new Map([
  ['.png', 'image'],
  ['.jpg', 'image'],
  ['.jpeg', 'image'],
  ['.npy', 'npy'],
  ['.npz', 'npz'],
]);
/** What a file is by its name; undefined for what is not read. */
export function kindOf(file: string): FileKind | undefined {
  return KINDS.get(path.extname(file).toLowerCase());
}

export const NOT_DATA = 'it is not a file that is read here (.png, .jpg, .npy, .npz)';

/** Files of each input, by its name. */
export type FilesByInput = Map<string, SourceFile[]>;

export function emptyFiles(inputs: readonly StaticInput[]): FilesByInput {
  return new Map(inputs.map(({ name }) => [name, []]));
}
