import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Adapter, Toolchain } from '../adapters/contract.js';
import { builtInAdapterIds, loadAdapter } from '../adapters/registry.js';
import { runnerFor } from '../adapters/runners.js';
import { ModelconvError } from '../errors.js';
import { copyReadOnly, hashFile } from '../host/files.js';
import { refuseEncrypted } from '../package/encrypted.js';
import { MODEL_PREFIX } from '../package/limits.js';
import { mainModel } from '../package/main-model.js';
import { tryReadHead } from '../package/read.js';
import { unpackPackage } from '../package/unpack.js';
import type { Descriptor, ModelInfo } from '../schema/generated/types.js';
import { isReadable, probeModel } from '../source/probe.js';

/** A runtime that is there, for one format. */
export interface Runner {
  readonly adapter: Adapter;
  readonly toolchain: Toolchain;
}

/** A model that can be run: a source, a bare converted file, or what a package holds. */
export interface Subject {
  /** Path as the user gave it. */
  readonly file: string;
  readonly kind: 'model' | 'package';
  readonly info: ModelInfo;
  /** Integer inputs that index a table: number of rows by input name. */
  readonly indexLimits: ReadonlyMap<string, number>;
  readonly descriptor?: Descriptor;
  /** Path of its copy in the work directory, relative, with `/`. */
  readonly staged: string;
  readonly sha256: string;
}

/**
 * Bring a model, or the model of a package, into the work directory. Of a package every digest is checked.
 *
 * @param place - directory of its own in the work directory, e.g. `a`.
 * @throws ModelconvError `E_INPUT` (also when it is encrypted), `E_MODEL_INVALID`, `E_PACKAGE_INVALID`, `E_DESCRIPTOR_INVALID`.
 */
export async function openSubject(
  file: string,
  workDir: string,
  place: string,
  signal?: AbortSignal,
): Promise<Subject> {
  const head = await tryReadHead(file);
  return head === undefined
    ? await openModel(file, workDir, place)
    : await openPackage(file, workDir, place, head.descriptor, signal);
}

async function openModel(file: string, workDir: string, place: string): Promise<Subject> {
  const probed = await probeModel(file);
  const name = path.basename(file).replace(/[\u0000-\u001f\u007f\\:]/g, '_');
  await mkdir(path.join(workDir, place), { recursive: true });
  await copyReadOnly(probed.file, path.join(workDir, place, name));
  for (const part of probed.parts)
    await copyReadOnly(part.file, path.join(workDir, place, ...part.path.split('/')));
  const { sha256 } = await hashFile(probed.file);
  const { info, indexLimits } = probed;
  return { file, kind: 'model', info, indexLimits, staged: `${place}/${name}`, sha256 };
}

async function openPackage(
  file: string,
  workDir: string,
  place: string,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Subject> {
  refuseEncrypted(file, descriptor, 'its model cannot be run without a key');
  const directory = path.join(workDir, place);
  await unpackPackage(file, directory, false, signal);
  const main = descriptor.files.find(({ path: name }) => name.startsWith(MODEL_PREFIX));
  if (main === undefined)
    throw new ModelconvError('E_PACKAGE_INVALID', {
      what: `${file} holds no model`,
      next: `see what it holds: modelconv inspect ${file}`,
    });
  const staged = mainModel(descriptor) ?? main.path;
  const { info, indexLimits } = await packedInfo(
    descriptor,
    path.join(directory, ...staged.split('/')),
  );
  const sha256 = descriptor.files.find(({ path: name }) => name === staged)?.sha256 ?? '';
  return {
    file,
    kind: 'package',
    info: { ...info, path: file },
    indexLimits,
    descriptor,
    staged: `${place}/${staged}`,
    sha256,
  };
}

/** What the file says about itself; of a format that is not read here, what the descriptor says. */
async function packedInfo(
  { model }: Descriptor,
  file: string,
): Promise<Pick<Subject, 'info' | 'indexLimits'>> {
  if (isReadable(model.format)) return await probeModel(file);
  const { format, precision, inputs, outputs, facts = {} } = model;
  const known = precision === undefined ? {} : { precision };
  const { size: sizeBytes } = await stat(file);
  const info = { path: file, sizeBytes, format, ...known, inputs, outputs, facts };
  return { info, indexLimits: new Map() };
}

/**
 * The runtime that runs a subject on this machine.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` when nothing here runs the format, `E_TOOL_MISSING` when what
 *   runs it is not installed.
 */
export async function requireRunner({
  file,
  info,
}: Pick<Subject, 'file' | 'info'>): Promise<Runner> {
  const found = await runnerFor(info.format);
  if ('adapter' in found) return found;
  if (found.missing === undefined)
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${file} cannot be run here`,
      why: `no adapter runs ${info.format} on a computer`,
      next: await nextOf(info.format),
    });
  throw new ModelconvError('E_TOOL_MISSING', {
    what: `${file} needs ${found.missing.tool}, which is not there`,
    why: found.missing.why,
    next: found.missing.install,
  });
}

/** What to do with a file that nothing runs: some converters run, and show layer by layer, what they have just made. */
async function nextOf(format: string): Promise<string> {
  const other = 'run it on its device, or take its source or a model of another format here';
  for (const id of builtInAdapterIds()) {
    const { output, analyses } = (await loadAdapter(id))?.capabilities ?? {};
    if (output === format && analyses === true)
      return `${other}; its converter compares what it makes: modelconv convert SOURCE --layers`;
  }
  return other;
}
