import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rewriteDescriptor } from '../../src/package/rewrite.js';
import type { Descriptor } from '../../src/schema/generated/types.js';
import { run } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

export const CNN = fixture('models/digits-cnn.onnx');

/** Packages that were made before: the same words give the same bytes. */
const made = new Map<string, Buffer>();

/** A package for this machine, in `dir`; converted once for all tests of a file. */
export async function packed(
  dir: string,
  words: readonly string[] = ['--source', 'include'],
  source = CNN,
): Promise<string> {
  const key = JSON.stringify([source, words]);
  const file = path.join(dir, 'digits.tar');
  const bytes = made.get(key);
  if (bytes !== undefined) writeFileSync(file, bytes);
  else made.set(key, readFileSync(await packedAnew(dir, words, source)));
  return file;
}

/** The same, converted now. */
export async function packedAnew(
  dir: string,
  words: readonly string[],
  source: string,
): Promise<string> {
  const file = path.join(dir, 'digits.tar');
  const args = ['convert', source, '-d', 'local', '-o', file, '--json', ...words];
  const { code, stderr } = await run(args);
  if (code !== 0) throw new Error(stderr);
  return file;
}

/** What was made with an older version of the tool: the model is the same, and the descriptor says so. */
export async function madeWith(file: string, version: string): Promise<void> {
  await edit(file, (descriptor) => {
    const { conversion } = descriptor;
    if (conversion?.converter === undefined) throw new Error('it was not converted');
    const converter = { ...conversion.converter, version };
    return { ...descriptor, conversion: { ...conversion, converter } };
  });
}

export async function edit(
  file: string,
  change: (descriptor: Descriptor) => Descriptor,
): Promise<void> {
  await rewriteDescriptor(file, file, change);
}
