import { ByteBuffer } from 'flatbuffers';
import { type FileWindow, MalformedError } from '../file-window.js';

/** All names of a structure together: of 100 000 nodes they take about 10 MiB. */
const MAX_TEXT_TOTAL = 32 * 1024 * 1024;

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
  text(at: number, length: number): string {
    this.#textBytes += length;
    // strings may be shared: a small file can name one long string many times
    if (this.#textBytes > MAX_TEXT_TOTAL)
      throw new MalformedError('its names take more than 32 MiB');
    return this.#file.bytes(at, length).toString('utf8');
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

  int32(slot: number): number {
    const at = this.field(slot);
    return at === undefined ? 0 : this.#buffer.readInt32(at);
  }

  uint32(slot: number): number {
    return this.int32(slot) >>> 0;
  }

  int64(slot: number): number {
    const at = this.field(slot);
    return at === undefined ? 0 : Number(this.#buffer.readInt64(at));
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

  *strings(slot: number): Generator<string> {
    for (const at of this.#elements(slot, 4)) yield this.#text(follow(this.#buffer, at));
  }

  *int64s(slot: number): Generator<number> {
    for (const at of this.#elements(slot, 8)) yield Number(this.#buffer.readInt64(at));
  }

  /** Check that a vector of bytes lies in the file, without reading it; its length in bytes. */
  byteLength(slot: number): number {
    const at = this.field(slot);
    if (at === undefined) return 0;
    const vector = follow(this.#buffer, at);
    const length = this.#buffer.readUint32(vector);
    if (vector + 4 + length > this.#buffer.capacity())
      throw new MalformedError(
        `byte ${vector}: ${length} bytes of data run past the end: the file is truncated`,
      );
    return length;
  }

  #text(at: number): string {
    const length = this.#buffer.readUint32(at);
    if (length > MAX_TEXT) throw new MalformedError(`byte ${at}: a name of ${length} bytes`);
    return this.#buffer.text(at + 4, length);
  }

  *#elements(slot: number, bytes: number): Generator<number> {
    const at = this.field(slot);
    if (at === undefined) return;
    const vector = follow(this.#buffer, at);
    const length = this.#buffer.readUint32(vector);
    if (vector + 4 + length * bytes > this.#buffer.capacity())
      throw new MalformedError(
        `byte ${vector}: a list of ${length} elements runs past the end: the file is truncated`,
      );
    for (let i = 0; i < length; i++) yield vector + 4 + i * bytes;
  }
}

/** Follow an offset: they are unsigned and lead forward, so a walk always ends. */
function follow(buffer: FileByteBuffer, at: number): number {
  const offset = buffer.readUint32(at);
  if (offset === 0) throw new MalformedError(`byte ${at}: an offset that leads nowhere`);
  return at + offset;
}
