import { unusable } from './faults.js';

/**
 * Undo the filters of the rows of one pass. The rows of the result follow each other without the
 * filter bytes.
 *
 * @param pixelBytes - whole bytes of one pixel, at least 1.
 * @throws ModelconvError `E_CALIBRATION_INVALID` for a filter that there is not.
 * @see PNG specification, clause 9.
 */
export function unfilter(data: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const rows = data.length / (rowBytes + 1);
  const result = Buffer.alloc(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    const from = row * (rowBytes + 1);
    const filter = data[from] ?? 0;
    if (filter > 4) throw unusable('it is a damaged PNG file: a row has an unknown filter');
    const start = row * rowBytes;
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= pixelBytes ? (result[start + i - pixelBytes] ?? 0) : 0;
      const above = row > 0 ? (result[start + i - rowBytes] ?? 0) : 0;
      const corner =
        row > 0 && i >= pixelBytes ? (result[start + i - rowBytes - pixelBytes] ?? 0) : 0;
      result[start + i] = (data[from + 1 + i] ?? 0) + predict(filter, left, above, corner);
    }
  }
  return result;
}

function predict(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return paeth(left, above, corner);
    default:
      return 0;
  }
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const a = Math.abs(estimate - left);
  const b = Math.abs(estimate - above);
  const c = Math.abs(estimate - corner);
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
