import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError, messageOf } from '../errors.js';

/** A file that was named on the command line, or that lies in a directory that was. */
export interface FoundFile {
  readonly file: string;
  /** Path relative to what was named on the command line, with `/`. */
  readonly name: string;
}

/** The files that names stand for, directories with all that is below. @throws ModelconvError `E_INPUT`. */
export async function findFiles(names: readonly string[]): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of names) {
    const stat = await lstat(name).catch((error: unknown) => {
      throw new ModelconvError('E_INPUT', {
        what: `${name} cannot be read`,
        why: 'there is no such file',
        next: 'check the path',
        cause: error,
      });
    });
    if (stat.isDirectory())
      found.push(...(await filesBelow(name, path.basename(path.resolve(name)))));
    else found.push({ file: name, name: path.basename(name) });
  }
  return found;
}

async function listDirectory(directory: string): Promise<Dirent[]> {
  return await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new ModelconvError('E_INPUT', {
      what: `${directory} cannot be read`,
      why: messageOf(error),
      next: `look at its permissions: ls -ld ${directory}`,
      cause: error,
    });
  });
}

async function filesBelow(directory: string, prefix: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const entry of (await listDirectory(directory)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(directory, entry.name);
    const name = `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(file, name)));
    else if (entry.isFile()) found.push({ file, name });
    else
      throw new ModelconvError('E_INPUT', {
        what: `${file} is neither a file nor a directory`,
        why: 'a package holds regular files only',
        next: 'put the file itself there, or name the files one by one',
      });
  }
  return found;
}
