import { MalformedError } from '../file-window.js';
import {
  PickleGlobal,
  PickleObject,
  PickleStorage,
  PickleTensor,
  type PickleValue,
} from './pickle-values.js';

/** `('storage', torch.FloatStorage, '0', 'cpu', 144)` */
export function persistentStorage(id: PickleValue): PickleStorage {
  const [word, type, key, , elements] = Array.isArray(id) ? id : [];
  if (word !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string')
    throw new MalformedError('its pickle names something else than a storage');
  return new PickleStorage(type.name.replace(/^torch\./, ''), key, countOf(elements));
}

/** Functions that make a tensor of a storage, its offset, its shape, its strides, and more. */
const TENSORS: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_qtensor',
]);
/** Functions whose first argument is what they give, with a type that is written beside it. */
const TYPED = /^torch\.jit\._pickle\.(restore_type_tag|build_\w+)$/;

/** What a call in a pickle stands for. */
export function callGlobal(called: PickleValue, words: PickleValue): PickleValue {
  if (!(called instanceof PickleGlobal) || !Array.isArray(words))
    throw new MalformedError('its pickle calls what is no function');
  if (TENSORS.has(called.name)) return tensorOf(words);
  const [first] = words;
  if (TYPED.test(called.name) && first !== undefined) return first;
  return new PickleObject(called.name);
}

function tensorOf([storage, offset, shape, strides]: readonly PickleValue[]): PickleTensor {
  if (!(storage instanceof PickleStorage))
    throw new MalformedError('its pickle makes a tensor of something else than a storage');
  const [sizes, steps] = [countsOf(shape), countsOf(strides)];
  const last = sizes.reduce(
    (place, size, axis) => place + (size - 1) * (steps[axis] ?? 0),
    countOf(offset),
  );
  const isEmpty = sizes.includes(0);
  if (sizes.length !== steps.length || (!isEmpty && !(last < storage.elements)))
    throw new MalformedError(
      `a tensor of shape [${sizes.join(', ')}] does not lie in its storage of ${storage.elements} elements`,
    );
  return new PickleTensor(storage, sizes);
}

function countsOf(value: PickleValue | undefined): number[] {
  if (!Array.isArray(value) || value.length > 64)
    throw new MalformedError('a tensor in its pickle has no shape');
  return value.map(countOf);
}

function countOf(value: PickleValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedError('a tensor in its pickle has a size that cannot be');
}
