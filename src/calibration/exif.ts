const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * Orientation (1 to 8) of a TIFF block as Exif keeps it; 1, upright, when it does not say or is damaged.
 *
 * @param tiff - from the byte-order mark on, without the `Exif\0\0` of JPEG.
 * @see CIPA DC-008 (Exif 2.32), 4.6.2 and 4.6.4.
 */
export function exifOrientation(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1;
  const little = order === 'II';
  const short = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return 1;
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.length) return 1;
    if (short(entry) !== ORIENTATION || short(entry + 2) !== SHORT) continue;
    const value = short(entry + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
