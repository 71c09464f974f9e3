import {
  arraySample,
  arrayScaling,
  checkArrayType,
  samplesInArray,
} from '../calibration/array-values.js';
import { encodeSample } from '../calibration/encode-sample.js';
import { unusable } from '../calibration/faults.js';
import { ImageReader } from '../calibration/image-file.js';
import { imageTarget } from '../calibration/image-target.js';
import { imageValues } from '../calibration/image-values.js';
import { isConstant, type RawImage } from '../calibration/raw-image.js';
import type { StaticInput } from '../calibration/request.js';
import { kindOf } from '../calibration/source-file.js';
import { ModelconvError } from '../errors.js';
import type { Preprocess } from '../schema/generated/types.js';
import { decodeElements } from '../tensor/elements.js';
import { type NpyArray, readNpy } from '../tensor/npy.js';

/** Raw data of one input. */
export type RawSample =
  | { readonly kind: 'image'; readonly image: RawImage }
  | { readonly kind: 'array'; readonly array: NpyArray };

/**
 * Read raw data: an image, or an array.
 *
 * @param label - how messages name the file.
 * @throws ModelconvError `E_INPUT`, `E_SAMPLES_INVALID`.
 */
export async function readRaw(file: string, label: string = file): Promise<RawSample> {
  const kind = kindOf(file);
  if (kind === 'npy') return { kind: 'array', array: await readNpy(file, label) };
  return await usable(label, async () => {
    if (kind !== 'image') throw unusable('it is neither an image (.png, .jpg) nor an array (.npy)');
    const image = await new ImageReader().read(file);
    if (isConstant(image)) throw unusable('all its pixels are the same: it would show no fault');
    return { kind: 'image', image };
  });
}

/**
 * What the host makes of raw data for an input: the one implementation of preprocessing.
 *
 * @returns the values in the order of the input, as its type holds them.
 * @throws ModelconvError `E_CALIBRATION_INVALID` when the data or the declaration does not fit.
 */
export function preprocessRaw(
  raw: RawSample,
  input: StaticInput,
  preprocess: Preprocess,
): Float64Array {
  if (raw.kind === 'image') {
    const target = imageTarget(input, preprocess);
    const values = imageValues(raw.image, target, preprocess.colorOrder === 'gray');
    return decodeElements(input.dtype, encodeSample(input.dtype, values));
  }
  const { dtype, shape, data } = raw.array;
  const scaling = arrayScaling(input, preprocess);
  checkArrayType(dtype, input, scaling !== undefined);
  const count = samplesInArray(shape, input);
  if (count !== 1) throw unusable(`it holds ${count} samples: one is enough`);
  return decodeElements(input.dtype, arraySample(data, dtype, input, scaling).data);
}

/** Errors of calibration data in the words of a sample. @throws ModelconvError `E_SAMPLES_INVALID`. */
export async function usable<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ModelconvError) || error.code !== 'E_CALIBRATION_INVALID') throw error;
    throw new ModelconvError('E_SAMPLES_INVALID', {
      what: `${file} cannot be used as a truth sample`,
      why: error.why === undefined ? error.message : `${error.message}: ${error.why}`,
      next: 'give one raw sample as the device gets it; see docs/preprocess.md',
      cause: error,
    });
  }
}
