/**
 * The elements of a tensor of four axes, NHWC, in the order NCHW.
 *
 * @param shape - sizes of N, H, W and C.
 */
export function channelsFirst(
  values: Float64Array,
  [batch, height, width, channels]: readonly [number, number, number, number],
): Float64Array {
  const plane = height * width;
  const moved = new Float64Array(values.length);
  for (let n = 0; n < batch; n++)
    for (let at = 0; at < plane; at++)
      for (let c = 0; c < channels; c++)
        moved[(n * channels + c) * plane + at] = values[(n * plane + at) * channels + c] ?? 0;
  return moved;
}
