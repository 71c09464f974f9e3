import { inflateSync } from 'node:zlib';
import { unusable } from './faults.js';
import { type PngChunks, type PngColorType, readPngChunks } from './png-chunks.js';
import { unfilter } from './png-filter.js';
import { type RawImage, uprightImage } from './raw-image.js';

/** Samples of one stored pixel. */
const STORED_CHANNELS: Readonly<Record<PngColorType, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** First column and row, then distances, of the pixels in each pass. @see PNG specification, clause 8.2 (Adam7). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** One pass over the image: which pixels it holds, and where its rows lie in the data. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  readonly rowBytes: number;
}

/**
 * Decode a PNG file of any colour type, depth and interlacing. Written here because the libraries
 * accept files that are cut off: pngjs 7.0.0 half of the pixels, fast-png 8.0.0 a part of the last
 * row; and fast-png misreads interlaced images of less than 8 bits (measured).
 *
 * @throws ModelconvError `E_CALIBRATION_INVALID` for damaged files, and for images that are not opaque.
 */
export function decodePng(bytes: Buffer): RawImage {
  const chunks = readPngChunks(bytes);
  const stored = readSamples(chunks);
  return uprightImage(toColours(chunks, stored), chunks.orientation);
}

function passesOf({ width, height, depth, colorType, isInterlaced }: PngChunks): Pass[] {
  const bits = depth * STORED_CHANNELS[colorType];
  const steps = isInterlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  return steps
    .map(([left, top, stepX, stepY]) => {
      const columns = Math.ceil((width - left) / stepX);
      const rows = Math.ceil((height - top) / stepY);
      return { left, top, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** The stored samples of all pixels, in the order of the image. */
function readSamples(chunks: PngChunks): Uint8Array | Uint16Array {
  const { width, height, depth, colorType, compressed } = chunks;
  const passes = passesOf(chunks);
  const data = inflate(
    compressed,
    passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0),
  );
  const channels = STORED_CHANNELS[colorType];
  const count = width * height * channels;
  const samples = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  let start = 0;
  for (const pass of passes) {
    const end = start + pass.rows * (pass.rowBytes + 1);
    const rows = unfilter(
      data.subarray(start, end),
      pass.rowBytes,
      Math.ceil((depth * channels) / 8),
    );
    start = end;
    for (let row = 0; row < pass.rows; row++) {
      const line = rows.subarray(row * pass.rowBytes, (row + 1) * pass.rowBytes);
      for (let column = 0; column < pass.columns; column++) {
        const pixel = (pass.top + row * pass.stepY) * width + pass.left + column * pass.stepX;
        for (let c = 0; c < channels; c++)
          samples[pixel * channels + c] = sampleAt(line, column * channels + c, depth);
      }
    }
  }
  return samples;
}

function sampleAt(line: Buffer, index: number, depth: number): number {
  if (depth === 8) return line[index] ?? 0;
  if (depth === 16) return ((line[index * 2] ?? 0) << 8) | (line[index * 2 + 1] ?? 0);
  const bit = index * depth;
  return ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

function inflate(compressed: Buffer, expectedBytes: number): Buffer {
  let data: Buffer;
  try {
    data = inflateSync(compressed, { maxOutputLength: expectedBytes });
  } catch {
    throw unusable('it is a truncated or damaged PNG file: its pixels cannot be unpacked');
  }
  if (data.length !== expectedBytes)
    throw unusable(
      `it is a truncated PNG file: ${data.length} of ${expectedBytes} bytes are there`,
    );
  return data;
}

const NOT_OPAQUE =
  'it is partly transparent: save it without alpha, over the background that the model is to see';

/** Palette and alpha taken out of the stored samples. */
function toColours(chunks: PngChunks, stored: Uint8Array | Uint16Array): RawImage {
  const { width, height, depth, colorType, transparency } = chunks;
  if (colorType === 3) return fromPalette(chunks, stored);
  const max = 2 ** depth - 1;
  const channels = colorType === 0 || colorType === 4 ? 1 : 3;
  const image = { width, height, channels, max } as const;
  if (colorType === 0 || colorType === 2) {
    if (transparency !== undefined && usesColour(stored, transparency, channels))
      throw unusable(NOT_OPAQUE);
    return { ...image, data: stored };
  }
  const data =
    depth === 16
      ? new Uint16Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = pixel * (channels + 1);
    if (stored[at + channels] !== max) throw unusable(NOT_OPAQUE);
    for (let c = 0; c < channels; c++) data[pixel * channels + c] = stored[at + c] ?? 0;
  }
  return { ...image, data };
}

function fromPalette(
  { width, height, palette, transparency }: PngChunks,
  stored: Uint8Array | Uint16Array,
): RawImage {
  const entries = Math.floor((palette?.length ?? 0) / 3);
  const data = new Uint8Array(width * height * 3);
  for (const [pixel, index] of stored.entries()) {
    if (index >= entries)
      throw unusable('it is a damaged PNG file: a colour is not in its palette');
    if ((transparency?.[index] ?? 255) !== 255) throw unusable(NOT_OPAQUE);
    for (let c = 0; c < 3; c++) data[pixel * 3 + c] = palette?.[index * 3 + c] ?? 0;
  }
  return { width, height, channels: 3, max: 255, data };
}

/** Whether a pixel has the one colour that stands for nothing. */
function usesColour(stored: Uint8Array | Uint16Array, colour: Buffer, channels: 1 | 3): boolean {
  if (colour.length < channels * 2) return false;
  const wanted = Array.from({ length: channels }, (_, c) => colour.readUInt16BE(c * 2));
  for (let at = 0; at < stored.length; at += channels)
    if (wanted.every((value, c) => stored[at + c] === value)) return true;
  return false;
}
