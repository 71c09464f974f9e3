import { readFully, withInput } from '../host/files.js';
import { unusable } from './faults.js';
import { JpegDecoder } from './jpeg.js';
import { decodePng } from './png.js';
import type { RawImage } from './raw-image.js';

/** One image is held whole while it is decoded. */
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG_SIGNATURE = Buffer.from([0xff, 0xd8, 0xff]);

/** Reads image files, told apart by their first bytes, not by their names. */
export class ImageReader {
  readonly #jpeg = new JpegDecoder();

  /**
   * The pixels of a PNG or JPEG file, upright (an Exif orientation is applied, as Pillow's
   * `exif_transpose` and OpenCV's `imread` do). Colour profiles and gamma are not applied.
   *
   * @throws ModelconvError `E_INPUT` or `E_CALIBRATION_INVALID`.
   */
  async read(file: string): Promise<RawImage> {
    const bytes = await withInput(file, async (handle, sizeBytes) => {
      if (sizeBytes > MAX_IMAGE_BYTES) throw unusable(`it is larger than ${MAX_IMAGE_BYTES} bytes`);
      const whole = Buffer.alloc(sizeBytes);
      return whole.subarray(0, await readFully(handle, whole, 0));
    });
    if (bytes.length === 0) throw unusable('it is empty');
    if (bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return decodePng(bytes);
    if (bytes.subarray(0, 3).equals(JPEG_SIGNATURE)) return await this.#jpeg.decode(bytes);
    throw unusable('it is neither a PNG nor a JPEG file, whatever its name says');
  }
}
