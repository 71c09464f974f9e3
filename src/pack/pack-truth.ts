import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runnerFor } from '../adapters/runners.js';
import { copyReadOnly } from '../host/files.js';
import { withScratchDir } from '../host/temp.js';
import { type PackedPackage, type PackInput, writePackage } from '../package/write.js';
import type { Descriptor, TruthRequest } from '../schema/generated/types.js';
import type { ModelPart } from '../source/probe.js';
import { toleranceFor } from '../tensor/tolerance.js';
import { makeTruth } from '../truth/make-truth.js';
import type { RunnableModel } from '../truth/outputs.js';
import type { PackRequest } from './pack-files.js';

/** What is packed besides the truth. */
export interface PackedFiles {
  readonly descriptor: Omit<Descriptor, 'files'>;
  readonly inputs: readonly PackInput[];
  /** The model that can be read here; undefined when its format is foreign. */
  readonly main: string | undefined;
  readonly parts: readonly ModelPart[];
}

const DEFAULT_TIMEOUT_MS = 1_800_000;

/**
 * Pack with a raw sample, the tensor that it must become, and what the model itself gives for it where no
 * outputs are given.
 *
 * @throws ModelconvError as `makeTruth` and `writePackage` do.
 */
export async function packWithTruth(
  request: PackRequest & { readonly truth: TruthRequest },
  files: PackedFiles,
): Promise<PackedPackage> {
  const { truth: wish, tolerance, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = request;
  const { model, verification } = files.descriptor;
  return await withScratchDir(async (workDir) => {
    const logFile =
      request.logFile === undefined ? path.join(workDir, 'log.txt') : path.resolve(request.logFile);
    const run = await runnableOf(files, workDir);
    const made = await makeTruth(
      {
        wish,
        model,
        run: run === undefined ? undefined : { ...run, from: 'model' },
        tolerance: toleranceFor(model.precision ?? 'fp32', tolerance),
        timeoutMs,
      },
      path.join(workDir, 'truth'),
      { workDir, logFile, signal },
    );
    for (const warning of made.blind) request.warn?.(warning);
    return await writePackage(
      request.output,
      { ...files.descriptor, verification: { ...verification, truth: made.truth } },
      [...files.inputs, ...made.files],
      { force: request.force, ifChanged: request.ifChanged, signal },
    );
  });
}

/** A copy of the model in the work directory, and what runs it; undefined where nothing here does. */
async function runnableOf(
  { descriptor, inputs, main, parts }: PackedFiles,
  workDir: string,
): Promise<RunnableModel | undefined> {
  const runner = await runnerFor(descriptor.model.format);
  const file = main ?? inputs.find(({ role }) => role === 'model')?.file;
  if (!('adapter' in runner) || file === undefined) return undefined;
  const staged = `model/${path.basename(file).replace(/[\u0000-\u001f\u007f\\:]/g, '_')}`;
  await mkdir(path.join(workDir, 'model'));
  await copyReadOnly(file, path.join(workDir, staged));
  for (const part of parts)
    await copyReadOnly(part.file, path.join(workDir, 'model', ...part.path.split('/')));
  return { runner, path: staged };
}
