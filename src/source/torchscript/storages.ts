import type { Dtype } from '../../schema/generated/types.js';
import { tensorBytes } from '../dtype.js';
import { MalformedError } from '../file-window.js';
import type { ScaledTensor } from '../quantized.js';
import type { TorchArchive } from './archive.js';
import type { PickleStorage } from './pickle-values.js';

/** Element types by the classes of torch; those of quantized tensors hold integers that stand for real numbers. */
const TYPES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  Float8_e4m3fnStorage: 'float8e4m3fn',
  Float8_e4m3fnuzStorage: 'float8e4m3fnuz',
  Float8_e5m2Storage: 'float8e5m2',
  Float8_e5m2fnuzStorage: 'float8e5m2fnuz',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QInt8Storage: 'int8',
  QUInt8Storage: 'uint8',
  QInt32Storage: 'int32',
};

/** The element type of a storage; `unknown` for types of the future. */
export function storageDtype({ type }: PickleStorage): Dtype {
  return Object.hasOwn(TYPES, type) ? (TYPES[type] ?? 'unknown') : 'unknown';
}

/**
 * The storages of one pickle, each once however many tensors look at it, their records checked for size.
 *
 * @param directory - where the archive has the records of this pickle.
 * @throws MalformedError when a record is missing or of another size than the pickle says.
 */
export function weightsOf(
  archive: TorchArchive,
  directory: string,
  storages: readonly PickleStorage[],
): ScaledTensor[] {
  const found = new Map<string, ScaledTensor>();
  for (const storage of storages) {
    if (found.has(storage.key)) continue;
    const dtype = storageDtype(storage);
    requireRecord(archive, `${directory}/${storage.key}`, tensorBytes(dtype, storage.elements));
    found.set(storage.key, {
      dtype,
      dims: [storage.elements],
      quantized: storage.type.startsWith('Q'),
    });
  }
  return [...found.values()];
}

function requireRecord(archive: TorchArchive, name: string, bytes: number | undefined): void {
  const size = archive.sizeOf(name);
  if (size === undefined)
    throw new MalformedError(`its weights ${JSON.stringify(name)} are missing`);
  if (bytes !== undefined && size !== bytes)
    throw new MalformedError(
      `its weights ${JSON.stringify(name)} have ${size} bytes, and its pickle says ${bytes}`,
    );
}
