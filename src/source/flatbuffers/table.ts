import { ByteBuffer } from 'flatbuffers';
import { type FileWindow, MalformedError } from '../file-window.js';

/** All names of a structure together: of 100 000 nodes they take about 10 MiB. */
const MAX_TEXT_TOTAL = 32 * 1024 * 1024;

/** Scales of channels are read in a few looks, and a list that is named again and again in many. */
const NUMBERS_A_LOOK = 64;

/** A flatbuffers buffer over a file: the library's own reading rules, with pages read on demand. */
class FileByteBuffer extends ByteBuffer {
  readonly #file: FileWindow;
  #textBytes = 0;

  constructor(file: FileWindow) {
    super(new Uint8Array(0));
    this.#file = file;
  }

  override capacity(): number {
    return this.#file.sizeBytes;
  }
  override readUint8(at: number): number {
    return this.#file.bytes(at, 1).readUInt8(0);
  }
  override readInt16(at: number): number {
    return this.#file.bytes(at, 2).readInt16LE(0);
  }
  override readUint16(at: number): number {
    return this.#file.bytes(at, 2).readUInt16LE(0);
  }
  override readInt32(at: number): number {
    return this.#file.bytes(at, 4).readInt32LE(0);
  }
  override readUint32(at: number): number {
    return this.#file.bytes(at, 4).readUInt32LE(0);
  }
  override readInt64(at: number): bigint {
    return this.#file.bytes(at, 8).readBigInt64LE(0);
  }
  /** Bytes that are read at once and not kept. */
  look(at: number, length: number): Buffer {
    return this.#file.bytes(at, length);
  }
  /** Bytes that are kept: names, metadata. */
  content(at: number, length: number): Buffer {
    this.#textBytes += length;
    // strings may be shared: a small file can name one long string many times
    if (this.#textBytes > MAX_TEXT_TOTAL)
      throw new MalformedError('its names take more than 32 MiB');
    return this.#file.bytes(at, length);
  }
}

/** Longest string that a structure holds (names, metadata). */
const MAX_TEXT = 1024 * 1024;

/**
 * A table of a flatbuffer, read by slot number. Slots are the order of the fields in the schema,
 * deprecated ones counted, a union counted twice.
 */
export class Table {
  readonly position: number;
  readonly #buffer: FileByteBuffer;

  private constructor(buffer: FileByteBuffer, position: number) {
    this.#buffer = buffer;
    this.position = position;
  }

  /** The root table. @throws MalformedError when its offset lies outside the file. */
  static root(file: FileWindow): Table {
    const buffer = new FileByteBuffer(file);
    return new Table(buffer, follow(buffer, 0));
  }

  /** Position of the table's vtable. */
  get vtable(): number {
    return this.position - this.#buffer.readInt32(this.position);
  }

  /** Position of the field in a slot; undefined when it is not set. */
  field(slot: number): number | undefined {
    const offset = this.#buffer.__offset(this.position, 4 + 2 * slot);
    return offset === 0 ? undefined : this.position + offset;
  }

  uint8(slot: number): number {
    const at = this.field(slot);
    return at === undefined ? 0 : this.#buffer.readUint8(at);
  }

  /** @param otherwise - the default of the schema, for fields that are not set. */
  int32(slot: number, otherwise = 0): number {
    const at = this.field(slot);
    return at === undefined ? otherwise : this.#buffer.readInt32(at);
  }

  uint32(slot: number): number {
    return this.int32(slot) >>> 0;
  }

  int64(slot: number): number {
    const at = this.field(slot);
    return at === undefined ? 0 : Number(this.#buffer.readInt64(at));
  }

  float32(slot: number): number {
    const at = this.field(slot);
    return at === undefined ? 0 : this.#buffer.readFloat32(at);
  }

  string(slot: number): string | undefined {
    const at = this.field(slot);
    return at === undefined ? undefined : this.#text(follow(this.#buffer, at));
  }

  table(slot: number): Table | undefined {
    const at = this.field(slot);
    return at === undefined ? undefined : new Table(this.#buffer, follow(this.#buffer, at));
  }

  *tables(slot: number): Generator<Table> {
    for (const at of this.#elements(slot, 4))
      yield new Table(this.#buffer, follow(this.#buffer, at));
  }

  /** One table of a list; undefined when the list is not that long. @throws MalformedError. */
  tableAt(slot: number, index: number): Table | undefined {
    const at = this.#element(slot, index);
    return at === undefined ? undefined : new Table(this.#buffer, follow(this.#buffer, at));
  }

  /** One string of a list; undefined when the list is not that long. @throws MalformedError. */
  stringAt(slot: number, index: number): string | undefined {
    const at = this.#element(slot, index);
    return at === undefined ? undefined : this.#text(follow(this.#buffer, at));
  }

  *strings(slot: number): Generator<string> {
    for (const at of this.#elements(slot, 4)) yield this.#text(follow(this.#buffer, at));
  }

  *uint16s(slot: number): Generator<number> {
    yield* this.#numbers(slot, 2, (bytes, at) => bytes.readUInt16LE(at));
  }

  *int32s(slot: number): Generator<number> {
    yield* this.#numbers(slot, 4, (bytes, at) => bytes.readInt32LE(at));
  }

  *float32s(slot: number): Generator<number> {
    yield* this.#numbers(slot, 4, (bytes, at) => bytes.readFloatLE(at));
  }

  *int64s(slot: number): Generator<number> {
    yield* this.#numbers(slot, 8, (bytes, at) => Number(bytes.readBigInt64LE(at)));
  }

  /** Numbers of a list, some at a time: each look into a file is counted. */
  *#numbers(
    slot: number,
    width: number,
    read: (bytes: Buffer, at: number) => number,
  ): Generator<number> {
    const { start, length } = this.#vector(slot, width);
    for (let first = 0; first < length; first += NUMBERS_A_LOOK) {
      const count = Math.min(NUMBERS_A_LOOK, length - first);
      const bytes = this.#buffer.look(start + first * width, count * width);
      for (let i = 0; i < count; i++) yield read(bytes, i * width);
    }
  }

  /** Check that a vector of bytes lies in the file, without reading it; its length in bytes. */
  byteLength(slot: number): number {
    return this.listLength(slot, 1);
  }

  /** Number of elements of a list of `bytes` bytes each, checked to lie in the file and not read. @throws MalformedError. */
  listLength(slot: number, bytes: number): number {
    return this.#vector(slot, bytes).length;
  }

  /**
   * The start of a vector of bytes, for metadata; never for tensors.
   *
   * @param limit - most bytes to read.
   * @returns undefined when the field is not set.
   * @throws MalformedError.
   */
  bytes(slot: number, limit: number): Buffer | undefined {
    if (this.field(slot) === undefined) return undefined;
    const { start, length } = this.#vector(slot, 1);
    return this.#buffer.content(start, Math.min(length, limit));
  }

  /**
   * All of a vector of bytes, for scales and the like.
   *
   * @throws MalformedError when it is longer than `limit`.
   */
  allBytes(slot: number, limit: number): Buffer {
    const { start, length } = this.#vector(slot, 1);
    if (length > limit) throw new MalformedError(`byte ${start}: a list of ${length} bytes`);
    return this.#buffer.look(start, length);
  }

  /** The root table of a flatbuffer that lies in a vector of bytes. @throws MalformedError. */
  nested(slot: number): Table | undefined {
    const { start, length } = this.#vector(slot, 1);
    return length < 8 ? undefined : new Table(this.#buffer, follow(this.#buffer, start));
  }

  #text(at: number): string {
    const length = this.#buffer.readUint32(at);
    if (length > MAX_TEXT) throw new MalformedError(`byte ${at}: a name of ${length} bytes`);
    return this.#buffer.content(at + 4, length).toString('utf8');
  }

  #vector(slot: number, bytes: number): { readonly start: number; readonly length: number } {
    const at = this.field(slot);
    if (at === undefined) return { start: 0, length: 0 };
    const vector = follow(this.#buffer, at);
    const length = this.#buffer.readUint32(vector);
    if (vector + 4 + length * bytes > this.#buffer.capacity())
      throw new MalformedError(
        `byte ${vector}: a list of ${length} elements runs past the end: the file is truncated`,
      );
    return { start: vector + 4, length };
  }

  #element(slot: number, index: number): number | undefined {
    const { start, length } = this.#vector(slot, 4);
    return index >= 0 && index < length ? start + index * 4 : undefined;
  }

  *#elements(slot: number, bytes: number): Generator<number> {
    const { start, length } = this.#vector(slot, bytes);
    for (let i = 0; i < length; i++) yield start + i * bytes;
  }
}

/** Follow an offset: they are unsigned and lead forward, so a walk always ends. */
function follow(buffer: FileByteBuffer, at: number): number {
  const offset = buffer.readUint32(at);
  if (offset === 0) throw new MalformedError(`byte ${at}: an offset that leads nowhere`);
  return at + offset;
}
