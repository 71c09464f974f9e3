import { stat } from 'node:fs/promises';
import type { Inventory } from '../device/inventory.js';
import { ModelconvError, messageOf } from '../errors.js';
import { filesBelow } from '../host/files-below.js';
import { readHead } from '../package/read.js';
import { shellWord } from '../printable.js';
import type { OutdatedResult, PackageState, UnreadableFile } from '../schema/generated/types.js';
import { assess } from './assess.js';

/** The ending of packages below a directory. */
const ENDING = '.tar';

/**
 * Which packages have a device or a vendor tool that moved on. Of each only the head is read.
 *
 * @param paths - packages, and directories below which every `*.tar` is looked at.
 * @param devices - names of devices to judge for; none: all.
 * @throws ModelconvError `E_INPUT` for a path that is not there, and for a file that is named and is no
 *   package; below a directory such a file is listed apart.
 */
export async function outdatedPackages(
  paths: readonly string[],
  inventory: Inventory,
  devices: readonly string[],
  signal?: AbortSignal,
): Promise<OutdatedResult> {
  const packages: PackageState[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const given of paths) {
    const found = await stat(given).catch((error: unknown) => {
      throw new ModelconvError('E_INPUT', {
        what: `${given} cannot be read`,
        why: 'there is no such file or directory',
        next: 'check the path; relative paths start at the current directory',
        cause: error,
      });
    });
    const files = found.isDirectory() ? await packagesBelow(given, unreadable) : [given];
    for (const file of files) {
      signal?.throwIfAborted();
      try {
        const state = await stateOf(file, inventory);
        if (devices.length === 0 || devices.includes(state.device)) packages.push(state);
      } catch (error) {
        if (!found.isDirectory() || !(error instanceof ModelconvError)) throw error;
        unreadable.push({ path: file, code: error.code, message: error.message });
      }
    }
  }
  return { packages, unreadable };
}

async function packagesBelow(directory: string, unreadable: UnreadableFile[]): Promise<string[]> {
  const found: string[] = [];
  const told = (path: string, error: unknown): void => {
    unreadable.push({ path, code: 'E_INPUT', message: messageOf(error) });
  };
  for await (const file of filesBelow(directory, told)) if (file.endsWith(ENDING)) found.push(file);
  return found;
}

async function stateOf(file: string, inventory: Inventory): Promise<PackageState> {
  const head = await readHead(file);
  const { action, target, reasons, notes } = await assess(head, {
    ...NOTHING_ASKED,
    file,
    inventory,
  });
  return {
    path: file,
    name: head.descriptor.name,
    version: head.descriptor.version,
    device: target?.device.name ?? 'none',
    outdated: reasons.length > 0,
    action,
    reasons: [...reasons],
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
    ...(reasons.length === 0 ? {} : { next: `modelconv upgrade ${shellWord(file)}` }),
  };
}

const NOTHING_ASKED = {
  device: undefined,
  toolchains: [],
  name: undefined,
  version: undefined,
  description: undefined,
  license: undefined,
  rebuild: false,
} as const;
