import { ModelconvError } from '../../errors.js';
import { withInput } from '../../host/files.js';
import type {
  AdapterDescription,
  DescribedLength,
  ModelInfo,
} from '../../schema/generated/types.js';
import { FileWindow } from '../../source/file-window.js';
import { isReadable, probeModel } from '../../source/probe.js';
import type { ConvertedModel } from '../contract.js';
import { readModelMetadata } from '../read-metadata.js';

type Output = AdapterDescription['output'];
type Files = readonly [model: string, ...others: string[]];

/**
 * What a produced file says about itself: all that our reader of the format finds where there is one.
 * Of any other format only that it is that format, by its signature; the rest is unknown.
 *
 * @throws {@link ModelconvError} `E_MODEL_INVALID` when a signature or a length is not what it has to be.
 */
export async function readDescribed(output: Output, files: Files): Promise<ConvertedModel> {
  if (isReadable(output.format)) return await readModelMetadata(files);
  const [file] = files;
  const { fault, sizeBytes } = await withInput(file, async (handle, size) => ({
    fault: faultOf(output, new FileWindow(handle.fd, size)),
    sizeBytes: size,
  }));
  const why = fault ?? ((output.signature?.length ?? 0) > 0 ? undefined : await foreign(file));
  if (why !== undefined)
    throw new ModelconvError('E_MODEL_INVALID', {
      what: `${file} is not a ${output.format} model`,
      why,
    });
  return { info: bareInfo(output, file, sizeBytes), ...byteOrderOf(output) };
}

function byteOrderOf({ byteOrder }: Output): Pick<ConvertedModel, 'byteOrder'> {
  return byteOrder === undefined ? {} : { byteOrder };
}

function bareInfo({ format, signature }: Output, path: string, sizeBytes: number): ModelInfo {
  const isSigned = (signature?.length ?? 0) > 0;
  return {
    path,
    sizeBytes,
    format,
    inputs: [],
    outputs: [],
    facts: {
      format: isSigned ? 'read' : 'declared',
      inputs: 'unknown',
      outputs: 'unknown',
      type: 'unknown',
      precision: 'unknown',
      weights: 'unknown',
      minimumRuntime: 'unknown',
    },
  };
}

/** Why a file cannot be of the format; undefined when nothing speaks against it. */
function faultOf({ signature = [], lengths }: Output, file: FileWindow): string | undefined {
  for (const { at, text, hex } of signature) {
    const wanted = hex === undefined ? Buffer.from(text ?? '', 'latin1') : Buffer.from(hex, 'hex');
    const start = at < 0 ? file.sizeBytes + at : at;
    if (start < 0 || start + wanted.length > file.sizeBytes)
      return `it ends before the mark ${shown(wanted)} at byte ${at}`;
    const found = file.bytes(start, wanted.length);
    if (!found.equals(wanted))
      return `at byte ${at} stands ${shown(found)} and not ${shown(wanted)}`;
  }
  return wrongLength(lengths ?? [], file);
}

/** Without any mark of its own a file can still be told for something else: a tool may hand its source back. */
async function foreign(file: string): Promise<string | undefined> {
  const other = await probeModel(file).catch((error: unknown) => {
    if (error instanceof ModelconvError && error.code === 'E_MODEL_INVALID') return undefined;
    throw error;
  });
  return other === undefined ? undefined : `it is ${other.format}`;
}

/** What a file says of its own length has to be so: a tool that was killed leaves half a file. */
function wrongLength(fields: readonly DescribedLength[], file: FileWindow): string | undefined {
  for (const { at, bytes, byteOrder, plus } of fields) {
    if (at + bytes > file.sizeBytes) return 'it ends within its own header';
    const field = file.bytes(at, bytes);
    const digits = byteOrder === 'big' ? field : Buffer.from(field).reverse();
    const said = Number(BigInt(`0x${digits.toString('hex')}`));
    if (said === 0) continue;
    return said + plus === file.sizeBytes
      ? undefined
      : `it has ${file.sizeBytes} bytes, and says of itself that it has ${said + plus}: it is not whole`;
  }
  return undefined;
}

function shown(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
