import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { Builder } from 'flatbuffers';
import { writeAllSync } from '../../host/write-sync.js';
import { FileWindow } from '../../source/file-window.js';
import { Table } from '../../source/flatbuffers/table.js';

// ONNX Runtime writes one part of an ORT file, the kernel type resolver, in the order of a hash map
// that is seeded anew in every process (core/framework/kernel_type_str_resolver.cc): the same model
// gives other bytes each time, though never another meaning. This writes that part again in a fixed
// order. Measured on 1.16 to 1.30: everything else is the same from run to run.

// Slots: onnxruntime/core/flatbuffers/schema/ort.fbs.
const SESSION = { version: 0, model: 1, resolver: 3 } as const;
const NO_OFFSETS = 0;
/** The strictest alignment that occurs in a flatbuffer, in bytes. */
const ALIGNMENT = 16;

interface Argument {
  readonly type: number;
  readonly index: number;
}
interface KernelType {
  readonly name: string;
  readonly args: readonly Argument[];
}
interface Entry {
  readonly operator: string;
  readonly types: readonly KernelType[];
}

function readEntries(resolver: Table): Entry[] {
  return [...resolver.tables(0)].map((entry) => ({
    operator: entry.string(0) ?? '',
    types: [...entry.tables(1)].map((type) => ({
      name: type.string(0) ?? '',
      args: [...type.tables(1)].map((argument) => ({
        type: argument.uint8(0),
        index: argument.uint32(1),
      })),
    })),
  }));
}

function byKey<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b)));
}

/** The resolver as a flatbuffer of its own, entries by operator: the runtime looks them up by binary search. */
function buildResolver(entries: readonly Entry[]): Uint8Array {
  const builder = new Builder(1024);
  const list = (offsets: readonly number[]): number => {
    builder.startVector(4, offsets.length, 4);
    for (const offset of [...offsets].reverse()) builder.addOffset(offset);
    return builder.endVector();
  };
  const buildType = ({ name, args }: KernelType): number => {
    const argOffsets = args.map(({ type, index }) => {
      builder.startObject(2);
      builder.addFieldInt8(0, type, 0);
      builder.addFieldInt32(1, index, 0);
      return builder.endObject();
    });
    const vector = list(argOffsets);
    const text = builder.createString(name);
    builder.startObject(2);
    builder.addFieldOffset(0, text, NO_OFFSETS);
    builder.addFieldOffset(1, vector, NO_OFFSETS);
    return builder.endObject();
  };
  const entryOffsets = [...entries]
    .sort(byKey(({ operator }) => operator))
    .map(({ operator, types }) => {
      const vector = list([...types].sort(byKey(({ name }) => name)).map(buildType));
      const text = builder.createString(operator);
      builder.startObject(2);
      builder.addFieldOffset(0, text, NO_OFFSETS);
      builder.addFieldOffset(1, vector, NO_OFFSETS);
      return builder.endObject();
    });
  const vector = list(entryOffsets);
  builder.startObject(1);
  builder.addFieldOffset(0, vector, NO_OFFSETS);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

/** Where the parts of a file lie, when it is laid out as ONNX Runtime lays it out. */
interface Layout {
  /** End of the root table and its vtable: from here to `modelStart` there is the resolver alone. */
  readonly headEnd: number;
  readonly modelStart: number;
  readonly root: Table;
  readonly resolver: Table;
}

function layoutOf(file: FileWindow): Layout | undefined {
  const root = Table.root(file);
  const model = root.table(SESSION.model);
  const resolver = root.table(SESSION.resolver);
  if (model === undefined || resolver === undefined) return undefined;
  const modelStart = Math.min(model.position, model.vtable);
  const sizes = {
    vtable: file.bytes(root.vtable, 2).readUInt16LE(0),
    table: file.bytes(root.vtable, 4).readUInt16LE(2),
  };
  const headEnd = Math.max(root.vtable + sizes.vtable, root.position + sizes.table);
  const ordered =
    headEnd <= resolver.position && resolver.position < modelStart && root.vtable < root.position;
  return ordered ? { headEnd, modelStart, root, resolver } : undefined;
}

function roundUp(value: number): number {
  return Math.ceil(value / ALIGNMENT) * ALIGNMENT;
}

/** The bytes that replace everything before the model, and how far the model moves. */
function rebuildHead(
  file: FileWindow,
  { headEnd, modelStart, root, resolver }: Layout,
): { head: Buffer; shift: number } {
  const block = buildResolver(readEntries(resolver));
  const blockStart = roundUp(headEnd);
  // the model keeps its place relative to every alignment
  const needed = blockStart + block.length;
  const newModelStart = needed + ((((modelStart - needed) % ALIGNMENT) + ALIGNMENT) % ALIGNMENT);
  const shift = newModelStart - modelStart;
  const head = Buffer.alloc(newModelStart);
  file.bytes(0, headEnd).copy(head);
  Buffer.from(block).copy(head, blockStart);
  for (const slot of [SESSION.version, SESSION.model]) {
    const at = root.field(slot);
    if (at !== undefined) head.writeUInt32LE(head.readUInt32LE(at) + shift, at);
  }
  const at = root.field(SESSION.resolver);
  if (at !== undefined)
    head.writeUInt32LE(blockStart + Buffer.from(block).readUInt32LE(0) - at, at);
  return { head, shift };
}

/**
 * Bring an ORT file into its one canonical form, in place. A file that is laid out in another way
 * than ONNX Runtime does is left as it is.
 *
 * @throws Error (system errors; MalformedError when the file is damaged).
 */
export function normalizeOrtFile(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  // nothing, or too little for a file of this format: the caller says so
  if (size < 8) return;
  const input = openSync(file, 'r');
  const temporary = `${file}.normalized`;
  try {
    const window = new FileWindow(input, size);
    const layout = layoutOf(window);
    if (layout === undefined) return;
    const { head } = rebuildHead(window, layout);
    const output = openSync(temporary, 'w');
    writeAllSync(output, head);
    copyRest(input, layout.modelStart, size, output);
    closeSync(output);
  } finally {
    closeSync(input);
  }
  renameSync(temporary, file);
}

function copyRest(input: number, start: number, end: number, output: number): void {
  const chunk = Buffer.allocUnsafe(1024 * 1024);
  for (let position = start; position < end; ) {
    const read = readSync(input, chunk, 0, Math.min(chunk.length, end - position), position);
    if (read === 0) throw new Error('the converted file became shorter while it was read');
    writeAllSync(output, chunk.subarray(0, read));
    position += read;
  }
}
