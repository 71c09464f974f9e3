import { readFile } from 'node:fs/promises';
import { ModelconvError } from '../../errors.js';
import type { ModelTensor } from '../../schema/generated/types.js';
import type { ConvertedModel } from '../contract.js';
import { readModelMetadata } from '../read-metadata.js';

/** A blob of ncnn and the tensor of the source that it stands for; the driver wrote it. */
interface Noted {
  readonly name: string;
  readonly shape?: readonly number[];
  /** The axis of the source's tensor that the blob does not have. */
  readonly batchAxis?: number;
}

const MARK = '# modelconv-io ';

/**
 * The facts of a `.param` and its `.bin`; the order of the source's inputs and outputs, and the shapes
 * that ncnn gives them, come from the driver's note, for the file itself has neither.
 *
 * @throws ModelconvError `E_MODEL_INVALID` when they do not parse.
 */
export async function readMetadata(
  files: readonly [model: string, ...others: string[]],
): Promise<ConvertedModel> {
  const converted = await readModelMetadata(files);
  const text = await readFile(files[0], 'utf8');
  const line = text.split('\n').findLast((one) => one.startsWith(MARK));
  if (line === undefined) return converted;
  const { inputs, outputs } = parseNote(line.slice(MARK.length), files[0]);
  const { info } = converted;
  return {
    ...converted,
    info: {
      ...info,
      inputs: inOrder(info.inputs, inputs),
      outputs: inOrder(info.outputs, outputs),
      facts: { ...info.facts, inputs: 'declared', outputs: 'declared' },
    },
  };
}

function parseNote(text: string, file: string): Record<'inputs' | 'outputs', readonly Noted[]> {
  try {
    const { inputs, outputs } = JSON.parse(text);
    if (Array.isArray(inputs) && Array.isArray(outputs)) return { inputs, outputs };
  } catch {
    // said below
  }
  throw new ModelconvError('E_MODEL_INVALID', {
    what: `${file} is not a model that can be read`,
    why: `its line "${MARK.trim()}" is damaged`,
  });
}

function inOrder(found: readonly ModelTensor[], noted: readonly Noted[]): ModelTensor[] {
  return noted.flatMap(({ name, shape, batchAxis }) => {
    const tensor = found.find((one) => one.name === name);
    if (tensor === undefined) return [];
    const own = shape?.filter((_size, axis) => axis !== batchAxis);
    return [own === undefined ? tensor : { ...tensor, shape: own }];
  });
}
