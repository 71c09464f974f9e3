import { rm } from 'node:fs/promises';
import path from 'node:path';
import { embedInSource } from './embed-source.js';
import { embeddedText, requireText } from './embedded-text.js';
import type { PackInfo } from './pack-result.js';
import { readBack } from './run-plan.js';
import type { Work } from './run-stages.js';
import { verifyEmbedded } from './verify-embedded.js';

/**
 * Place the descriptor, without the list of files and their digests, inside the converted model (or a
 * copy of the source that is packed as it is), and check that the model still reads and computes as
 * before. That it can be done was checked by `requireSlot`.
 *
 * @returns what is to be packed.
 * @throws ModelconvError `E_TOOL_OUTPUT`, `E_PARITY`.
 */
export async function embed(work: Work, info: PackInfo): Promise<PackInfo> {
  const { steps, progress, staged } = work;
  const [model, ...others] = info.result.files;
  const done = info.result.run?.stages.at(-1);
  if (done === undefined || model === undefined) return await embedInSource(work, info);
  const { adapter, job, plan, toolchain } = done;
  const name = path.basename(model);
  progress.start('embed', name);
  const text = embeddedText(info);
  const files: [string, ...string[]] = [model, ...others];
  await adapter.embed?.({ job, plan, files, text }, steps);
  const { info: read } = await readBack(adapter, toolchain, files);
  requireText(read.embedded, text, name);
  const { format, precision = job.precision } = info.result.converted.info;
  const runner = { adapter, toolchain };
  await verifyEmbedded(work, { runner, file: model, format, precision }, staged.path, steps);
  await rm(path.join(steps.workDir, 'embed'), { recursive: true, force: true });
  progress.done('embed', `${Buffer.byteLength(text)} bytes in ${name}`);
  return info;
}
