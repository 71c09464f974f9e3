import { copyFile, link, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { copyWithProperty } from '../source/onnx/metadata-property.js';
import { probeModel } from '../source/probe.js';
import { embeddedText, requireText } from './embedded-text.js';
import type { PackInfo } from './pack-result.js';
import type { Work } from './run-stages.js';
import { verifyEmbedded } from './verify-embedded.js';

/** Where the copy lies in the work directory, with its external data. */
const DIRECTORY = 'embed';
/** Key in `metadata_props`. */
const KEY = 'modelconv';

/**
 * Place the descriptor in a copy of an ONNX source that is packed as it is, and check that the copy
 * still reads and computes as the source does.
 *
 * @returns what is to be packed: the copy is the model now, and no longer the source.
 * @throws ModelconvError `E_TOOL_OUTPUT`, `E_PARITY`.
 */
export async function embedInSource(work: Work, info: PackInfo): Promise<PackInfo> {
  const { source, staged, steps, progress } = work;
  const { main } = staged;
  const copy = path.join(steps.workDir, DIRECTORY, main.path);
  const packed = { ...info, embedded: copy };
  const text = embeddedText(packed);
  progress.start('embed', main.path);
  await mkdir(path.dirname(copy), { recursive: true });
  await copyWithProperty(main.copy, copy, KEY, text);
  await linkParts(work, path.dirname(copy));
  requireText((await probeModel(copy)).info.embedded, text, main.path);
  const { format, precision = 'fp32' } = source.info;
  await verifyEmbedded(work, { file: copy, format, precision }, staged.path, steps);
  progress.done('embed', `${Buffer.byteLength(text)} bytes in ${main.path}`);
  return packed;
}

/** External data has to lie beside the copy; nothing writes to it. */
async function linkParts({ staged }: Work, directory: string): Promise<void> {
  for (const part of staged.parts) {
    const target = path.join(directory, ...part.path.split('/'));
    await mkdir(path.dirname(target), { recursive: true });
    await link(part.copy, target).catch(async () => await copyFile(part.copy, target));
  }
}
