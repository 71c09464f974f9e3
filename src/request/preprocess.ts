import { placeFaults } from '../calibration/host-part.js';
import { declarationFaults } from '../calibration/request-lint.js';
import { ModelconvError } from '../errors.js';
import { readSmallText } from '../host/files.js';
import type { ModelTensor, Preprocess } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';

/** Preprocessing by input name; `*` stands for every input. */
export type PreprocessByInput = Readonly<Record<string, Preprocess>>;

/** What `--range`, `--mean`, `--scale`, `--color-order`, `--resize`, `--padding` and `--layout` say. */
export interface PreprocessFlags {
  readonly range?: string | undefined;
  readonly mean?: string | undefined;
  readonly scale?: string | undefined;
  readonly colorOrder?: Preprocess['colorOrder'] | undefined;
  readonly resize?: Preprocess['resize'] | undefined;
  readonly padding?: number | undefined;
  readonly layout?: Preprocess['layout'] | undefined;
}

const MAX_FILE_BYTES = 256 * 1024;

/** Read a preprocessing document. @throws {@link ModelconvError} `E_INPUT`, `E_PREPROCESS_INVALID`. */
export async function readPreprocessFile(file: string): Promise<PreprocessByInput> {
  const { parseDocumentOf } = await import('../schema/parse.js');
  const text = await readSmallText(file, MAX_FILE_BYTES, 'E_PREPROCESS_INVALID');
  return (await parseDocumentOf('preprocess', text, file)).inputs;
}

/** What is said later about an input goes over what was said before about it. */
export function mergePreprocess(
  earlier: PreprocessByInput = {},
  later: PreprocessByInput = {},
): PreprocessByInput {
  const names = new Set([...Object.keys(earlier), ...Object.keys(later)]);
  return Object.fromEntries(
    [...names].map((name) => [name, { ...earlier[name], ...later['*'], ...later[name] }]),
  );
}

/** The flags as one preprocessing for all inputs; undefined when none is given. @throws {@link ModelconvError} `E_USAGE`. */
export function parsePreprocess(flags: PreprocessFlags): PreprocessByInput | undefined {
  const { range, mean, scale, colorOrder, resize, padding, layout } = flags;
  const all: Preprocess = {
    ...(range === undefined ? {} : { range: rangeOf(range) }),
    ...(mean === undefined ? {} : { mean: numbers('--mean', mean) }),
    ...(scale === undefined ? {} : { scale: numbers('--scale', scale) }),
    ...(colorOrder === undefined ? {} : { colorOrder }),
    ...(resize === undefined ? {} : { resize }),
    ...(padding === undefined ? {} : { padding }),
    ...(layout === undefined ? {} : { layout }),
  };
  return Object.keys(all).length === 0 ? undefined : { '*': all };
}

function rangeOf(text: string): [number, number] {
  const [low = Number.NaN, high = Number.NaN, ...more] = numbersIn(text);
  if (low < high && more.length === 0 && Number.isFinite(high - low)) return [low, high];
  throw new ModelconvError('E_USAGE', {
    what: `--range ${JSON.stringify(text)} is not understood`,
    why: 'a range is what black and full brightness become, the lesser number first',
    next: 'write two numbers: --range 0,1',
  });
}

function numbersIn(text: string): number[] {
  return text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
}

function numbers(flag: string, text: string): number[] {
  const values = numbersIn(text);
  if (values.every(Number.isFinite)) return values;
  throw new ModelconvError('E_USAGE', {
    what: `${flag} ${JSON.stringify(text)} is not understood`,
    next: `write one number, or one per channel: ${flag} ${flag === '--mean' ? '123.675,116.28,103.53' : '0.01712,0.01751,0.01743'}`,
  });
}

/**
 * The preprocessing of each input of a model, with what `*` says filled in.
 *
 * @throws {@link ModelconvError} `E_USAGE` for an input that there is not, or steps that cannot be done, or not where they are said to be.
 */
export function preprocessOf(
  inputs: readonly ModelTensor[],
  declared: PreprocessByInput,
): Record<string, Preprocess> {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(declared).find((name) => name !== '*' && !names.includes(name));
  if (unknown !== undefined)
    throw new ModelconvError('E_USAGE', {
      what: `preprocess names the input "${unknown}", which the model does not have.${didYouMean(unknown, names)}`,
      next: `its inputs are: ${names.join(', ')}`,
    });
  const filled = names
    .map((name): [string, Preprocess] => [name, { ...declared['*'], ...declared[name] }])
    .filter(([, preprocess]) => Object.keys(preprocess).length > 0);
  for (const [name, preprocess] of filled) {
    const [misplaced] = placeFaults(preprocess);
    const shape = inputs.find((input) => input.name === name)?.shape;
    const [odd] = [...declarationFaults(preprocess), ...channelFaults(preprocess, shape)];
    const fault = misplaced ?? odd;
    if (fault !== undefined)
      throw new ModelconvError('E_USAGE', {
        what: `preprocess of input ${name} cannot be done as it is declared`,
        why: fault,
        next: `${misplaced === undefined ? 'correct it' : 'let the graph or the NPU do all that comes after'}; see docs/preprocess.md`,
      });
  }
  return Object.fromEntries(filled);
}

/** Several numbers are one for each channel: an axis of the input has to be of that size, or open. */
function channelFaults(preprocess: Preprocess, shape: ModelTensor['shape']): string[] {
  return (['mean', 'scale'] as const).flatMap((step) => {
    const numbers = preprocess[step]?.length ?? 1;
    if (numbers === 0) return [`${step} has no number`];
    // the first of four axes is that of the batch
    const axes = shape?.length === 4 ? shape.slice(1) : shape;
    const fits = axes?.some((size) => size === numbers || typeof size === 'string') ?? true;
    return numbers === 1 || fits
      ? []
      : [
          `${step} has ${numbers} numbers, and no axis of its shape [${shape?.join(', ')}] can be that of so many channels`,
        ];
  });
}
