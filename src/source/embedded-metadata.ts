import type { ModelInfo } from '../schema/generated/types.js';
import { parseObject } from './quantized.js';

/** Key under which ONNX and ORT files hold a descriptor. */
const EMBEDDED = 'modelconv';

/** Free key-value pairs of a file, with the descriptor among them set apart. The last one of a key counts, as in ONNX Runtime. */
export function metadataOf(
  pairs: Iterable<readonly [string, string]>,
): Pick<ModelInfo, 'metadata' | 'embedded'> {
  const metadata = Object.fromEntries(pairs);
  const embedded = parseObject(metadata[EMBEDDED] ?? '');
  if (embedded === undefined) return { metadata };
  const { [EMBEDDED]: _text, ...rest } = metadata;
  return { metadata: rest, embedded };
}
