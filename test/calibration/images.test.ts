import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JpegDecoder } from '../../src/calibration/jpeg.js';
import { decodePng } from '../../src/calibration/png.js';
import { data, expected } from './expected.js';
import { chunk, png } from './png-file.js';

const invalid = (what: RegExp) => ({
  code: 'E_CALIBRATION_INVALID',
  message: expect.stringMatching(what),
});

function sha256(pixels: Uint8Array | Uint16Array): string {
  return createHash('sha256')
    .update(Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength))
    .digest('hex');
}

const jpeg = (name: string): Buffer => readFileSync(data(`jpeg/${name}`));

describe('JPEG', () => {
  it.each(Object.entries(expected.jpeg))(
    '%s has the pixels that Pillow and OpenCV give, bit for bit',
    async (name, { sha256: digest, ...size }) => {
      const image = await new JpegDecoder().decode(jpeg(name));
      expect(image).toMatchObject(size);
      expect(sha256(image.data)).toBe(digest);
    },
  );

  it.each([
    ['cut in the middle', jpeg('420.jpg').subarray(0, 900)],
    ['without its end marker', jpeg('420.jpg').subarray(0, -2)],
    ['cut in its header', jpeg('420.jpg').subarray(0, 100)],
    ['of nothing but its first bytes', jpeg('420.jpg').subarray(0, 4)],
  ])('a file %s is refused', async (_what, bytes) => {
    await expect(new JpegDecoder().decode(bytes)).rejects.toMatchObject(
      invalid(/truncated or damaged/),
    );
  });

  it('a file for printing is refused, and what to do is said', async () => {
    await expect(new JpegDecoder().decode(jpeg('cmyk.jpg'))).rejects.toMatchObject(
      invalid(/CMYK.*RGB/),
    );
  });

  it('a kind that is not decoded is refused', async () => {
    const bytes = Buffer.from(jpeg('420.jpg'));
    bytes[bytes.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc9;
    await expect(new JpegDecoder().decode(bytes)).rejects.toMatchObject(invalid(/rare kind/));
  });

  it('more pixels than are decoded are refused before they are', async () => {
    const bytes = Buffer.from(jpeg('420.jpg'));
    bytes.writeUInt32BE(0xfff0fff0, bytes.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    await expect(new JpegDecoder().decode(bytes)).rejects.toMatchObject(invalid(/65520x65520/));
  });

  it('a damaged file does not spoil the next one', async () => {
    const decoder = new JpegDecoder();
    const bytes = Buffer.from(jpeg('444.jpg'));
    bytes.fill(0xff, 20, 400);
    await expect(decoder.decode(bytes)).rejects.toMatchObject({ code: 'E_CALIBRATION_INVALID' });
    await expect(decoder.decode(jpeg('444.jpg').subarray(0, -2))).rejects.toThrow();
    expect(sha256((await decoder.decode(jpeg('444.jpg'))).data)).toBe(
      expected.jpeg['444.jpg']?.sha256,
    );
  });

  it('damage in the tables that is fatal to the decoder is a fault of the file, not a crash', async () => {
    const decoder = new JpegDecoder();
    const bytes = Buffer.from(jpeg('444.jpg'));
    const huffman = bytes.indexOf(Buffer.from([0xff, 0xc4]));
    bytes.fill(0xff, huffman + 5, huffman + 12);
    await expect(decoder.decode(bytes)).rejects.toMatchObject(invalid(/damaged/));
    expect((await decoder.decode(jpeg('444.jpg'))).width).toBe(48);
  });
});

describe('PNG', () => {
  it.each(Object.entries(expected.png))(
    '%s has the pixels that were stored',
    (name, { sha256: digest, channels, max }) => {
      const image = decodePng(readFileSync(data(`png/${name}`)));
      expect(image).toMatchObject({ width: 13, height: 11, channels, max });
      expect(sha256(image.data)).toBe(digest);
    },
  );

  const size = { width: 2, height: 2 };
  const rgba = [1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255, 10, 11, 12, 255];

  it('alpha that is opaque everywhere is dropped', () => {
    expect([...decodePng(png({ ...size, colorType: 6, pixels: rgba })).data]).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
  });

  it.each([
    ['one pixel of RGBA', png({ ...size, colorType: 6, pixels: rgba.with(7, 254) })],
    [
      'one pixel of grey with alpha',
      png({ ...size, colorType: 4, pixels: [9, 255, 9, 255, 9, 255, 9, 0] }),
    ],
    [
      'a palette entry that is used',
      png({
        ...size,
        colorType: 3,
        pixels: [0, 1, 0, 0],
        extra: [
          chunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6])),
          chunk('tRNS', Buffer.from([255, 128])),
        ],
      }),
    ],
    [
      'the transparent colour of RGB',
      png({
        ...size,
        pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        extra: [chunk('tRNS', Buffer.from([0, 7, 0, 8, 0, 9]))],
      }),
    ],
  ])('transparency in %s is refused: nobody said what lies behind', (_what, bytes) => {
    expect(() => decodePng(bytes)).toThrow(expect.objectContaining(invalid(/transparent/)));
  });

  it('a transparent colour that no pixel has is no matter', () => {
    const bytes = png({
      ...size,
      colorType: 0,
      pixels: [1, 2, 3, 4],
      extra: [chunk('tRNS', Buffer.from([0, 9]))],
    });
    expect([...decodePng(bytes).data]).toEqual([1, 2, 3, 4]);
  });

  it('an Exif orientation is applied', () => {
    const exif = Buffer.from('4d4d002a000000080001011200030000000100060000', 'hex');
    const bytes = png({
      ...size,
      colorType: 0,
      pixels: [1, 2, 3, 4],
      extra: [chunk('eXIf', exif)],
    });
    // stored rows run down the right side
    expect([...decodePng(bytes).data]).toEqual([3, 1, 4, 2]);
  });

  const whole = readFileSync(data('png/type2-8bit.png'));
  const flipped = Buffer.from(whole);
  flipped.writeUInt8((flipped[60] ?? 0) ^ 1, 60);
  it.each([
    ['cut in the middle', whole.subarray(0, 200), /truncated/],
    ['without its end', whole.subarray(0, -12), /truncated/],
    ['with a flipped bit', flipped, /checksum/],
    ['with half of its pixels', png({ ...size, raw: Buffer.alloc(7) }), /7 of 14 bytes/],
    ['with a last row that is cut', png({ ...size, raw: Buffer.alloc(12) }), /12 of 14 bytes/],
    ['with more pixels than it says', png({ ...size, raw: Buffer.alloc(21) }), /damaged/],
    ['with an unknown filter', png({ ...size, raw: Buffer.alloc(14, 5) }), /filter/],
    ['with a depth that there is not', png({ ...size, depth: 7 }), /header/],
    [
      'with a colour outside its palette',
      png({ ...size, colorType: 3, pixels: [0, 0, 1, 0], extra: [chunk('PLTE', Buffer.alloc(3))] }),
      /palette/,
    ],
    ['with an unknown critical part', png({ ...size, extra: [chunk('CgBI')] }), /CgBI/],
    ['that is animated', png({ ...size, extra: [chunk('acTL', Buffer.alloc(8))] }), /animated/],
    ['without pixels', png({ width: 0, height: 2 }), /no pixels/],
    ['that claims to be huge', png({ width: 100_000, height: 100_000 }), /100000x100000/],
  ])('a file %s is refused', (_what, bytes, why) => {
    expect(() => decodePng(bytes)).toThrow(expect.objectContaining(invalid(why)));
  });
});
