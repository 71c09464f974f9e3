import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { readSmallText } from '../host/files.js';
import { checkOutput } from '../host/outputs.js';
import { MAX_DESCRIPTOR_BYTES, MODEL_PREFIX } from '../package/limits.js';
import { mediaTypeOf, roleOf } from '../package/media-type.js';
import { checkPaths, type PackedPackage, type PackInput, writePackage } from '../package/write.js';
import { checkDocument } from '../schema/check.js';
import type { PackageFile, Tolerance, TruthRequest } from '../schema/generated/types.js';
import { parseYaml } from '../schema/parse.js';
import { type ProbedModel, probeModel } from '../source/probe.js';
import { type Draft, fillIn, isObject, refuseContradictions } from './fill.js';
import { type FoundFile, findFiles } from './find-files.js';

export interface PackRequest {
  /** Files or directories of what was converted elsewhere. */
  readonly files: readonly string[];
  /** Descriptor, in which digests, sizes and what the files say of themselves may be left out. */
  readonly descriptor: string;
  readonly output: string;
  /** A raw sample to pack, and what is known of what it must become. */
  readonly truth?: TruthRequest | undefined;
  /** Bounds for the outputs of the truth; undefined: those of the precision. */
  readonly tolerance?: Tolerance | undefined;
  readonly timeoutMs?: number | undefined;
  /** Keeps what the runtime prints while it runs the truth. */
  readonly logFile?: string | undefined;
  /** Told what a truth cannot show. */
  readonly warn?: ((message: string) => void) | undefined;
  readonly force: boolean;
  /** Leave an output alone that has the same bytes already. */
  readonly ifChanged?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pack weights that were converted elsewhere. What the descriptor leaves out is filled in from the
 * files; what it says otherwise than the files is an error.
 *
 * @throws ModelconvError `E_INPUT`, `E_DESCRIPTOR_INVALID`, `E_OUTPUT`, `E_OUTPUT_EXISTS`, `E_USAGE`.
 */
export async function packFiles(request: PackRequest): Promise<PackedPackage> {
  const parsed = parseYaml(
    await readSmallText(request.descriptor, MAX_DESCRIPTOR_BYTES, 'E_DESCRIPTOR_INVALID'),
    request.descriptor,
    'E_DESCRIPTOR_INVALID',
  );
  if (!isObject(parsed.data))
    throw new ModelconvError('E_DESCRIPTOR_INVALID', {
      what: `${request.descriptor} is not a descriptor`,
      why: 'it holds no keys',
      next: 'see docs/package.md for an example',
    });
  const draft = parsed.data;
  if (request.output === '')
    throw new ModelconvError('E_USAGE', {
      what: 'the output is missing',
      next: 'say where to write the package: -o OUT.tar',
    });
  if (request.tolerance !== undefined && request.truth === undefined)
    throw new ModelconvError('E_USAGE', {
      what: '--tolerance is for the outputs of a truth, and there is none',
      next: 'give it with --truth IMAGE|NPY, or leave --tolerance out',
    });
  const found = await findFiles(request.files);
  if (found.length === 0)
    throw new ModelconvError('E_INPUT', {
      what: `${request.files.join(', ')} holds no files`,
      next: 'name the files of the model',
    });
  await checkOutput(
    request.output,
    [request.descriptor, ...found.map(({ file }) => file), ...Object.values(request.truth ?? {})],
    request.force,
  );
  const named = assignPaths(found, listedFiles(draft), request.descriptor);
  const main = await probeMain(named);
  const inputs = main === undefined ? named : withParts(named, main);
  checkPaths(inputs);
  const info = main?.probed.info;
  const filled = fillIn(draft, inputs, info);
  const { files: _later, ...descriptor } = await checkDocument(
    'descriptor',
    filled,
    request.descriptor,
    parsed,
  );
  await refuseOtherSizes(request.descriptor, listedFiles(draft), inputs);
  if (info !== undefined) refuseContradictions(request.descriptor, descriptor.model, info);
  const { force, ifChanged, signal } = request;
  const options = { force, ifChanged, signal };
  if (request.truth === undefined)
    return await writePackage(request.output, descriptor, inputs, options);
  const { packWithTruth } = await import('./pack-truth.js');
  return await packWithTruth(
    { ...request, truth: request.truth },
    { descriptor, inputs, main: main?.probed.file, parts: main?.probed.parts ?? [] },
  );
}

interface ListedFile {
  readonly path: string;
  /** The entry as the draft has it; the schema speaks of what is wrong in it. */
  readonly entry: Draft;
}

/** The `files:` of a draft that name a path. */
function listedFiles(draft: Draft): ListedFile[] {
  const files: unknown[] = Array.isArray(draft['files']) ? draft['files'] : [];
  return files.flatMap((entry) =>
    isObject(entry) && typeof entry['path'] === 'string' ? [{ path: entry['path'], entry }] : [],
  );
}

/** A field of an entry when it is text. */
function textOf(entry: Draft | undefined, key: string): string | undefined {
  const value = entry?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** Give each file its place: the one that the descriptor lists under its name, else `model/NAME`. */
function assignPaths(
  found: readonly FoundFile[],
  listed: readonly ListedFile[],
  label: string,
): PackInput[] {
  const inputs = found.map(({ file, name }): PackInput => {
    const item = listed.find(
      (candidate) => candidate.path === name || candidate.path.endsWith(`/${name}`),
    );
    const target = item?.path ?? `${MODEL_PREFIX}${name}`;
    return {
      path: target,
      role: (textOf(item?.entry, 'role') as PackageFile['role'] | undefined) ?? roleOf(target),
      mediaType: textOf(item?.entry, 'mediaType') ?? mediaTypeOf(target),
      file,
      expectedSha256: textOf(item?.entry, 'sha256'),
    };
  });
  const missing = listed.filter((entry) => !inputs.some((input) => input.path === entry.path));
  if (missing.length > 0)
    throw new ModelconvError('E_INPUT', {
      what: `${label} lists files that were not given: ${missing.map((entry) => entry.path).join(', ')}`,
      next: 'name them on the command line, too',
    });
  return inputs;
}

/** A model file that can be read here, and its place in the package. */
interface MainModel {
  readonly input: PackInput;
  readonly probed: ProbedModel;
}

/** The first model file that we can read; undefined when all are of foreign formats. */
async function probeMain(inputs: readonly PackInput[]): Promise<MainModel | undefined> {
  for (const input of inputs) {
    if (input.role !== 'model') continue;
    const probed = await probeModel(input.file).catch((error: unknown) => {
      const isForeign =
        error instanceof ModelconvError &&
        error.code === 'E_MODEL_INVALID' &&
        !/\.(onnx|ort)$/i.test(input.file);
      if (isForeign) return undefined;
      throw error;
    });
    if (probed !== undefined) return { input, probed };
  }
  return undefined;
}

/** A model of several files is one: its external data comes along, where the model looks for it. */
function withParts(inputs: readonly PackInput[], { input, probed }: MainModel): PackInput[] {
  const directory = path.posix.dirname(input.path);
  const parts = probed.parts.map((part): PackInput => {
    const target = path.posix.join(directory, part.path);
    return { path: target, role: 'model', mediaType: mediaTypeOf(target), file: part.file };
  });
  const partFiles = new Map(parts.map((part) => [path.resolve(part.file), part]));
  const others = inputs.filter(({ file }) => !partFiles.has(path.resolve(file)));
  const given = inputs.flatMap((candidate) => {
    const part = partFiles.get(path.resolve(candidate.file));
    return part === undefined ? [] : [{ ...candidate, path: part.path }];
  });
  const missing = parts.filter((part) => !given.some((candidate) => candidate.path === part.path));
  return [...others, ...given, ...missing];
}

/** A size in the draft must be that of the file. */
async function refuseOtherSizes(
  label: string,
  listed: readonly ListedFile[],
  inputs: readonly PackInput[],
): Promise<void> {
  const faults = [];
  for (const [index, { path: target, entry }] of listed.entries()) {
    const file = inputs.find((input) => input.path === target)?.file;
    if (entry['size'] === undefined || file === undefined) continue;
    const { size } = await stat(file);
    if (entry['size'] !== size)
      faults.push({
        path: `/files/${index}/size`,
        message: `${file} has ${size} bytes, not ${String(entry['size'])}`,
      });
  }
  if (faults.length > 0)
    throw new ModelconvError('E_DESCRIPTOR_INVALID', {
      what: `${label} contradicts the files`,
      faults,
      next: 'correct the sizes or leave them out: they are filled in',
    });
}
