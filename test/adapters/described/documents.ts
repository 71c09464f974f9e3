import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AdapterDescription } from '../../../src/schema/generated/types.js';
import { tempDir } from '../../support/files.js';

/** A description with nothing in it but what the format asks for, and the mark of its files. */
export const ACME: AdapterDescription = {
  protocol: 'modelconv/1',
  kind: 'Adapter',
  id: 'acme',
  tool: 'Acme Compiler',
  tried: [],
  find: {
    programs: [{ name: 'acmec', file: 'acmec' }],
    version: { args: ['--version'], patterns: ['acmec (\\d+(?:\\.\\d+)*)'] },
    install: 'install the Acme SDK',
  },
  sources: ['onnx'],
  output: {
    format: 'acme-model',
    files: ['out/{name}.acm'],
    signature: [{ at: 0, text: 'ACME' }],
  },
  precisions: { to: ['fp32'] },
  devices: { stacks: ['acme'] },
  steps: [{ label: 'convert', args: ['{source}', 'out/{name}.acm'] }],
  deterministic: true,
  failures: [],
};

/** Values by the JSON pointer of the place that they are put at; undefined takes what is there away. */
export type Edits = Readonly<Record<string, unknown>>;

/** A copy of a document with other values at some places. The last part of a pointer may be new. */
export function edited(document: object, edits: Edits): Record<string, unknown> {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(edits)) {
    const keys = pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Record<string, unknown>>(
      (at, key) => at[key] as Record<string, unknown>,
      copy,
    );
    if (value === undefined) delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

/** Write a description as DIRECTORY/ID.yaml (JSON is YAML); the path of the file. */
export function writeDescription(
  document: object,
  { directory = tempDir(), name = `${(document as { id?: unknown }).id}.yaml` } = {},
): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}

/** Write a program that a shell runs; its absolute path. */
export function writeProgram(directory: string, name: string, body: string): string {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}
