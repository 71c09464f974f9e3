import type { FileWindow } from '../file-window.js';
import { PARAM_MAGIC } from './param.js';

/** The magic as the four bytes of a `.param.bin` (ncnn src/net.cpp, `Net::load_param_bin`). */
const BINARY = Buffer.alloc(4);
BINARY.writeUInt32LE(Number(PARAM_MAGIC));

/** Whether a file is an ncnn `.param`: as text, as a binary `.param.bin`, or none. */
export function ncnnKind(file: FileWindow): 'text' | 'binary' | undefined {
  const start = file.bytes(0, Math.min(PARAM_MAGIC.length + 1, file.sizeBytes));
  if (start.length === PARAM_MAGIC.length + 1 && /^7767517\s$/.test(start.toString('latin1')))
    return 'text';
  return start.subarray(0, 4).equals(BINARY) ? 'binary' : undefined;
}
