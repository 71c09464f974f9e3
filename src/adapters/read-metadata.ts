import { probeModel } from '../source/probe.js';
import type { ConvertedModel } from './contract.js';

/**
 * The facts of a produced file, as the reader of its format gives them. Every format here keeps
 * tensors little-endian on all hosts that its converter runs on.
 *
 * @throws ModelconvError `E_MODEL_INVALID` when it does not parse.
 */
export async function readModelMetadata([file]: readonly [
  model: string,
  ...others: string[],
]): Promise<ConvertedModel> {
  const { info } = await probeModel(file);
  return {
    info,
    byteOrder: 'little',
    ...(info.quantization === undefined ? {} : { quantization: info.quantization }),
  };
}
