import { type FileWindow, MalformedError } from '../file-window.js';
import { parseObject } from '../quantized.js';
import { Section } from './section.js';

/** First bytes of every file. */
export const RKNN_MAGIC = 'RKNN\0\0\0\0';
/** Magic, format version, length of the body; the body starts here. */
const HEADER_BYTES = 64;
/** The description of a model of 100 inputs has about 20 KiB. */
const MAX_JSON = 4 * 1024 * 1024;

export interface RknnFile {
  /** 6 for rk35xx, 4100 for rv1103 and rv1106 (toolkit 2.5.0). */
  readonly formatVersion: bigint;
  /** The compiled program. */
  readonly body: FileWindow;
  /** The description behind it. */
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * Take an RKNN file apart: 64 bytes of header, the body, the length of a JSON text (u64), the text.
 * Rockchip has not published the layout; measured on files of toolkit 2.5.0 for five targets.
 *
 * @throws MalformedError when a length leads out of the file or the text is no JSON object.
 */
export function openRknn(file: FileWindow): RknnFile {
  const magic = file.bytes(0, Math.min(file.sizeBytes, 8)).toString('latin1');
  if (magic !== RKNN_MAGIC) throw new MalformedError('it does not start like an RKNN file');
  const formatVersion = u64(file, 8);
  const bodyBytes = Number(u64(file, 16));
  const jsonBytes = Number(u64(file, HEADER_BYTES + bodyBytes));
  if (jsonBytes > MAX_JSON) throw new MalformedError(`a description of ${jsonBytes} bytes`);
  const text = file.bytes(HEADER_BYTES + bodyBytes + 8, jsonBytes).toString('utf8');
  const json = parseObject(text);
  if (json === undefined) throw new MalformedError('its description is not JSON');
  return { formatVersion, body: new Section(file, HEADER_BYTES, bodyBytes), json };
}

function u64(file: FileWindow, at: number): bigint {
  return file.bytes(at, 8).readBigUInt64LE(0);
}
