interface NpySpec {
  readonly descr?: string;
  readonly shape?: readonly number[];
  readonly data?: Uint8Array;
  readonly version?: number;
  readonly fortran?: boolean;
  /** In place of the whole header text. */
  readonly header?: string;
}

/** A .npy file as numpy.save writes it (numpy.lib.format), any part of it replaceable. */
export function npy({
  descr = '<f4',
  shape = [],
  data = new Uint8Array(0),
  version = 1,
  fortran = false,
  header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`,
}: NpySpec): Buffer {
  const lengthBytes = version >= 2 ? 4 : 2;
  const unpadded = 8 + lengthBytes + Buffer.byteLength(header) + 1;
  const text = Buffer.from(`${header}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`);
  const start = Buffer.alloc(8 + lengthBytes);
  start.write('\u0093NUMPY', 'latin1');
  start[6] = version;
  if (version >= 2) start.writeUInt32LE(text.length, 8);
  else start.writeUInt16LE(text.length, 8);
  return Buffer.concat([start, text, data]);
}

/** Little-endian float32 data. */
export function float32(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    data.writeFloatLE(value, i * 4);
  });
  return data;
}
