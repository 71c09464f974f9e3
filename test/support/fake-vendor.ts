import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { BEHAVIOURS } from './fake-python.js';

const FAKE = fileURLToPath(new URL('./fake-vendor.mjs', import.meta.url));

/** A vendor's installation as it lies on disk. */
export interface VendorLayout {
  readonly version: string;
  /** File names of the programs, and the directory that they lie in. */
  readonly programs: readonly string[];
  readonly directory: string;
  /** Further files, by path: where the version stands. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * A directory that holds, for each behaviour, an installation whose programs are fakes. Removed when the
 * tests of the file have ended.
 */
export function fakeVendor(layout: VendorLayout, further: readonly string[] = []): string {
  const root = mkdtempSync(path.join(tmpdir(), 'mc-vendor-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  for (const behaviour of [...BEHAVIOURS, ...further])
    writeInstallation(path.join(root, behaviour), behaviour, layout);
  return root;
}

function writeInstallation(
  root: string,
  behaviour: string,
  { version, programs, directory, files }: VendorLayout,
): void {
  mkdirSync(path.join(root, directory), { recursive: true });
  for (const program of programs) {
    const words = [process.execPath, FAKE, behaviour, version, program];
    const file = path.join(root, directory, program);
    writeFileSync(file, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text, { mode: name.endsWith('/python') ? 0o755 : 0o644 });
  }
}
