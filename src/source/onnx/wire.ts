// The few bytes of protobuf that are written here.

/** A field that is text, bytes or a message. */
export function field(number: number, content: Buffer): Buffer {
  // wire type 2: length-delimited
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
