import { ModelconvError } from '../errors.js';
import type { InputShapes, ModelInfo, ModelTensor } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';
import { isOpen } from '../tensor/open-shape.js';

const FORM = 'write --input NAME=1,3,224,224';

/**
 * `NAME=1,3,224,224`, one for each input; the last `=` counts, for names may hold one.
 *
 * @throws {@link ModelconvError} `E_USAGE`.
 */
export function parseInputShapes(words: readonly string[]): InputShapes {
  const shapes: InputShapes = {};
  for (const word of words) {
    const equals = word.lastIndexOf('=');
    const name = word.slice(0, Math.max(0, equals));
    const sizes = word
      .slice(equals + 1)
      .replace(/^\[(.*)\]$/, '$1')
      .split(',')
      .map((text) => (/^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0));
    if (name === '' || sizes.some((size) => size < 1))
      throw new ModelconvError('E_USAGE', {
        what: `--input ${JSON.stringify(word)} is not understood`,
        why: 'a shape is a list of whole numbers from 1, batch axis included',
        next: FORM,
      });
    if (Object.hasOwn(shapes, name))
      throw new ModelconvError('E_USAGE', {
        what: `--input names ${JSON.stringify(name)} twice`,
        next: 'give each input one shape',
      });
    shapes[name] = sizes;
  }
  return shapes;
}

/**
 * The inputs of a model with their sizes as `--input` fixes them.
 *
 * @throws {@link ModelconvError} `E_USAGE` for an input that there is not, or a shape that cannot be.
 */
export function fixInputs(
  inputs: readonly ModelTensor[],
  shapes: Readonly<InputShapes>,
): ModelTensor[] {
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(shapes)) {
    if (!names.includes(name))
      throw new ModelconvError('E_USAGE', {
        what: `the model has no input "${name}".${didYouMean(name, names)}`,
        why: `its inputs are: ${names.join(', ')}`,
        next: FORM,
      });
  }
  return inputs.map((input) => {
    const wanted = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined;
    return wanted === undefined ? input : { ...input, shape: fixedShape(input, wanted) };
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
  const flags = open.map(({ name, shape }) => `--input ${name}=${exampleSizes(shape)}`).join(' ');
  const isKnown = open.every(({ shape }) => shape !== undefined && !isOpen(shape.slice(1)));
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
