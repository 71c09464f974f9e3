import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { exists } from '../host/files.js';
import {
  describeHolder,
  type Holder,
  mayBeAlive,
  parseHolder,
  thisHolder,
} from '../host/holder.js';
import { outputError } from '../host/outputs.js';
import type { Launcher } from '../host/run-step.js';
import { managedName, manifestFile } from './installed.js';

/** Beside the directory, hidden: one file for each use, so that nobody has to wait for anybody. */
function prefixOf(directory: string): string {
  return `.${path.basename(directory)}.use-`;
}

/**
 * Run `work` while the environments of tools are not taken away. Those that modelconv did not install
 * are nobody's to take away.
 *
 * @throws ModelconvError `E_TOOL_MISSING` when one was taken away since it was found.
 */
export async function whileInUse<T>(
  tools: readonly Pick<Launcher, 'environment'>[],
  work: () => Promise<T>,
): Promise<T> {
  const marks: string[] = [];
  try {
    for (const directory of new Set(tools.map(({ environment }) => environment ?? ''))) {
      const name = managedName(directory);
      if (name !== undefined) marks.push(...(await mark(directory, name)));
    }
    return await work();
  } finally {
    await Promise.all(marks.map((file) => rm(file, { force: true })));
  }
}

/** The mark first, then the look: whoever removes takes the manifest away first, and looks for marks then. */
async function mark(directory: string, name: string): Promise<string[]> {
  const holder = thisHolder();
  const file = path.join(path.dirname(directory), `${prefixOf(directory)}${holder.token}`);
  // who may not write here is not kept from converting
  const marked = await writeFile(file, JSON.stringify(holder)).then(
    () => [file],
    () => [],
  );
  if (await exists(manifestFile(directory))) return marked;
  await rm(file, { force: true });
  throw new ModelconvError('E_TOOL_MISSING', {
    what: `${name} was removed a moment ago`,
    next: `modelconv toolchains install ${name}`,
  });
}

interface User {
  readonly file: string;
  readonly holder: Holder;
}

/** Who uses a directory. What killed processes left is cleared away. */
async function usersOf(directory: string): Promise<User[]> {
  const root = path.dirname(directory);
  const names = (await readdir(root).catch(() => [])).filter((name) =>
    name.startsWith(prefixOf(directory)),
  );
  const users: User[] = [];
  for (const name of names) {
    const file = path.join(root, name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && mayBeAlive(holder)) users.push({ file, holder });
    else await rm(file, { force: true });
  }
  return users;
}

/** @throws ModelconvError `E_BUSY` when somebody uses the directory. */
export async function refuseInUse(directory: string): Promise<void> {
  const [user] = await usersOf(directory);
  if (user === undefined) return;
  const { who, next } = describeHolder(user.holder, user.file);
  throw new ModelconvError('E_BUSY', {
    what: `${managedName(directory)} is in use by ${who}`,
    why: 'a conversion runs with it',
    next,
  });
}

/**
 * Remove a directory that nobody uses; half a toolchain never looks whole.
 *
 * @throws ModelconvError `E_BUSY`, with the directory as it was, or `E_OUTPUT`.
 */
export async function removeUnused(directory: string): Promise<void> {
  const manifest = manifestFile(directory);
  const aside = `${manifest}.removed`;
  const wasWhole = await rename(manifest, aside).then(
    () => true,
    () => false,
  );
  try {
    await refuseInUse(directory);
  } catch (error) {
    if (wasWhole) await rename(aside, manifest);
    throw error;
  }
  await removeAll(directory);
}

/** Take a directory out of use whose place another has taken: it goes when the last conversion with it has ended. */
export async function retire(directory: string): Promise<void> {
  await rm(manifestFile(directory), { force: true });
  if ((await usersOf(directory)).length === 0) await removeAll(directory);
}

async function removeAll(directory: string): Promise<void> {
  try {
    // a rename that failed has left it
    await rm(manifestFile(directory), { force: true });
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw outputError(directory, error, 'MODELCONV_HOME');
  }
}
