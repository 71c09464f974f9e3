import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive to make. */
export interface ZipFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflated?: boolean;
}

export interface ZipShape {
  /** Write sizes and places as archives of more than 4 GiB have them. */
  readonly zip64?: boolean;
  readonly comment?: string;
}

const u16 = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => void buffer.writeUInt16LE(value, index * 2));
  return buffer;
};
const u32 = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => void buffer.writeUInt32LE(value, index * 4));
  return buffer;
};
const u64 = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => void buffer.writeBigUInt64LE(BigInt(value), index * 8));
  return buffer;
};

/** A zip archive of files in their order. */
export function zip(
  files: readonly ZipFile[],
  { zip64 = false, comment = '' }: ZipShape = {},
): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let position = 0;
  for (const { name, data, deflated = false } of files) {
    const stored = deflated ? deflateRawSync(data) : Buffer.from(data);
    const label = Buffer.from(name);
    const common = Buffer.concat([
      u16(deflated ? 8 : 0, 0, 0),
      u32(crc32(data)),
      zip64 ? u32(0xffff_ffff, 0xffff_ffff) : u32(stored.length, data.length),
    ]);
    const extra = zip64
      ? Buffer.concat([u16(1, 24), u64(data.length, stored.length, position)])
      : Buffer.alloc(0);
    const body = Buffer.concat([
      ...[u32(0x04034b50), u16(20, 0), common, u16(label.length, 0), label, stored],
    ]);
    entries.push(
      Buffer.concat([
        ...[u32(0x02014b50), u16(20, 20, 0), common, u16(label.length, extra.length, 0, 0, 0)],
        ...[u32(0, zip64 ? 0xffff_ffff : position), label, extra],
      ]),
    );
    bodies.push(body);
    position += body.length;
  }
  const directory = Buffer.concat(entries);
  const wide = Buffer.concat([
    ...[u32(0x06064b50), u64(44), u16(45, 45), u32(0, 0)],
    ...[u64(files.length, files.length, directory.length, position)],
    ...[u32(0x07064b50, 0), u64(position + directory.length), u32(1)],
  ]);
  const end = zip64
    ? [u16(0, 0, 0xffff, 0xffff), u32(0xffff_ffff, 0xffff_ffff)]
    : [u16(0, 0, files.length, files.length), u32(directory.length, position)];
  const tail = [u32(0x06054b50), ...end, u16(comment.length), Buffer.from(comment)];
  return Buffer.concat([...bodies, directory, ...(zip64 ? [wide] : []), ...tail]);
}
