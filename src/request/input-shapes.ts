import { ModelconvError } from '../errors.js';
import type {
  Dtype,
  InputDtypes,
  InputShapes,
  ModelInfo,
  ModelTensor,
} from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';
import { isOpen } from '../tensor/open-shape.js';

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

/** The outputs of a model, where `--input` gives a size to what their shapes name. */
export function fixOutputs(
  { inputs, outputs }: Pick<ModelInfo, 'inputs' | 'outputs'>,
  shapes: Readonly<InputShapes>,
): ModelTensor[] {
  const named = inputs.flatMap(({ name, shape = [] }) =>
    Object.hasOwn(shapes, name)
      ? shape.map((size, axis) => [size, shapes[name]?.[axis]] as const)
      : [],
  );
  // every `?` is a size of its own
  const sizes = new Map(named.filter(([size]) => typeof size === 'string' && size !== '?'));
  return outputs.map((output) =>
    output.shape === undefined
      ? output
      : { ...output, shape: output.shape.map((size) => sizes.get(size) ?? size) },
  );
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

/** Sizes in an example: those of a usual image; 128 for the length of a sequence. */
const EXAMPLE = { batch: 1, pixels: 224, length: 128 } as const;

/**
 * How to fix every open size of a model, for an error's `next`. Only of a batch axis the size is known:
 * for the others the flags are an example.
 */
export function suggestInputs(inputs: readonly ModelTensor[]): string {
  const open = inputs.filter(({ shape }) => isOpen(shape));
  const flags = open
    .map(
      ({ name, shape, exampleShape }) => `--input ${name}=${exampleSizes(shape ?? exampleShape)}`,
    )
    .join(' ');
  const isKnown = open.every(({ shape, exampleShape }) => {
    const known = shape ?? exampleShape;
    return known !== undefined && !isOpen(known.slice(1));
  });
  return isKnown ? `fix the sizes: ${flags}` : `fix the sizes with yours, such as: ${flags}`;
}

function exampleSizes(shape: ModelTensor['shape']): string {
  if (shape === undefined) return '1,…';
  const { batch, pixels, length } = EXAMPLE;
  const inner = shape.length >= 4 ? pixels : length;
  return shape
    .map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? batch : inner))
    .join(',');
}
