import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readHead } from '../../src/package/read.js';
import { extractFiles } from '../../src/package/unpack.js';
import { type PackInput, writePackage } from '../../src/package/write.js';
import { run } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

/** The files of a package, unpacked. */
async function inputsOf(file: string, directory: string): Promise<PackInput[]> {
  mkdirSync(directory);
  await extractFiles(file, directory, () => true);
  const { descriptor } = await readHead(file);
  return descriptor.files.map(({ path: name, role, mediaType }) => ({
    path: name,
    role,
    mediaType,
    file: path.join(directory, name),
  }));
}

/** Put a model that computes something else into a package of `models/faults/good.onnx`. */
export async function packOtherModel(file: string, dir: string): Promise<void> {
  const other = path.join(dir, 'other.tar');
  const faulty = fixture('models/faults/weights-perturbed.onnx');
  const { code, stderr } = await run(['convert', faulty, '-d', 'local', '-o', other]);
  if (code !== 0) throw new Error(stderr);
  const [model] = (await inputsOf(other, path.join(dir, 'other'))).filter(
    ({ role }) => role === 'model',
  );
  const inputs = await inputsOf(file, path.join(dir, 'own'));
  const { descriptor } = await readHead(file);
  const mixed = inputs.map((input) =>
    input.role === 'model' && model !== undefined ? { ...input, file: model.file } : input,
  );
  const temporary = path.join(dir, 'mixed');
  const { files: _files, ...draft } = descriptor;
  await writePackage(temporary, draft, mixed);
  renameSync(temporary, file);
  for (const name of ['other.tar', 'other', 'own'])
    rmSync(path.join(dir, name), { recursive: true });
}

/** Add a file and an extension of a team's own to a package. */
export async function withLabels(file: string, dir: string): Promise<void> {
  const labels = path.join(dir, 'labels.txt');
  writeFileSync(labels, 'zero\none\n');
  const inputs = await inputsOf(file, path.join(dir, 'unpacked'));
  const { files: _files, ...draft } = (await readHead(file)).descriptor;
  const extended = Object.assign(draft, { 'x-team': 'doors' });
  await writePackage(file, extended, [
    ...inputs,
    { path: 'labels.txt', role: 'labels', mediaType: 'text/plain', file: labels },
  ]);
}
