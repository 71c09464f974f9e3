import { crc32, deflateSync } from 'node:zlib';

/** One chunk of a PNG file. */
export function chunk(type: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

export const SIGNATURE: Buffer = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface PngSpec {
  readonly width: number;
  readonly height: number;
  readonly colorType?: number;
  readonly depth?: number;
  /** Samples of 8 bits, row by row. */
  readonly pixels?: readonly number[];
  /** In place of the packed rows. */
  readonly raw?: Uint8Array;
  /** Chunks between header and pixels. */
  readonly extra?: readonly Buffer[];
}

/** A PNG file of 8-bit samples without filters; any part of it replaceable. */
export function png({
  width,
  height,
  colorType = 2,
  depth = 8,
  pixels = [],
  raw,
  extra = [],
}: PngSpec): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = colorType;
  const row = width * (CHANNELS[colorType] ?? 1);
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.from([0, ...pixels.slice(y * row, (y + 1) * row)]),
  );
  const packed = deflateSync(raw ?? Buffer.concat(rows));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', packed),
    chunk('IEND'),
  ]);
}

/** A small RGB image that is like no other of another seed. */
export function picture(seed: number, width = 4, height = 4): Buffer {
  const pixels = Array.from(
    { length: width * height * 3 },
    (_, i) => (i * 37 + seed * 53 + ((i * seed) % 7) * 11) % 256,
  );
  return png({ width, height, pixels });
}
