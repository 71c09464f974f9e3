import { elementBytes } from '../tensor/elements.js';
import { withArray } from './array-file.js';
import { arraySample, type PreparedSample } from './array-values.js';
import { encodeSample } from './encode-sample.js';
import { unusable } from './faults.js';
import type { ImageReader } from './image-file.js';
import type { ImageTarget } from './image-target.js';
import { imageValues } from './image-values.js';
import type { InputPlan, Unit } from './input-plan.js';
import { isConstant } from './raw-image.js';

/** Told of each sample in order, or of why one cannot be had; one sample is held at a time. */
export interface SampleVisitor {
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
  sample(index: number, unit: Unit, sample: PreparedSample): Promise<void>;
  /** The file is left; its other samples are not visited. */
  unusable(unit: Unit, error: unknown): void;
}

/** Read and prepare the given samples of one input, each file once. */
export async function readSamples(
  plan: InputPlan,
  units: readonly Unit[],
  images: ImageReader,
  visitor: SampleVisitor,
): Promise<void> {
  for (let start = 0; start < units.length; ) {
    const unit = units[start];
    if (unit === undefined) return;
    let end = start + 1;
    while (units[end]?.file === unit.file) end++;
    visitor.signal?.throwIfAborted();
    try {
      if (plan.source.kind === 'images')
        await visitor.sample(start, unit, await readImage(unit, plan, plan.source.target, images));
      else await readArray(plan, units.slice(start, end), start, visitor);
    } catch (error) {
      visitor.signal?.throwIfAborted();
      visitor.unusable(unit, error);
    }
    start = end;
  }
}

async function readImage(
  { file }: Unit,
  { preprocess, input }: InputPlan,
  target: ImageTarget,
  images: ImageReader,
): Promise<PreparedSample> {
  const image = await images.read(file.path);
  const values = imageValues(image, target, preprocess.colorOrder === 'gray');
  return { data: encodeSample(input.dtype, values), values, isBlank: isConstant(image) };
}

async function readArray(
  { input, isOnlyInput, source: wanted }: InputPlan,
  units: readonly Unit[],
  start: number,
  visitor: SampleVisitor,
): Promise<void> {
  const [first] = units;
  if (first === undefined || wanted.kind !== 'arrays') return;
  await withArray(first.file, input.name, isOnlyInput, async ({ source, dtype }) => {
    const bytes = input.shape.reduce((product, size) => product * size, elementBytes(dtype));
    let next = 0;
    for (const [i, unit] of units.entries()) {
      visitor.signal?.throwIfAborted();
      await source.skip((unit.index - next) * bytes);
      const data = await source.read(bytes);
      next = unit.index + 1;
      if (data.length < bytes) throw unusable('it is truncated');
      await visitor.sample(start + i, unit, arraySample(data, dtype, input, wanted.scaling));
    }
    await source.finish();
  });
}
