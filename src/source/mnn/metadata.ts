import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import { parseObject } from '../quantized.js';
import { ATTRIBUTE, EXTRA, EXTRA_INFO, NET } from './schema.js';

/** Longest text that is kept of one entry, in characters. */
const MAX_TEXT = 4096;
const MAX_ENTRIES = 1000;
const EMBEDDED = '{"modelconv":';

/** What a file says about itself besides its graph. */
export interface MnnMetadata {
  /** `bizCode`, `mnn_uuid` and what the converter took over from the source. */
  readonly entries: Record<string, string>;
  /** Version of MNN that converted. */
  readonly version: string | undefined;
  /** The descriptor in `bizCode`, which then is no entry. */
  readonly embedded: Record<string, unknown> | undefined;
}

/** Read the free fields of a file; `bizCode` is text of the user's choice that the runtime ignores. */
export function readMetadata(net: Table): MnnMetadata {
  const bizCode = net.string(NET.bizCode) ?? '';
  const uuid = net.string(NET.uuid) ?? '';
  const info = net.table(NET.extraInfo);
  const embedded = embeddedIn(bizCode);
  return {
    entries: Object.fromEntries([
      ...(info === undefined ? [] : sourceEntries(info)),
      ...(bizCode === '' || embedded !== undefined
        ? []
        : [['bizCode', bizCode.slice(0, MAX_TEXT)]]),
      ...(uuid === '' ? [] : [['mnn_uuid', uuid.slice(0, MAX_TEXT)]]),
    ]),
    version: info?.string(EXTRA_INFO.version) || undefined,
    embedded,
  };
}

function embeddedIn(bizCode: string): Record<string, unknown> | undefined {
  if (!bizCode.startsWith(EMBEDDED)) return undefined;
  const value = parseObject(bizCode)?.['modelconv'];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Metadata of the ONNX source: a flatbuffer of its own in a field of bytes (tools/converter, writeFb.cpp). */
function sourceEntries(info: Table): [string, string][] {
  try {
    const extra = info.nested(EXTRA_INFO.buffer);
    if (extra === undefined || extra.listLength(EXTRA.attributes, 4) > MAX_ENTRIES) return [];
    return [...extra.tables(EXTRA.attributes)].map((attribute) => [
      attribute.string(ATTRIBUTE.key) ?? '',
      (attribute.string(ATTRIBUTE.text) ?? '').slice(0, MAX_TEXT),
    ]);
  } catch (error) {
    // a runtime does not look at them either
    if (error instanceof MalformedError) return [];
    throw error;
  }
}
