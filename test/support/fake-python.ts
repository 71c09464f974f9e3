import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { PythonToolchain } from '../../src/toolchain/python-toolchain.js';

const FAKE = fileURLToPath(new URL('./fake-python.mjs', import.meta.url));

/** What the fake tools can be told to do. */
export const BEHAVIOURS = [
  'analysis-fails',
  'analysis-hangs',
  'analysis-nothing',
  'chatty',
  'crashes',
  'fails',
  'fails-on-converted',
  'halves',
  'hangs',
  'hangs-deaf',
  'hangs-when-run',
  'missing-output',
  'nan',
  'overwrites-source',
  'prints-and-fails',
  'quantizes-nothing',
  'returns-garbage',
  'runs-nothing',
  'runtime-crashes',
  'succeeds',
  'times-garbage',
  'times-nothing',
  'writes-empty',
  'writes-garbage',
  'writes-more',
  'writes-nothing',
  'writes-source-format',
  'writes-truncated',
  'wrong-numbers',
] as const;

/**
 * A directory that holds, for each behaviour, what looks like the environment of a vendor's Python
 * package; its Python is a fake. Removed when the tests of the file have ended.
 */
export function fakeEnvironments(toolchain: PythonToolchain, format: string): string {
  const root = mkdtempSync(path.join(tmpdir(), 'mc-fakes-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const version = toolchain.releases[0]?.version ?? '1.0.0';
  for (const behaviour of BEHAVIOURS) {
    const bin = path.join(root, behaviour, 'bin');
    const packages = path.join(root, behaviour, 'lib/python3.11/site-packages');
    const info = path.join(
      packages,
      `${toolchain.distribution.replaceAll('-', '_')}-${version}.dist-info`,
    );
    mkdirSync(bin, { recursive: true });
    mkdirSync(info, { recursive: true });
    writeFileSync(
      path.join(info, 'METADATA'),
      `Metadata-Version: 2.1\nName: ${toolchain.distribution}\nVersion: ${version}\n`,
    );
    const python = path.join(bin, 'python');
    const words = [process.execPath, FAKE, behaviour, format].map((word) => `'${word}'`).join(' ');
    writeFileSync(
      python,
      `#!/bin/sh\nwhile [ "$1" = -s ] || [ "$1" = -B ]; do shift; done\nexec ${words} "$@"\n`,
    );
    chmodSync(python, 0o755);
    symlinkSync('python', path.join(bin, 'python3'));
  }
  return root;
}
