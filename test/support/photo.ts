import { png } from '../calibration/png-file.js';

/** A colour image without symmetry: much red, little blue, and no two rows the same. */
export function photoPng(width: number, height: number): Buffer {
  const pixels = Array.from({ length: width * height * 3 }, (_none, at) => {
    const noise = (at * 2654435761) % 97;
    return [150 + noise, 60 + ((noise * 3) % 90), noise % 70][at % 3] ?? 0;
  });
  return png({ width, height, pixels });
}

/** The same in shades of grey, with three channels. */
export function greyPng(width: number, height: number): Buffer {
  const pixels = Array.from(
    { length: width * height * 3 },
    (_none, at) => (Math.floor(at / 3) * 37) % 251,
  );
  return png({ width, height, pixels });
}
