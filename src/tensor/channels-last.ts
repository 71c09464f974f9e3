/**
 * The elements of a tensor of four axes, NCHW, in the order NHWC. Element types do not matter, only their size.
 *
 * @param shape - sizes of N, C, H and W.
 * @param elementBytes - size of an element, in bytes.
 * @returns a buffer of the same size.
 */
export function channelsLast(
  data: Uint8Array,
  [batch, channels, height, width]: readonly [number, number, number, number],
  elementBytes: number,
): Buffer {
  const plane = height * width;
  const moved = Buffer.alloc(data.length);
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let at = 0; at < plane; at++) {
        const from = ((n * channels + c) * plane + at) * elementBytes;
        const to = ((n * plane + at) * channels + c) * elementBytes;
        moved.set(data.subarray(from, from + elementBytes), to);
      }
  return moved;
}
