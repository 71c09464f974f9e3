import { open } from 'node:fs/promises';
import path from 'node:path';
import { withInput, writeFully } from '../../host/files.js';
import { FileWindow } from '../../source/file-window.js';
import { exposingSuffix } from '../../source/onnx/expose.js';
import { exposingPatches } from '../../source/ort/expose.js';
import { probeModel } from '../../source/probe.js';
import type { RunModel } from '../contract.js';
import { copyModel } from './copy-model.js';

/**
 * A copy of a model in which every layer is an output: ONNX Runtime shows nothing else.
 *
 * @throws ModelconvError `E_MODEL_INVALID`; system errors of a full disk.
 */
export async function withLayers(model: RunModel, workDir: string): Promise<RunModel> {
  const file = path.join(workDir, model.path);
  const { format } = await probeModel(file);
  const directory = `layers/${model.resultDir.replaceAll('/', '-')}`;
  const name = path.basename(file);
  await copyModel(path.dirname(file), path.join(workDir, directory), name);
  const patches = await withInput(file, async (handle, sizeBytes) => {
    const window = new FileWindow(handle.fd, sizeBytes);
    return format === 'ort'
      ? exposingPatches(window)
      : [{ at: sizeBytes, bytes: exposingSuffix(window) }];
  });
  const copy = await open(path.join(workDir, directory, name), 'r+');
  try {
    for (const { at, bytes } of patches) await writeFully(copy, bytes, at);
  } finally {
    await copy.close();
  }
  return { ...model, path: `${directory}/${name}` };
}
