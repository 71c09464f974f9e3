import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type FileWindow, MalformedError } from '../file-window.js';

/**
 * Which fields of a message to leave out (`skip`) and which are messages to go into.
 * Fields that are not named are kept when they are at most {@link MAX_KEPT_FIELD} bytes, else left out.
 */
export interface SparseSpec {
  readonly skip: ReadonlySet<number>;
  readonly nested: ReadonlyMap<number, () => SparseSpec>;
  /** Fields of which only the place is kept, under their number and {@link LOCATED}. */
  readonly locate?: ReadonlySet<number>;
}

/** Where the place of a field stands in the copy: far beyond the numbers that ONNX gives. */
export const LOCATED = 100_000;

/** A place in a file, in bytes. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** What stands in the copy for a field that was located. */
export function decodePlace(bytes: Uint8Array): Place {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { start: view.getFloat64(0, true), length: view.getFloat64(8, true) };
}

function encodePlace({ start, length }: Place): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setFloat64(0, start, true);
  view.setFloat64(8, length, true);
  return new Uint8Array(view.buffer);
}

const MAX_KEPT_FIELD = 64 * 1024;
/** A model's structure without its tensors: 100 000 nodes take about 20 MiB. */
const MAX_KEPT_TOTAL = 96 * 1024 * 1024;
/** Subgraphs in subgraphs; protobuf itself refuses more than 100. */
const MAX_DEPTH = 100;
/** Field numbers have 29 bits. */
const MAX_FIELD = 2 ** 29 - 1;
/** Nodes, attributes, tensors, values: far beyond the largest models, which have some 100 000 nodes. */
const MAX_MESSAGES = 1_000_000;

interface Cursor {
  position: number;
  kept: number;
  messages: number;
}

/**
 * Copy a protobuf message out of a file without its bulk: what `spec` skips is jumped over, never read.
 * The copy is a valid message that an ordinary protobuf reader decodes.
 *
 * @throws MalformedError when lengths do not fit together, as in a truncated file.
 */
export function readSparse(file: FileWindow, spec: SparseSpec): Uint8Array {
  return copyMessage(file, { position: 0, kept: 0, messages: 0 }, file.sizeBytes, spec, 0);
}

/** Where a field of a message lies in its file; `content` is behind its tag and length. */
export interface FieldRange {
  readonly number: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/**
 * The fields of the message that a file holds, none of them gone into.
 *
 * @throws MalformedError when lengths do not fit together.
 */
export function* topLevelFields(file: FileWindow): Generator<FieldRange> {
  const cursor: Cursor = { position: 0, kept: 0, messages: 0 };
  while (cursor.position < file.sizeBytes) {
    const start = cursor.position;
    const tag = readVarint(file, cursor, file.sizeBytes);
    const content = skipContent(file, cursor, tag % 8);
    yield { number: Math.floor(tag / 8), start, content, end: cursor.position };
  }
}

/** Step over what a tag announces; returns where its content starts. */
function skipContent(file: FileWindow, cursor: Cursor, wire: number): number {
  const end = file.sizeBytes;
  if (wire === WireType.LengthDelimited) return advance(cursor, readVarint(file, cursor, end), end);
  if (wire === WireType.Bit64) return advance(cursor, 8, end);
  if (wire === WireType.Bit32) return advance(cursor, 4, end);
  const start = cursor.position;
  readVarint(file, cursor, end);
  return start;
}

function copyMessage(
  file: FileWindow,
  cursor: Cursor,
  end: number,
  spec: SparseSpec,
  depth: number,
): Uint8Array {
  if (depth > MAX_DEPTH)
    throw new MalformedError(`messages are nested more than ${MAX_DEPTH} deep`);
  if (++cursor.messages > MAX_MESSAGES)
    throw new MalformedError(`it holds more than ${MAX_MESSAGES} messages`);
  const writer = new BinaryWriter();
  while (cursor.position < end) {
    const tag = readVarint(file, cursor, end);
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (field === 0 || field > MAX_FIELD)
      throw new MalformedError(`byte ${cursor.position}: there is no field number ${field}`);
    copyField(file, cursor, end, spec, depth, writer, field, wire);
  }
  const bytes = writer.finish();
  if (cursor.kept > MAX_KEPT_TOTAL)
    throw new MalformedError('the structure without its tensors is larger than 96 MiB');
  return bytes;
}

function copyField(
  file: FileWindow,
  cursor: Cursor,
  end: number,
  spec: SparseSpec,
  depth: number,
  writer: BinaryWriter,
  field: number,
  wire: number,
): void {
  switch (wire) {
    case WireType.Varint: {
      const start = cursor.position;
      readVarint(file, cursor, end);
      keep(file, writer, cursor, field, wire, start, cursor.position - start);
      return;
    }
    case WireType.Bit64:
    case WireType.Bit32: {
      const length = wire === WireType.Bit64 ? 8 : 4;
      const start = advance(cursor, length, end);
      keep(file, writer, cursor, field, wire, start, length);
      return;
    }
    case WireType.LengthDelimited: {
      const length = readVarint(file, cursor, end);
      const start = advance(cursor, length, end);
      const nested = spec.nested.get(field);
      if (nested !== undefined) {
        cursor.position = start;
        writer
          .tag(field, wire)
          .bytes(copyMessage(file, cursor, start + length, nested(), depth + 1));
      } else if (spec.locate?.has(field) === true) {
        writer.tag(field + LOCATED, wire).bytes(encodePlace({ start, length }));
        cursor.kept += 20;
      } else if (!spec.skip.has(field) && field < LOCATED && length <= MAX_KEPT_FIELD) {
        writer.tag(field, wire).bytes(Buffer.from(file.bytes(start, length)));
        cursor.kept += length;
      }
      return;
    }
    default:
      throw new MalformedError(`byte ${cursor.position}: wire type ${wire} does not occur in ONNX`);
  }
}

function keep(
  file: FileWindow,
  writer: BinaryWriter,
  cursor: Cursor,
  field: number,
  wire: WireType,
  start: number,
  length: number,
): void {
  writer.tag(field, wire).raw(Buffer.from(file.bytes(start, length)));
  cursor.kept += length + 1;
}

/** Step over `length` bytes; returns where they start. */
function advance(cursor: Cursor, length: number, end: number): number {
  const start = cursor.position;
  if (length > end - start) {
    throw new MalformedError(
      `byte ${start}: a field of ${length} bytes, but only ${end - start} are left: the file is truncated or not ONNX`,
    );
  }
  cursor.position = start + length;
  return start;
}

/** A varint as a number; values beyond 2^53 lose their low bits, which no length and no tag reaches. */
function readVarint(file: FileWindow, cursor: Cursor, end: number): number {
  const available = Math.min(10, end - cursor.position);
  const bytes = file.bytes(cursor.position, Math.max(0, available));
  let value = 0;
  let scale = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      cursor.position += i + 1;
      return value;
    }
    scale *= 128;
  }
  throw new MalformedError(
    `byte ${cursor.position}: a number runs past the end: the file is truncated or not ONNX`,
  );
}
