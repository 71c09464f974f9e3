import { type FileWindow, MalformedError } from '../file-window.js';
import { operatorName } from './operators.js';
import { EXTRA_INFO, NET, OP } from './schema.js';

/** Nothing shorter holds a graph. */
const MIN_BYTES = 128;
/** Twelve fields in MNN 3.6: room for as many again. */
const MAX_SLOTS = 24;
const VERSION = /^\d{1,4}(\.\d{1,4}){1,3}$/;

/**
 * Whether a file is an MNN model. MNN flatbuffers carry no identifier, so the file is asked for what
 * only an MNN converter writes: a root table of the right size, near the front; a list of operators of
 * which the first has a known type; a list of tensor names; and the version of the converter as digits
 * and dots, which all since MNN 2.0 (June 2022) leave in `extraInfo`. Older files are not known by it.
 *
 * ONNX cannot pass: a protobuf message cannot start with an offset below 65536, which would need two
 * zero bytes where tags must stand, unless its first field is text made to be mistaken. ORT and TFLite
 * have their identifiers and are asked first.
 */
export function isMnn(file: FileWindow): boolean {
  if (file.sizeBytes < MIN_BYTES) return false;
  const root = uint32(file, 0);
  if (root < 4 || root % 4 !== 0 || root >= 65_536) return false;
  try {
    return looksLikeNet(file, root);
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

function looksLikeNet(file: FileWindow, net: number): boolean {
  const slots = slotsOf(file, net);
  if (slots <= NET.tensorNames || slots > MAX_SLOTS) return false;
  const names = target(file, net, NET.tensorNames);
  const operators = target(file, net, NET.operators);
  const info = target(file, net, NET.extraInfo);
  if (names === undefined || operators === undefined || info === undefined) return false;
  if (uint32(file, names) === 0 || uint32(file, operators) === 0) return false;
  const type = field(file, follow(file, operators + 4), OP.type);
  const isKnown =
    operatorName(type === undefined ? 0 : file.bytes(type, 4).readInt32LE(0)) !== undefined;
  const version = target(file, info, EXTRA_INFO.version);
  return isKnown && version !== undefined && VERSION.test(text(file, version));
}

// A few looks by hand: the flatbuffers library would be loaded for every file of any format.

function uint32(file: FileWindow, at: number): number {
  return file.bytes(at, 4).readUInt32LE(0);
}

function follow(file: FileWindow, at: number): number {
  return at + uint32(file, at);
}

function vtableOf(file: FileWindow, table: number): number {
  return table - file.bytes(table, 4).readInt32LE(0);
}

/** Number of fields that a table has room for; -1 when it is none. */
function slotsOf(file: FileWindow, table: number): number {
  const size = file.bytes(vtableOf(file, table), 2).readUInt16LE(0);
  return size % 2 === 0 ? size / 2 - 2 : -1;
}

function field(file: FileWindow, table: number, slot: number): number | undefined {
  if (slot >= slotsOf(file, table)) return undefined;
  const offset = file.bytes(vtableOf(file, table) + 4 + 2 * slot, 2).readUInt16LE(0);
  return offset === 0 ? undefined : table + offset;
}

function target(file: FileWindow, table: number, slot: number): number | undefined {
  const at = field(file, table, slot);
  return at === undefined ? undefined : follow(file, at);
}

/** As much of a string as a version is long. */
function text(file: FileWindow, at: number): string {
  const length = uint32(file, at);
  return length > 32 ? '' : file.bytes(at + 4, length).toString('latin1');
}
