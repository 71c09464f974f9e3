import { MalformedError } from '../file-window.js';
import { callGlobal, persistentStorage } from './pickle-calls.js';
import {
  PickleGlobal,
  PickleObject,
  type PickleStorage,
  type PickleValue,
} from './pickle-values.js';

/** What a pickle says, and every storage that it names. */
export interface PickleResult {
  readonly value: PickleValue;
  readonly storages: readonly PickleStorage[];
}

/** A tensor takes about 25: enough for twenty thousand of them. */
const MAX_OPCODES = 500_000;
/** Where one list of items begins. */
const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

/**
 * Walk a pickle as TorchScript archives have them, with the opcodes that torch's own reader takes and no
 * others. It makes plain values; whatever the pickle calls, nothing is called.
 *
 * @throws MalformedError when it is damaged, or holds what torch does not write.
 * @see torch/csrc/jit/serialization/unpickler.cpp, Unpickler::readInstruction
 */
export function readPickle(bytes: Buffer): PickleResult {
  const machine = new Machine(bytes);
  try {
    return machine.run();
  } catch (error) {
    // reading past the end
    if (error instanceof RangeError)
      throw new MalformedError('its pickle is cut off', { cause: error });
    throw error;
  }
}

class Machine {
  readonly #bytes: Buffer;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Slot>();
  readonly #storages: PickleStorage[] = [];
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): PickleResult {
    for (let count = 0; count < MAX_OPCODES; count++) {
      const opcode = this.#bytes.readUInt8(this.#at++);
      if (opcode === STOP) return { value: this.pop(), storages: this.#storages };
      const step = OPCODES[opcode];
      if (step === undefined)
        throw new MalformedError(`its pickle has the opcode ${opcode}, which torch does not write`);
      step(this);
    }
    throw new MalformedError(`its pickle has more than ${MAX_OPCODES} opcodes`);
  }

  push(slot: Slot): void {
    this.#stack.push(slot);
  }

  pop(): PickleValue {
    const slot = this.#stack.pop();
    if (slot === undefined || slot === MARK) throw new MalformedError('its pickle is damaged');
    return slot;
  }

  /** What was pushed since the last mark, which goes too. */
  popItems(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new MalformedError('its pickle is damaged');
    return this.#stack.splice(mark).slice(1) as PickleValue[];
  }

  /** The next `size` bytes. */
  take(size: number): Buffer {
    const start = this.#at;
    if (start + size > this.#bytes.length) throw new MalformedError('its pickle is cut off');
    this.#at += size;
    return this.#bytes.subarray(start, this.#at);
  }

  /** The text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new MalformedError('its pickle is cut off');
    const text = this.take(end - this.#at).toString('utf8');
    this.#at++;
    return text;
  }

  remember(index: number): void {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new MalformedError('its pickle is damaged');
    this.#memo.set(index, top);
  }

  recall(index: number): void {
    const slot = this.#memo.get(index);
    if (slot === undefined) throw new MalformedError('its pickle is damaged');
    this.push(slot);
  }

  storage(): void {
    const storage = persistentStorage(this.pop());
    this.#storages.push(storage);
    this.push(storage);
  }
}

function listOf(value: PickleValue): PickleValue[] {
  if (Array.isArray(value)) return value;
  throw new MalformedError('its pickle adds to what is no list');
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const target = machine.pop();
  if (!(target instanceof Map) || items.length % 2 !== 0)
    throw new MalformedError('its pickle adds to what is no dictionary');
  for (let at = 0; at < items.length; at += 2) target.set(items[at] ?? null, items[at + 1] ?? null);
  machine.push(target);
}

function tuple(machine: Machine, size: number): void {
  const items = Array.from({ length: size }, () => machine.pop());
  machine.push(items.reverse());
}

/** A whole number of up to 8 bytes, little-endian, with a sign. */
function long(bytes: Buffer): number {
  if (bytes.length > 8) throw new MalformedError('its pickle has a number of more than 64 bits');
  return bytes.length === 0 ? 0 : Number(BigInt.asIntN(bytes.length * 8, wide(bytes)));
}

function wide(bytes: Buffer): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const STOP = 0x2e;

/** By opcode; names as in Python's pickletools. */
const OPCODES: Readonly<Record<number, (machine: Machine) => void>> = {
  // PROTO
  128: (m) => void m.take(1),
  // MARK
  40: (m) => m.push(MARK),
  // NONE, NEWTRUE, NEWFALSE
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  74: (m) => m.push(m.take(4).readInt32LE()),
  75: (m) => m.push(m.take(1).readUInt8()),
  77: (m) => m.push(m.take(2).readUInt16LE()),
  138: (m) => m.push(long(m.take(m.take(1).readUInt8()))),
  71: (m) => m.push(m.take(8).readDoubleBE()),
  // BINUNICODE
  88: (m) => m.push(m.take(m.take(4).readUInt32LE()).toString('utf8')),
  // EMPTY_LIST, APPEND, APPENDS
  93: (m) => m.push([]),
  97: (m) => {
    const item = m.pop();
    const list = listOf(m.pop());
    list.push(item);
    m.push(list);
  },
  101: (m) => {
    const items = m.popItems();
    const list = listOf(m.pop());
    for (const item of items) list.push(item);
    m.push(list);
  },
  // EMPTY_DICT, SETITEM, SETITEMS
  125: (m) => m.push(new Map()),
  115: (m) => {
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  117: (m) => setItems(m, m.popItems()),
  // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
  41: (m) => m.push([]),
  116: (m) => m.push(m.popItems()),
  133: (m) => tuple(m, 1),
  134: (m) => tuple(m, 2),
  135: (m) => tuple(m, 3),
  // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  113: (m) => m.remember(m.take(1).readUInt8()),
  114: (m) => m.remember(m.take(4).readUInt32LE()),
  104: (m) => m.recall(m.take(1).readUInt8()),
  106: (m) => m.recall(m.take(4).readUInt32LE()),
  // GLOBAL, REDUCE, NEWOBJ, BUILD, BINPERSID
  99: (m) => m.push(new PickleGlobal(`${m.line()}.${m.line()}`)),
  82: (m) => {
    const words = m.pop();
    m.push(callGlobal(m.pop(), words));
  },
  129: (m) => {
    m.pop();
    const type = m.pop();
    if (!(type instanceof PickleGlobal)) throw new MalformedError('its pickle is damaged');
    m.push(new PickleObject(type.name));
  },
  98: (m) => void m.pop(),
  81: (m) => m.storage(),
};
