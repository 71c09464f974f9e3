import { probeModel } from '../../source/probe.js';
import type { ConvertedModel } from '../contract.js';

/** The facts of an ORT file, read by our own reader. @throws ModelconvError `E_MODEL_INVALID` when it does not parse. */
export async function readMetadata([file]: readonly [
  model: string,
  ...others: string[],
]): Promise<ConvertedModel> {
  const { info } = await probeModel(file);
  return {
    info:
      info.quantized === true
        ? { ...info, facts: { ...info.facts, quantization: 'unknown' } }
        : info,
    // flatbuffers are little-endian, and ORT stores raw tensor bytes the same way on every supported host
    byteOrder: 'little',
    ...(info.quantized === true
      ? { quantization: { type: info.precision === 'int4' ? 'int4' : 'int8' } }
      : {}),
  };
}
