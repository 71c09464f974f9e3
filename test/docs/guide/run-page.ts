import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixture } from '../../support/files.js';
import { digitsArchive } from '../../support/labelled.js';
import type { GuidePage, PageLine } from './read-page.js';

const BIN = fileURLToPath(new URL('../../../bin/modelconv.js', import.meta.url));

const REQUEST = `protocol: modelconv/1
kind: ConversionRequest
source: {path: model.onnx}
device: local
output: requested.tar
`;

/** Files that are no fixtures but are made of them. */
const MADE: Readonly<Record<string, (directory: string) => string>> = {
  'labelled digits': digitsArchive,
  'a request': (directory) => {
    const file = path.join(directory, 'request.yaml');
    writeFileSync(file, REQUEST);
    return file;
  },
};

/** A line that did not end as its page says. */
export interface Fault {
  readonly line: string;
  readonly expected: number;
  readonly code: number | null;
  readonly output: string;
}

export interface PageRun {
  readonly ran: readonly PageLine[];
  readonly faults: readonly Fault[];
}

/**
 * Do in a directory what a page says, line by line, each in a shell of its own.
 *
 * @param runs - whether a line can be run here.
 * @param env - added to the environment.
 */
export async function runPage(
  page: GuidePage,
  directory: string,
  runs: (line: PageLine) => boolean,
  env: Readonly<Record<string, string>>,
): Promise<PageRun> {
  const scratch = path.join(directory, 'work');
  prepare(page, directory, scratch);
  const ran: PageLine[] = [];
  const faults: Fault[] = [];
  for (const step of page.steps) {
    if (step.kind === 'file') writeFileSync(path.join(scratch, step.name), step.text);
    if (step.kind === 'file' || !runs(step)) continue;
    ran.push(step);
    const { code, output } = await shell(step.text, scratch, directory, env);
    if (code !== step.exit)
      faults.push({
        line: `${page.file}:${step.number}: ${step.text}`,
        expected: step.exit,
        code,
        output,
      });
  }
  return { ran, faults };
}

function prepare({ here }: GuidePage, directory: string, scratch: string): void {
  for (const name of [scratch, path.join(directory, 'bin'), path.join(directory, 'home')])
    mkdirSync(name, { recursive: true });
  symlinkSync(BIN, path.join(directory, 'bin', 'modelconv'));
  for (const [name, source] of here)
    cpSync(MADE[source]?.(directory) ?? fixture(source), path.join(scratch, name), {
      recursive: true,
    });
}

async function shell(
  line: string,
  cwd: string,
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const PATH = `${path.join(directory, 'bin')}:${process.env['PATH']}`;
  const own = {
    HOME: path.join(directory, 'home'),
    XDG_CONFIG_HOME: path.join(directory, 'config'),
  };
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], {
    cwd,
    env: { ...process.env, ...own, PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output: Buffer.concat(said).toString('utf8') };
}
