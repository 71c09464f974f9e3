import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelconvError, messageOf, systemErrorCode } from '../../errors.js';
import { userConfigDir } from '../../host/user-dirs.js';

/** Descriptions of a project, in the current directory. */
export const PROJECT_DIRECTORY = 'modelconv.adapters';

/** Descriptions that come with modelconv. */
const CATALOGUE = fileURLToPath(new URL('./catalogue/', import.meta.url));

/** Directories in the order in which they are looked into: a nearer description hides a farther one of the same name. */
function directories(): string[] {
  const own = process.env['MODELCONV_ADAPTERS'] ?? '';
  return [
    ...own.split(path.delimiter).filter((directory) => directory !== ''),
    path.resolve(PROJECT_DIRECTORY),
    path.join(userConfigDir(), 'adapters'),
    CATALOGUE,
  ];
}

/**
 * The files that describe adapters, by the name of the adapter. None of them is opened.
 *
 * @throws {@link ModelconvError} `E_INPUT` for a directory that is there and cannot be read.
 */
export async function findDescriptions(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const directory of directories())
    for (const entry of await entriesOf(directory)) {
      const id = /^([A-Za-z0-9][\w.-]*)\.ya?ml$/.exec(entry)?.[1];
      if (id !== undefined && !found.has(id)) found.set(id, path.join(directory, entry));
    }
  return found;
}

async function entriesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw new ModelconvError('E_INPUT', {
      what: `the adapters described in ${directory} cannot be read`,
      why: messageOf(error),
      next: 'make it a directory that can be read, or take it out of MODELCONV_ADAPTERS',
      cause: error,
    });
  });
  return entries.sort();
}
