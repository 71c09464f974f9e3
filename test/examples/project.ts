import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fixture, tempDir } from '../support/files.js';

/** A copy of the examples that a test may change, and a `modelconv` on PATH. */
export interface Project {
  /** The directory of one example. */
  readonly dir: string;
  run(program: string, ...args: readonly string[]): ProgramEnd;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function exampleProject(name: string): Project {
  const root = tempDir();
  cpSync(fixture('../examples'), path.join(root, 'examples'), { recursive: true });
  mkdirSync(path.join(root, 'fixtures/models'), { recursive: true });
  const model = 'models/digits-cnn.onnx';
  cpSync(fixture(model), path.join(root, 'fixtures', model));
  const bin = path.join(root, 'bin');
  mkdirSync(bin);
  const program = path.join(bin, 'modelconv');
  writeFileSync(
    program,
    `#!/bin/sh\nexec '${process.execPath}' '${fixture('../bin/modelconv.js')}' "$@"\n`,
  );
  chmodSync(program, 0o755);
  const dir = path.join(root, 'examples', name);
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` };
  return {
    dir,
    run: (file, ...args) => {
      const { status, stdout, stderr } = spawnSync(file, args, { cwd: dir, encoding: 'utf8', env });
      return { code: status, stdout, stderr };
    },
  };
}

/** Packages that a build said it converts, sorted. */
export function converted({ stdout }: ProgramEnd): string[] {
  const lines = stdout.split('\n');
  const make = lines.flatMap(
    (line) => /^modelconv convert .* -o (?:out\/)?(\S+)/.exec(line)?.[1] ?? [],
  );
  const cmake = lines.flatMap((line) => /Converting for \S+: (\S+)/.exec(line)?.[1] ?? []);
  return [...make, ...cmake].sort();
}
