import type { Dtype } from '../schema/generated/types.js';
import { decodeElements } from '../tensor/elements.js';
import { channelAxis } from './channel-axis.js';
import { encodeSample } from './encode-sample.js';
import { unusable } from './faults.js';
import { hostPart } from './host-part.js';
import { perChannel } from './image-target.js';
import type { InputPreprocess, StaticInput } from './request.js';

/** One sample as it goes into the model. */
export interface PreparedSample {
  /** Little-endian, C order. */
  readonly data: Buffer;
  /** The same as numbers. */
  readonly values: Float64Array;
  /** Values before mean and scale, when they were applied to an array. */
  readonly raw?: Float64Array;
  /** An image whose pixels are all the same. */
  readonly isBlank?: boolean;
}

/** Mean and scale for arrays, which are otherwise taken as they are. */
export interface ArrayScaling {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** Elements from one channel to the next. */
  readonly stride: number;
}

/**
 * Mean and scale of an input as they apply to arrays; undefined when none is declared, or when the
 * model applies them by itself.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when they do not fit the shape.
 */
export function arrayScaling(
  { shape }: StaticInput,
  declared: InputPreprocess,
): ArrayScaling | undefined {
  const { mean, scale } = hostPart(declared);
  // where the channels stand in an array does not depend on who puts them there
  const { layout } = declared;
  if (mean === undefined && scale === undefined) return undefined;
  const channels = Math.max(1, mean?.length ?? 0, scale?.length ?? 0);
  const stride =
    channels === 1
      ? 1
      : shape
          .slice(
            channelAxis(
              shape,
              layout,
              (size) => size === channels,
              `there are ${channels} channels`,
            ) + 1,
          )
          .reduce((product, size) => product * size, 1);
  return {
    mean: perChannel('mean', mean, 0, channels),
    scale: perChannel('scale', scale, 1, channels),
    stride,
  };
}

/**
 * One sample from the bytes of an array: as it is, or with mean and scale applied and brought to the
 * type of the input.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when a value does not fit the type.
 */
export function arraySample(
  data: Buffer,
  dtype: Dtype,
  input: StaticInput,
  scaling: ArrayScaling | undefined,
): PreparedSample {
  const raw = decodeElements(dtype, data);
  if (scaling === undefined) return { data, values: raw };
  const { mean, scale, stride } = scaling;
  const values = raw.map((value, i) => {
    const c = Math.floor(i / stride) % mean.length;
    return (value - (mean[c] ?? 0)) * (scale[c] ?? 1);
  });
  return { data: encodeSample(input.dtype, values), values, raw };
}

/**
 * How many samples an array holds: its first axis runs over samples, or over the rows of batches.
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` when its shape does not fit.
 */
export function samplesInArray(shape: readonly number[], input: StaticInput): number {
  const wanted = input.shape;
  const shown = `it has shape [${shape.join(', ')}], input ${input.name} takes [${wanted.join(', ')}]`;
  const [rows = 0, ...rest] = shape;
  if (shape.length === wanted.length + 1 && rest.join() === wanted.join()) return nonEmpty(rows);
  const [batch = 1, ...row] = wanted;
  if (wanted.length === 0 || shape.length !== wanted.length || rest.join() !== row.join())
    throw unusable(
      shape.join() === row.join() ? `${shown}: save it with its batch axis, array[None]` : shown,
    );
  if (rows % batch !== 0) throw unusable(`${shown}: its rows do not fill batches of ${batch}`);
  return nonEmpty(rows / batch);
}

function nonEmpty(count: number): number {
  if (count === 0) throw unusable('it holds no sample');
  return count;
}

/** @throws ModelconvError `E_CALIBRATION_INVALID` for a type that is not that of the input, unless values are computed anyway. */
export function checkArrayType(dtype: Dtype, input: StaticInput, isScaled: boolean): void {
  if (isScaled || dtype === input.dtype) return;
  throw unusable(
    `it holds ${dtype}, input ${input.name} takes ${input.dtype}: in NumPy, array.astype('${input.dtype}')`,
  );
}
