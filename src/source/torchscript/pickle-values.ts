// What a pickle of torch holds, as far as it matters here: nothing of it is ever called or looked up.

/** A class or function that the pickle names. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The numbers of one or several tensors: a record of the archive. */
export class PickleStorage {
  /** `FloatStorage`, … */
  readonly type: string;
  /** Name of the record. */
  readonly key: string;
  readonly elements: number;
  constructor(type: string, key: string, elements: number) {
    this.type = type;
    this.key = key;
    this.elements = elements;
  }
}

/** A view of a storage. */
export class PickleTensor {
  readonly storage: PickleStorage;
  readonly shape: readonly number[];
  constructor(storage: PickleStorage, shape: readonly number[]) {
    this.storage = storage;
    this.shape = shape;
  }
}

/** An object of a class; its state is not kept. */
export class PickleObject {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
}

/** Lists and tuples are arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleGlobal
  | PickleStorage
  | PickleTensor
  | PickleObject
  | PickleValue[]
  | Map<PickleValue, PickleValue>;
