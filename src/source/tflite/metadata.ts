import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import { parseObject } from '../quantized.js';
import { BUFFER, METADATA, MODEL } from './schema.js';

/** What the Metadata entries of a file hold. */
export interface TfliteMetadata {
  /** Short text as it stands, for anything else its size. */
  readonly entries: Record<string, string>;
  /** `min_runtime_version`, which TensorFlow's converter writes. */
  readonly minimumRuntime: string | undefined;
  /** Version of TensorFlow that converted. */
  readonly tensorflow: string | undefined;
  /** The descriptor in the entry `modelconv`. */
  readonly embedded: Record<string, unknown> | undefined;
  /** Names of tensors that are [N, H, W, C] here and [N, C, H, W] in the source: the driver of modelconv notes them. */
  readonly channelsLast: ReadonlySet<string>;
}

const MAX_SHORT = 256;
/** Twice what is embedded at most. */
const MAX_EMBEDDED = 512 * 1024;
const MAX_ENTRIES = 1000;
// Slots: tensorflow/compiler/mlir/lite/schema/conversion_metadata.fbs.
const CONVERSION = { environment: 0 } as const;
const ENVIRONMENT = { tensorflowVersion: 0 } as const;
/** Entry in which the driver notes what it did to the axes of images. */
const LAYOUT_NOTE = 'modelconv.layout';
/** As the schema has versions. */
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}$/;

/** Read the Metadata entries; those that make no sense are kept by their size: a runtime ignores them too. */
export function readMetadata(model: Table): TfliteMetadata {
  const entries = new Map<string, string>();
  let embedded: Record<string, unknown> | undefined;
  let tensorflow: string | undefined;
  let channelsLast: ReadonlySet<string> = new Set();
  for (const { name, buffer } of namedBuffers(model)) {
    const text = shortText(buffer);
    if (name === 'modelconv') {
      embedded = parseObject(buffer.bytes(BUFFER.data, MAX_EMBEDDED)?.toString('utf8') ?? '');
      if (embedded !== undefined) continue;
    }
    if (name === LAYOUT_NOTE) channelsLast = channelsLastIn(buffer);
    if (name === 'CONVERSION_METADATA') tensorflow = tensorflowVersion(buffer);
    entries.set(name, text ?? `${buffer.byteLength(BUFFER.data)} bytes`);
  }
  return {
    entries: Object.fromEntries(entries),
    minimumRuntime: versionIn(entries.get('min_runtime_version')),
    tensorflow,
    embedded,
    channelsLast,
  };
}

function* namedBuffers(model: Table): Generator<{ readonly name: string; readonly buffer: Table }> {
  if (model.listLength(MODEL.metadata, 4) > MAX_ENTRIES)
    throw new MalformedError(`it has more than ${MAX_ENTRIES} metadata entries`);
  for (const entry of model.tables(MODEL.metadata)) {
    const buffer = model.tableAt(MODEL.buffers, entry.uint32(METADATA.buffer));
    if (buffer !== undefined) yield { name: entry.string(METADATA.name) ?? '', buffer };
  }
}

/** Text of at most 256 bytes without control characters; converters pad it with zeros. */
function shortText(buffer: Table): string | undefined {
  if (buffer.byteLength(BUFFER.data) > MAX_SHORT) return undefined;
  const text = (buffer.bytes(BUFFER.data, MAX_SHORT) ?? Buffer.alloc(0))
    .toString('utf8')
    .replace(/\0+$/, '');
  return /[\u0000-\u0008\u000b-\u001f\u007f\ufffd]/.test(text) ? undefined : text;
}

/** `{"nhwc": [names]}`; anything else is not ours. */
function channelsLastIn(buffer: Table): ReadonlySet<string> {
  const text = buffer.bytes(BUFFER.data, MAX_EMBEDDED)?.toString('utf8') ?? '';
  const names = parseObject(text)?.['nhwc'];
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string');
  return new Set(isList ? (names as string[]) : []);
}

function tensorflowVersion(buffer: Table): string | undefined {
  try {
    const environment = buffer.nested(BUFFER.data)?.table(CONVERSION.environment);
    return versionIn(environment?.string(ENVIRONMENT.tensorflowVersion));
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function versionIn(text: string | undefined): string | undefined {
  return text !== undefined && VERSION.test(text) ? text : undefined;
}
