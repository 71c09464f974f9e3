import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { unusable } from './faults.js';
import { readJpegHeader } from './jpeg-header.js';
import { checkImageSize, type RawImage, uprightImage } from './raw-image.js';

/** The decoder of the library; its own types need those of a browser. */
interface Codec {
  decode(
    bytes: Uint8Array,
    preserveOrientation: boolean,
  ): { readonly data: Uint8ClampedArray } | null;
}
type CodecFactory = (options: {
  readonly noInitialRun: true;
  readonly wasmBinary: Uint8Array;
  readonly printErr: (line: string) => void;
}) => Promise<Codec>;

/** The memory of the decoder never shrinks: beyond such an image the next one gets a new decoder. */
const KEPT_PIXELS = 16 * 1024 * 1024;

/**
 * Decodes JPEG files with libjpeg compiled to WebAssembly: the pixels are those of Pillow and OpenCV
 * (fancy upsampling, accurate integer DCT), bit for bit, on every machine. JavaScript decoders differ
 * by up to 91 of 255 where the chroma is subsampled (jpeg-js 0.4.4, measured).
 */
export class JpegDecoder {
  #codec: Promise<Codec> | undefined;
  /** What libjpeg says: it repairs damage with a warning and goes on. */
  #messages: string[] = [];

  /** @throws ModelconvError `E_CALIBRATION_INVALID` for files that are damaged in any way. */
  async decode(bytes: Buffer): Promise<RawImage> {
    const { width, height, components, orientation } = readJpegHeader(bytes);
    checkImageSize(width, height);
    const rgba = await this.#decode(bytes);
    if (width * height > KEPT_PIXELS) this.#codec = undefined;
    const channels = components === 1 ? 1 : 3;
    const data = new Uint8Array(width * height * channels);
    for (let pixel = 0; pixel < width * height; pixel++)
      for (let c = 0; c < channels; c++) data[pixel * channels + c] = rgba[pixel * 4 + c] ?? 0;
    return uprightImage({ width, height, channels, max: 255, data }, orientation);
  }

  async #decode(bytes: Buffer): Promise<Uint8ClampedArray> {
    this.#codec ??= loadCodec((line) => this.#messages.push(line));
    const codec = await this.#codec;
    this.#messages = [];
    let decoded: ReturnType<Codec['decode']> = null;
    try {
      decoded = codec.decode(bytes, false);
    } catch {
      // a fatal error ends the decoder; what it was stands among the messages
      this.#codec = undefined;
    }
    if (decoded === null || this.#messages.length > 0)
      throw unusable(
        `it is a truncated or damaged JPEG file: ${this.#messages.join(' ') || 'it cannot be decoded'}`,
      );
    return decoded.data;
  }
}

async function loadCodec(printErr: (line: string) => void): Promise<Codec> {
  const { default: factory } = (await import(
    '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'
  )) as unknown as {
    default: CodecFactory;
  };
  const { resolve } = createRequire(import.meta.url);
  const wasmBinary = await readFile(resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
  return await factory({ noInitialRun: true, wasmBinary, printErr });
}
