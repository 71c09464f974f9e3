import { ModelconvError } from '../errors.js';
import type { Dtype, InputDtypes, InputShapes, ModelTensor } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';

const FORM = 'write --input NAME=1,3,224,224';

/** What `--input` says of the inputs of a model, by name. */
export interface InputWishes {
  readonly inputs: Readonly<InputShapes>;
  /** Types of inputs whose file does not say them. */
  readonly inputDtypes: Readonly<InputDtypes>;
}

/**
 * `NAME=1,3,224,224` or `NAME=1,64:int64`, one for each input; the last `=` counts, for names may hold one.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function parseInputs(words: readonly string[]): InputWishes {
  const inputs: InputShapes = {};
  const inputDtypes: InputDtypes = {};
  for (const word of words) {
    const { name, sizes, dtype } = parseWord(word);
    if (Object.hasOwn(inputs, name))
      throw new ModelconvError('E_USAGE', {
        what: `--input names ${JSON.stringify(name)} twice`,
        next: 'give each input one shape',
      });
    inputs[name] = sizes;
    if (dtype !== undefined) inputDtypes[name] = dtype;
  }
  return { inputs, inputDtypes };
}

function parseWord(word: string): { name: string; sizes: number[]; dtype: Dtype | undefined } {
  const equals = word.lastIndexOf('=');
  const name = word.slice(0, Math.max(0, equals));
  const [list = '', ...types] = word.slice(equals + 1).split(':');
  const sizes = list
    .replace(/^\[(.*)\]$/, '$1')
    .split(',')
    .map((text) => (/^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0));
  if (name === '' || types.length > 1 || sizes.some((size) => size < 1))
    throw new ModelconvError('E_USAGE', {
      what: `--input ${JSON.stringify(word)} is not understood`,
      why: 'a shape is a list of whole numbers from 1, batch axis included',
      next: FORM,
    });
  const [dtype] = types;
  if (dtype === undefined || isDtype(dtype)) return { name, sizes, dtype };
  throw new ModelconvError('E_USAGE', {
    what: `--input ${JSON.stringify(word)} names the type "${dtype}".${didYouMean(dtype, DTYPES)}`,
    next: `write --input ${name}=${list}:TYPE, one of ${DTYPES.join(', ')}`,
  });
}

/** Types that samples can be made of. */
const DTYPES: readonly Dtype[] = [
  ...([
    'float32',
    'float16',
    'float64',
    'int64',
    'int32',
    'int16',
    'int8',
    'uint8',
    'bool',
  ] as const),
];

function isDtype(word: string): word is Dtype {
  return DTYPES.some((dtype) => dtype === word);
}

/** Of an input whose sizes are given, and whose type nobody says. */
const USUAL_DTYPE = 'float32';

/**
 * The inputs of a model with their sizes and types as `--input` fixes them.
 *
 * @throws {@link ModelconvError} `E_USAGE` for an input that there is not, or a shape or type that cannot be.
 */
export function fixInputs(
  inputs: readonly ModelTensor[],
  { inputs: shapes, inputDtypes: dtypes }: InputWishes,
): ModelTensor[] {
  const names = inputs.map(({ name }) => name);
  for (const name of [...Object.keys(shapes), ...Object.keys(dtypes)]) {
    if (!names.includes(name))
      throw new ModelconvError('E_USAGE', {
        what: `the model has no input "${name}".${didYouMean(name, names)}`,
        why: `its inputs are: ${names.join(', ')}`,
        next: FORM,
      });
  }
  return inputs.map((input) => {
    const shape = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined;
    const dtype = Object.hasOwn(dtypes, input.name) ? dtypes[input.name] : undefined;
    if (shape === undefined) return dtype === undefined ? input : withDtype(input, dtype);
    const usual = input.dtype === 'unknown' ? USUAL_DTYPE : input.dtype;
    return { ...withDtype(input, dtype ?? usual), shape: fixedShape(input, shape) };
  });
}

/** The type of the example of a trace may be another; what a file fixes stays. */
function withDtype(input: ModelTensor, dtype: Dtype): ModelTensor {
  const isFixed = input.dtype !== 'unknown' && input.exampleShape === undefined;
  if (!isFixed || dtype === input.dtype) return { ...input, dtype };
  throw new ModelconvError('E_USAGE', {
    what: `input ${input.name} cannot be ${dtype}`,
    why: `the model takes ${input.dtype}`,
    next: 'leave the type out: it is read from the model',
  });
}

function fixedShape({ name, shape }: ModelTensor, wanted: readonly number[]): number[] {
  const fits =
    shape === undefined ||
    (shape.length === wanted.length &&
      shape.every((size, axis) => typeof size === 'string' || size === wanted[axis]));
  if (fits) return [...wanted];
  throw new ModelconvError('E_USAGE', {
    what: `input ${name} cannot be [${wanted.join(', ')}]`,
    why: `the model takes [${shape.join(', ')}]`,
    next: 'change only the sizes that the model leaves open',
  });
}

/** The `--input` flags that would fix every open size of a model at 1, or at that of the example that it was traced with. */
export function suggestInputs(inputs: readonly ModelTensor[]): string {
  return inputs
    .filter(({ shape }) => isOpen(shape))
    .map(({ name, shape, exampleShape }) => {
      const sizes = (shape ?? exampleShape ?? []).map((size) =>
        typeof size === 'string' ? 1 : size,
      );
      return `--input ${name}=${sizes.join(',') || '…'}`;
    })
    .join(' ');
}

/** Whether a shape leaves a size open. */
export function isOpen(shape: ModelTensor['shape']): boolean {
  return shape === undefined || shape.some((size) => typeof size === 'string');
}
