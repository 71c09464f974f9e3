import type { FileWindow } from './file-window.js';
import { isMnn } from './mnn/signature.js';
import { ncnnKind } from './ncnn/signature.js';
import { xmlKind } from './openvino/signature.js';
import { archiveKind } from './torchscript/signature.js';
import { isZip } from './zip/directory.js';

/** Formats that have a reader here. */
export type ReadableFormat =
  | 'onnx'
  | 'ort'
  | 'tflite'
  | 'torchscript'
  | 'openvino-ir'
  | 'ncnn'
  | 'mnn'
  | 'rknn';

/** What a file is: a format, or something else by its name, with what to do about it where that is known. */
export type Detected =
  | { readonly format: ReadableFormat }
  | { readonly other: string; readonly next?: string };

interface Signature {
  readonly name: string;
  /** What to do with such a file, where that is not to export a model again. */
  readonly next?: string;
  readonly offset: number;
  readonly bytes: string;
}

/** Converted models that have no reader here: what is asked of them is asked of their package. */
const PACK =
  'put it into a package, whose descriptor says what it is: modelconv pack FILE --descriptor pack.yaml -o OUT';

/** Well-known first bytes, so that a wrong file is named for what it is. */
const SIGNATURES: readonly Signature[] = [
  { name: 'an HDF5 file (Keras?)', offset: 0, bytes: '\u0089HDF' },
  { name: 'a GGUF model', offset: 0, bytes: 'GGUF' },
  { name: 'a NumPy array', offset: 0, bytes: '\u0093NUMPY' },
  { name: 'a gzip archive', offset: 0, bytes: '\u001f\u008b' },
  { name: 'a pickle', offset: 0, bytes: '\u0080\u0002' },
  { name: 'an encrypted file (age)', offset: 0, bytes: 'age-encryption.org/v1' },
  { name: 'a PNG image', offset: 0, bytes: '\u0089PNG' },
  // nncase 1.9, ESP-PPQ 1.3; BMODEL_MAGIC of tpu-mlir
  { name: 'a kmodel (Kendryte)', offset: 0, bytes: 'LDMK', next: PACK },
  { name: 'an ESP-DL model', offset: 0, bytes: 'EDL2', next: PACK },
  { name: 'a bmodel (Sophgo)', offset: 0, bytes: '\u00ee\u00aaU\u00ff', next: PACK },
  { name: 'a tar archive', offset: 257, bytes: 'ustar' },
];

/** Flatbuffer identifier of the ORT format, at byte 4 (onnxruntime/core/flatbuffers/schema/ort.fbs). */
const ORT: Signature = { name: 'an ORT model', offset: 4, bytes: 'ORTM' };

/** The same of TensorFlow Lite (tensorflow/compiler/mlir/lite/schema/schema.fbs). */
const TFLITE: Signature = { name: 'a TensorFlow Lite model', offset: 4, bytes: 'TFL3' };

/** First bytes of a Rockchip RKNN file (rknn/header.ts). */
const RKNN: Signature = { name: 'a Rockchip RKNN model', offset: 0, bytes: 'RKNN' };

/**
 * A flatbuffer starts with the offset of its root table, which the builders put near the front. An
 * ONNX file can have any text at byte 4 (its producer's name), but never such a start.
 */
function startsLikeFlatbuffer(file: FileWindow): boolean {
  const root = file.bytes(0, 4).readUInt32LE(0);
  return root < 65_536 && root < file.sizeBytes;
}

function has(file: FileWindow, { offset, bytes }: Signature): boolean {
  if (file.sizeBytes < Math.max(4, offset + bytes.length)) return false;
  if (offset === 4 && !startsLikeFlatbuffer(file)) return false;
  return file.bytes(offset, bytes.length).toString('latin1') === bytes;
}

/**
 * The format of a file by its first bytes. ONNX is bare protobuf and has no signature:
 * what is nothing else may be ONNX, which its reader decides.
 *
 * @returns a format, or `other` with the name of what the file is.
 */
export function detectFormat(file: FileWindow): Detected {
  if (has(file, ORT)) return { format: 'ort' };
  if (has(file, TFLITE)) return { format: 'tflite' };
  if (isMnn(file)) return { format: 'mnn' };
  if (has(file, RKNN)) return { format: 'rknn' };
  if (isZip(file)) return archiveKind(file);
  const text = detectText(file);
  if (text !== undefined) return text;
  const other = SIGNATURES.find((signature) => has(file, signature));
  if (other === undefined) return { format: 'onnx' };
  return { other: other.name, ...(other.next === undefined ? {} : { next: other.next }) };
}

/** The formats whose main file is text. */
function detectText(file: FileWindow): Detected | undefined {
  const ncnn = ncnnKind(file);
  if (ncnn === 'text') return { format: 'ncnn' };
  if (ncnn === 'binary')
    return { other: 'a binary ncnn structure (.param.bin): only the text .param is read' };
  const xml = xmlKind(file);
  if (xml === 'openvino-ir') return { format: xml };
  return xml === undefined ? undefined : { other: 'an XML file that is no OpenVINO IR' };
}
