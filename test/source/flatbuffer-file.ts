import { Builder } from 'flatbuffers';

/** A field of a made-up flatbuffer; the schema is the caller's. */
export type Field =
  | string
  | { readonly byte: number }
  | { readonly int: number }
  | { readonly long: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly longs: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly bytes: Uint8Array | string }
  | { readonly strings: readonly string[] }
  | { readonly table: Slots }
  | { readonly tables: readonly Slots[] }
  /** A list that names one table again and again. */
  | { readonly repeat: Slots; readonly times: number };

export type Slots = Readonly<Record<number, Field>>;

/** A flatbuffer of a root table, with or without the mark at byte 4. */
export function flatbuffer(root: Slots, mark?: string): Buffer {
  const builder = new Builder(1024);
  builder.finish(addTable(builder, root), mark);
  return Buffer.from(builder.asUint8Array());
}

function addTable(builder: Builder, slots: Slots): number {
  const adders = Object.entries(slots).map(([slot, field]) => adder(builder, Number(slot), field));
  builder.startObject(24);
  for (const add of adders) add();
  return builder.endObject();
}

function adder(builder: Builder, slot: number, field: Field): () => void {
  if (typeof field === 'object') {
    if ('byte' in field) return () => builder.addFieldInt8(slot, field.byte, -1000);
    if ('int' in field) return () => builder.addFieldInt32(slot, field.int, Number.NaN);
    if ('long' in field) return () => builder.addFieldInt64(slot, BigInt(field.long), -1n);
    if ('float' in field) return () => builder.addFieldFloat32(slot, field.float, Number.NaN);
  }
  const offset = addReferred(builder, field);
  return () => builder.addFieldOffset(slot, offset, 0);
}

function addReferred(builder: Builder, field: Field): number {
  if (typeof field === 'string') return builder.createString(field);
  if ('table' in field) return addTable(builder, field.table);
  if ('bytes' in field) return builder.createByteVector(Buffer.from(field.bytes));
  if ('tables' in field)
    return list(
      builder,
      4,
      field.tables.map((slots) => addTable(builder, slots)),
      offsets,
    );
  if ('strings' in field)
    return list(
      builder,
      4,
      field.strings.map((text) => builder.createString(text)),
      offsets,
    );
  if ('repeat' in field)
    return list(builder, 4, Array(field.times).fill(addTable(builder, field.repeat)), offsets);
  if ('ints' in field) return list(builder, 4, field.ints, (n) => builder.addInt32(n));
  if ('longs' in field) return list(builder, 8, field.longs, (n) => builder.addInt64(BigInt(n)));
  if ('floats' in field) return list(builder, 4, field.floats, (n) => builder.addFloat32(n));
  throw new Error('not a reference');

  function offsets(offset: number): void {
    builder.addOffset(offset);
  }
}

function list(
  builder: Builder,
  bytes: number,
  values: readonly number[],
  add: (value: number) => void,
): number {
  builder.startVector(bytes, values.length, bytes);
  for (let i = values.length - 1; i >= 0; i--) add(values[i] ?? 0);
  return builder.endVector();
}
