import { MAX_PATH_BYTES } from './limits.js';

/** Directories in directories: no model needs more, and a small archive could ask for millions. */
const MAX_DEPTH = 32;

const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * Why a path cannot name an entry of a package; undefined when it can. The rules hold on every
 * system: what is harmless here must not become something else where the package is unpacked.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'the name is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    return `the name is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'the path is absolute';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'the name holds control characters';
  if (path.includes('\\')) return 'the name holds a backslash';
  if (path.includes(':')) return 'the name holds a colon';
  if (/\p{Surrogate}/u.test(path) || path.includes('\ufffd')) return 'the name is not valid UTF-8';
  const names = path.split('/');
  if (names.length > MAX_DEPTH) return `the path is more than ${MAX_DEPTH} parts deep`;
  for (const name of names) {
    if (name === '' || name === '.' || name === '..')
      return `the path holds ${name === '' ? 'an empty part' : `"${name}"`}`;
    if (/[. ]$/.test(name))
      return 'a part of the path ends in a dot or a space, which Windows drops';
    if (RESERVED.test(name)) return `"${name}" is the name of a device on Windows`;
    if (Buffer.byteLength(name) > 255) return 'a part of the path is longer than 255 bytes';
  }
  return undefined;
}

/** What a path is on a file system that folds case and Unicode: two paths with the same key would be one file there. */
export function foldedPath(path: string): string {
  return path.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** Collects the paths of one archive and refuses the ones that cannot stand beside each other. */
export class PathSet {
  readonly #files = new Map<string, string>();
  readonly #directories = new Map<string, string>();

  /** Why `path` cannot be added; undefined when it was. */
  add(path: string): string | undefined {
    const folded = foldedPath(path);
    const twin = this.#files.get(folded) ?? this.#directories.get(folded);
    if (twin !== undefined)
      return twin === path
        ? 'it occurs twice'
        : `it is the same as "${twin}" where case or Unicode forms do not count`;
    for (let end = folded.indexOf('/'); end !== -1; end = folded.indexOf('/', end + 1)) {
      const parent = folded.slice(0, end);
      const file = this.#files.get(parent);
      if (file !== undefined) return `"${file}" is a file`;
      this.#directories.set(parent, parent);
    }
    this.#files.set(folded, path);
    return undefined;
  }
}
