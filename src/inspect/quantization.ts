import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { withScratchDir } from '../host/temp.js';
import { refuseEncrypted } from '../package/encrypted.js';
import { mainModel } from '../package/main-model.js';
import { unpackPackage } from '../package/unpack.js';
import type { Descriptor, Quantization, QuantizationReport } from '../schema/generated/types.js';
import { isReadable, probeModel } from '../source/probe.js';

/** A report with what the file says in sum; the arrays stand in the list of tensors. */
export function withSummary(
  file: string,
  quantization: Quantization | undefined,
  report: Omit<QuantizationReport, 'file'>,
): QuantizationReport {
  if (quantization === undefined) return { file, ...report };
  const { tensors: _tensors, leftOut: _leftOut, ...summary } = quantization;
  return { file, summary, ...report };
}

/**
 * Every scale of the model in a package, whose digests are checked.
 *
 * @throws ModelconvError `E_INPUT` when it is encrypted, `E_MODEL_INVALID` when nothing here reads the
 *   format, `E_PACKAGE_INVALID`.
 */
export async function reportPacked(
  file: string,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<QuantizationReport> {
  const model = requireModel(file, descriptor);
  return await withScratchDir(async (dir) => {
    const place = path.join(dir, 'package');
    await unpackPackage(file, place, false, signal);
    const { info, quantization } = await probeModel(path.join(place, ...model.split('/')), {
      quantization: true,
    });
    if (quantization === undefined) throw new Error('a probe without what was asked of it');
    // what the tool was told stands in the descriptor alone
    const { calibration } = descriptor.model.quantization ?? {};
    const own = info.quantization;
    const summary = own === undefined || calibration === undefined ? own : { ...own, calibration };
    return withSummary(model, summary, quantization);
  });
}

function requireModel(file: string, descriptor: Descriptor): string {
  refuseEncrypted(file, descriptor, 'its model cannot be read without a key');
  const { format } = descriptor.model;
  const model = mainModel(descriptor);
  if (model === undefined || !isReadable(format))
    throw new ModelconvError('E_MODEL_INVALID', {
      what:
        model === undefined
          ? `${file} holds no model file`
          : `${file} holds a model in ${format}, which is not read here`,
      why: 'the scales stand in the model file alone',
      next: `see what its descriptor says: modelconv inspect ${file} --field model`,
    });
  return model;
}
