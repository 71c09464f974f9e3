import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import { exists, hashFile, withInput } from '../host/files.js';
import type { ModelInfo, QuantizationReport } from '../schema/generated/types.js';
import { detectFormat, type ReadableFormat } from './detect.js';
import { FileWindow, MalformedError } from './file-window.js';
import type { QuantizedGraph } from './quantization/graph.js';
import type { Companion, ModelReader, ModelStructure, OpenPart } from './structure.js';

/** A further file of a model (ONNX external data). */
export interface ModelPart {
  /** Path relative to the main file, with `/`. */
  readonly path: string;
  /** Where it is now. */
  readonly file: string;
  readonly sizeBytes: number;
}

/** A model on disk: one main file, and the files that belong to it. */
export interface ProbedModel {
  readonly file: string;
  readonly format: ReadableFormat;
  readonly info: ModelInfo;
  readonly parts: readonly ModelPart[];
  /** Integer inputs that index a table: number of rows by input name. */
  readonly indexLimits: ReadonlyMap<string, number>;
  /** Every scale in it, when that was asked for. */
  readonly quantization?: Omit<QuantizationReport, 'file'>;
}

const READERS: Record<ReadableFormat, () => Promise<ModelReader>> = {
  onnx: async () => (await import('./onnx/read.js')).readOnnx,
  ort: async () => (await import('./ort/read.js')).readOrt,
  tflite: async () => (await import('./tflite/read.js')).readTflite,
  torchscript: async () => (await import('./torchscript/read.js')).readTorchscript,
  'openvino-ir': async () => (await import('./openvino/read.js')).readOpenvino,
  ncnn: async () => (await import('./ncnn/read.js')).readNcnn,
  mnn: async () => (await import('./mnn/read.js')).readMnn,
  rknn: async () => (await import('./rknn/read.js')).readRknn,
};

/** Whether there is a reader for a format here. */
export function isReadable(format: string): format is ReadableFormat {
  return Object.hasOwn(READERS, format);
}

/** Load the reader of a format, where there is one, before it is needed. */
export async function loadReader(format: string): Promise<void> {
  if (isReadable(format)) await READERS[format]();
}

/** The file that holds the weights of a format that keeps them apart, by the name of the main one. */
const COMPANIONS: Partial<Record<ReadableFormat, (name: string) => string>> = {
  'openvino-ir': (name) => name.replace(/(\.xml)?$/i, '.bin'),
  ncnn: (name) => name.replace(/(\.param)?$/i, '.bin'),
};

/**
 * Read what a model file says about itself: its structure, never its tensors.
 *
 * @param file - path of the main file; messages name it as given.
 * @param wish - `quantization`: read all scales and zero points, too.
 * @throws {@link ModelconvError} `E_INPUT` when the file or a part of it is missing or unreadable,
 *   `E_MODEL_INVALID` when it is empty, damaged, or of a format that is not read here.
 */
export async function probeModel(
  file: string,
  wish: { readonly quantization?: boolean } = {},
): Promise<ProbedModel> {
  return await withInput(file, async (handle, sizeBytes) => {
    if (sizeBytes === 0) throw unreadable(file, 'it is empty');
    const window = new FileWindow(handle.fd, sizeBytes);
    const detected = detectFormat(window);
    if ('other' in detected)
      throw unreadable(
        file,
        `it is ${detected.other}; models are read from ONNX, ORT, TFLite, TorchScript, OpenVINO IR (.xml), ncnn (.param), MNN and RKNN files`,
        { next: detected.next ?? EXPORT_AGAIN },
      );
    const read = await READERS[detected.format]();
    const companion = COMPANIONS[detected.format]?.(path.basename(file));
    const report = wish.quantization === true ? await loadReport() : undefined;
    const { structure, quantization } = await withCompanion(file, companion, (found) =>
      withOpenParts(file, (openPart) =>
        readSafely(file, detected.format, () => {
          const whole = read(window, found, openPart);
          return { structure: whole, quantization: report?.(whole.quantized ?? NOTHING) };
        }),
      ),
    );
    const parts = await findParts(file, structure);
    const info: ModelInfo = {
      path: file,
      sizeBytes,
      ...structure.info,
      ...(parts.length === 0
        ? {}
        : { externalData: parts.map((part) => ({ path: part.path, sizeBytes: part.sizeBytes })) }),
    };
    return {
      file,
      format: detected.format,
      info,
      parts,
      indexLimits: structure.indexLimits,
      ...(quantization === undefined ? {} : { quantization }),
    };
  });
}

const NOTHING: QuantizedGraph = { entries: [], floats: [], work: [], quantizedParameters: 0 };

async function loadReport(): Promise<(graph: QuantizedGraph) => Omit<QuantizationReport, 'file'>> {
  return (await import('./quantization/report.js')).reportQuantization;
}

/** Further files of a model while its reader looks into it; whether they are there at all is found out later. */
function withOpenParts<T>(file: string, work: (openPart: OpenPart) => T): T {
  const opened = new Map<string, { fd: number; window: FileWindow } | undefined>();
  try {
    return work((location) => {
      if (!opened.has(location))
        opened.set(location, isSafe(location) ? tryOpen(file, location) : undefined);
      return opened.get(location)?.window;
    });
  } finally {
    for (const part of opened.values()) if (part !== undefined) closeSync(part.fd);
  }
}

function tryOpen(file: string, location: string): { fd: number; window: FileWindow } | undefined {
  const part = path.join(path.dirname(file), ...location.split('/'));
  try {
    // a pipe would wait for somebody who writes into it
    const found = statSync(part);
    if (!found.isFile()) return undefined;
    const fd = openSync(part, 'r');
    return { fd, window: new FileWindow(fd, found.size) };
  } catch {
    return undefined;
  }
}

/** The companion of a model while its reader looks into it; undefined when it is not there: the main file still says much. */
async function withCompanion<T>(
  file: string,
  name: string | undefined,
  work: (companion: Companion | undefined) => T,
): Promise<T> {
  const companionFile = name === undefined ? undefined : path.join(path.dirname(file), name);
  if (name === undefined || companionFile === undefined || !(await exists(companionFile)))
    return work(undefined);
  return await withInput(companionFile, async (handle, sizeBytes) =>
    work({ name, window: new FileWindow(handle.fd, sizeBytes) }),
  );
}

function unreadable(
  file: string,
  why: string,
  {
    format,
    next,
    cause,
  }: {
    readonly format?: ReadableFormat;
    readonly next?: string | undefined;
    readonly cause?: unknown;
  } = {},
): ModelconvError {
  return new ModelconvError('E_MODEL_INVALID', {
    what: `${file} is not a model that can be read`,
    why,
    next: next ?? nextFor(file, format),
    cause,
  });
}

const EXPORT_AGAIN = 'check that the file is complete, or export the model to ONNX again';

/** The model file whose weights a `.bin` file may hold, by its name. */
function mainBeside(file: string): string | undefined {
  if (!/\.bin$/i.test(file)) return undefined;
  return ['.param', '.xml']
    .map((extension) => file.replace(/\.bin$/i, extension))
    .find((main) => existsSync(main));
}

/** Names of files that converters write. */
const CONVERTED = /\.(?:ort|tflite|xml|param|mnn|rknn)$/i;

/** What helps with a file that cannot be read; of a format that a converter wrote, an export does not. */
function nextFor(file: string, format: ReadableFormat | undefined): string {
  const main = mainBeside(file);
  if (main !== undefined) return `give the file that these weights belong to: ${main}`;
  // what is damaged is often taken for ONNX, which has no mark of its own: the name knows better
  const isConverted = CONVERTED.test(file);
  const isExported = format === undefined || format === 'onnx' || format === 'torchscript';
  if (!isConverted && isExported) return EXPORT_AGAIN;
  const whole =
    format === undefined || COMPANIONS[format] === undefined
      ? 'the file is complete'
      : 'the file and its .bin are complete and of one conversion';
  return `check that ${whole}, or convert the model again`;
}

function readSafely<T>(file: string, format: ReadableFormat, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // RangeError: a reader's stack ran out on nested messages
    if (error instanceof MalformedError || error instanceof RangeError)
      throw unreadable(file, error.message, { format, cause: error });
    throw error;
  }
}

async function findParts(file: string, structure: ModelStructure): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for (const [location, needed] of structure.externalSizes) {
    if (!isSafe(location))
      throw unreadable(
        file,
        `it points to external data outside its own directory: ${JSON.stringify(location)}`,
      );
    const partFile = path.join(path.dirname(file), ...location.split('/'));
    const sizeBytes = await withInput(partFile, async (_handle, size) => size).catch(
      (error: unknown) => {
        if (!(error instanceof ModelconvError)) throw error;
        throw new ModelconvError('E_INPUT', {
          what: `${partFile} cannot be read`,
          why: `${file} keeps tensors in it (ONNX external data): ${error.why ?? error.message}`,
          next: 'put the file beside the model',
          cause: error,
        });
      },
    );
    if (sizeBytes < needed)
      throw unreadable(
        partFile,
        `it has ${sizeBytes} bytes, but ${file} needs ${needed}: it is truncated`,
      );
    parts.push({ path: location, file: partFile, sizeBytes });
  }
  return parts;
}

/** External data must lie beside or below the model: the path comes from the file and is not to be trusted. */
function isSafe(relative: string): boolean {
  const names = relative.split('/');
  return (
    !path.isAbsolute(relative) &&
    !/[\\:\u0000-\u001f\u007f]/.test(relative) &&
    names.every((name) => name !== '' && name !== '.' && name !== '..')
  );
}

/** Every file of a model with its digest, the main file first. @throws {@link ModelconvError} `E_INPUT`. */
export async function digestModel(model: {
  readonly file: string;
  readonly parts: readonly Pick<ModelPart, 'path' | 'file'>[];
}): Promise<{
  main: { sha256: string; sizeBytes: number };
  parts: { path: string; sha256: string; size: number }[];
}> {
  const main = await hashFile(model.file);
  const parts = [];
  for (const part of model.parts) {
    const { sha256, sizeBytes } = await hashFile(part.file);
    parts.push({ path: part.path, sha256, size: sizeBytes });
  }
  return { main, parts };
}
