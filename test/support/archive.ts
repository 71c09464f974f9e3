/** Builders of tar archives, block by block, so that a test says what is odd in its archive. */
export const BLOCK = 512;

export interface HeaderSpec {
  readonly name?: string | Uint8Array;
  readonly prefix?: string;
  readonly mode?: number;
  readonly mtime?: number;
  /** A number is written as 11 octal digits; bytes or text as they are, the rest of the field NUL. */
  readonly size?: number | string | Uint8Array;
  readonly type?: string;
  readonly linkName?: string;
  /** `ustar\0` and the version `00`, unless given. */
  readonly magic?: string;
  /** Added to the right checksum. */
  readonly checksumError?: number;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function put(block: Buffer, offset: number, length: number, value: string | Uint8Array): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
  bytes.copy(block, offset, 0, length);
}

/** One header block. */
export function header(spec: HeaderSpec = {}): Buffer {
  const block = Buffer.alloc(BLOCK);
  const size = spec.size ?? 0;
  put(block, 0, 100, spec.name ?? 'model/a.bin');
  put(block, 100, 8, octal(spec.mode ?? 0o644, 7));
  put(block, 108, 8, octal(0, 7));
  put(block, 116, 8, octal(0, 7));
  put(block, 124, 12, typeof size === 'number' ? octal(size, 11) : size);
  put(block, 136, 12, octal(spec.mtime ?? 0, 11));
  put(block, 156, 1, spec.type ?? '0');
  put(block, 157, 100, spec.linkName ?? '');
  put(block, 257, 8, spec.magic ?? 'ustar\u000000');
  put(block, 345, 155, spec.prefix ?? '');
  return withChecksum(block, spec.checksumError ?? 0);
}

/** The block with the checksum that its other bytes ask for, plus `error`. */
export function withChecksum(block: Buffer, error = 0): Buffer {
  block.fill(' ', 148, 156);
  let sum = error;
  for (const byte of block) sum += byte;
  put(block, 148, 8, `${octal(sum, 6)}\u0000 `);
  return block;
}

/** Data filled with zeros to the end of its last block. */
export function padded(data: Uint8Array | string): Buffer {
  const bytes = Buffer.from(data as Uint8Array);
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** A header and its data; the size is that of the data unless the spec says another. */
export function entry(spec: HeaderSpec, data: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(data as Uint8Array);
  return Buffer.concat([header({ size: bytes.length, ...spec }), padded(bytes)]);
}

/** One pax record, `LENGTH KEY=VALUE\n`. */
export function record(key: string, value: string | Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as Uint8Array), LINE_END]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

const LINE_END = Buffer.from('\n');

/** An extended header with these records, or with any other body. */
export function pax(
  records: readonly (readonly [key: string, value: string | Uint8Array])[] | Uint8Array,
  spec: HeaderSpec = {},
): Buffer {
  const body =
    records instanceof Uint8Array
      ? records
      : Buffer.concat(records.map(([key, value]) => record(key, value)));
  return entry({ name: 'PaxHeader', type: 'x', ...spec }, body);
}

/** The end mark: two blocks of zeros. */
export const END: Buffer = Buffer.alloc(2 * BLOCK);

/** A number in base 256, as GNU tar writes large ones. */
export function base256(value: bigint): Buffer {
  const field = Buffer.alloc(12);
  let rest = BigInt.asUintN(88, value);
  for (let i = 11; i > 0; i--, rest >>= 8n) field[i] = Number(rest & 0xffn);
  field[0] = value < 0n ? 0xff : 0x80;
  return field;
}
