import type { StaticInput } from '../calibration/request.js';
import type { Dtype, InputTensor, Model, OutputTensor } from '../schema/generated/types.js';
import { encodeElements } from '../tensor/elements.js';
import { inverseAxes, moveAxes, type Values } from '../tensor/move-axes.js';
import type { SampleInput } from '../tensor/samples.js';

type Tensor = InputTensor | OutputTensor;

/** Name in the source, as far as it is known. */
export function sourceNameOf({ name, sourceName }: Tensor): string {
  return sourceName ?? name;
}

/** A tensor of the converted model with the axes of the source: so the drivers of all runtimes take and give it. */
export function inSourceAxes(tensor: Tensor, values: Values): Values {
  const { source } = tensor;
  if (source?.axes === undefined) return values;
  const ends = source.axes.map((axis) => (axis ?? -1) + 1);
  return moveAxes(values, inverseAxes(source.axes, source.shape?.length ?? Math.max(0, ...ends)));
}

/** A tensor of the source with the axes of the converted model, as the device takes and gives it. */
export function inOwnAxes(tensor: Tensor, values: Values): Values {
  const { source } = tensor;
  return source?.axes === undefined ? values : moveAxes(values, source.axes);
}

/** The shape in the axes of the source of an input with these sizes. */
export function hostShape(tensor: InputTensor, ownShape: readonly number[]): number[] {
  const elements = ownShape.reduce((product, size) => product * size, 1);
  return [...inSourceAxes(tensor, { shape: ownShape, values: new Float64Array(elements) }).shape];
}

/** An input as the host fills it: with the axes of the source, in numbers before any quantization. */
export function hostInput(
  tensor: InputTensor,
  model: Pick<Model, 'quantization'>,
  ownShape: readonly number[],
): StaticInput {
  return {
    name: sourceNameOf(tensor),
    dtype: realDtype(tensor, model),
    shape: hostShape(tensor, ownShape),
  };
}

/** The type of the source; of a quantized tensor whose source is not known, real numbers. */
function realDtype(
  { name, dtype, source }: InputTensor,
  model: Pick<Model, 'quantization'>,
): Dtype {
  const isQuantized = model.quantization?.tensors?.[name] !== undefined;
  const own = source?.dtype ?? (isQuantized ? 'float32' : dtype);
  return own === 'unknown' ? 'float32' : own;
}

/** One sample for a runtime. */
export function toSample({ name, dtype, shape }: StaticInput, values: Float64Array): SampleInput {
  let at = 0;
  const data = encodeElements(dtype, values.length, () => values[at++] ?? 0);
  return { name, dtype, shape, data };
}
