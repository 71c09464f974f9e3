import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { FakeToolchain } from './wheels.js';

/** An install in a process of its own. */
export interface StartedInstall {
  readonly child: ChildProcess;
  /** Resolves with the exit status, or undefined when a signal ended it. */
  readonly ended: Promise<number | undefined>;
}

/** Bundle the child once, so that it starts as fast as the program does. */
export async function bundleChild(directory: string): Promise<string> {
  const outfile = path.join(directory, 'install-child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./install-child.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    // a package of CommonJS modules asks for it
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** Start an install; the environment is that of the test. */
export function startInstall(
  script: string,
  { toolchain, wheels }: FakeToolchain,
  python?: string,
): StartedInstall {
  const request = `${script}.json`;
  writeFileSync(request, JSON.stringify({ toolchain, findLinks: wheels, python }));
  const child = spawn(process.execPath, [script, request], { stdio: 'ignore' });
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('exit', (code) => resolve(code ?? undefined));
  });
  return { child, ended };
}
