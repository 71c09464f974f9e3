import type { ModelTensor } from '../schema/generated/types.js';
import { isNumeric } from '../tensor/elements.js';
import type { FaultList } from './faults.js';
import type { CalibrationRequest, InputPreprocess, StaticInput } from './request.js';

/** The inputs that data can be prepared for; for the others, and for declarations that cannot be, faults are added. */
export function checkRequest(
  request: Pick<CalibrationRequest, 'path' | 'inputs' | 'preprocess' | 'limit'>,
  faults: FaultList,
): StaticInput[] {
  const { path, inputs, preprocess, limit } = request;
  if (inputs.length === 0) faults.add({ path }, 'the model has no inputs');
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    faults.add({ path }, `the number of samples is ${limit}, it must be a whole number from 1`);
  for (const [name, declared] of Object.entries(preprocess)) {
    const place = { path: `input ${name}` };
    if (!inputs.some((input) => input.name === name))
      faults.add(place, 'preprocessing is declared for it, but the model has no such input');
    for (const fault of declarationFaults(declared)) faults.add(place, fault);
  }
  return inputs.flatMap((input) => staticInput(input, faults));
}

function staticInput({ name, dtype, shape }: ModelTensor, faults: FaultList): StaticInput[] {
  const place = { path: `input ${name}` };
  const sizes = shape?.filter((size) => typeof size === 'number' && size > 0) as
    | number[]
    | undefined;
  if (!isNumeric(dtype)) faults.add(place, `its type is ${dtype}, data are numbers`);
  else if (shape === undefined || sizes?.length !== shape.length)
    faults.add(place, `its shape is not fixed: [${shape?.join(', ') ?? 'unknown'}]`);
  else return [{ name, dtype, shape: sizes }];
  return [];
}

/** What no data can be prepared with. Empty when all can be. */
export function declarationFaults({
  mean = [],
  scale = [],
  range,
  padding,
}: InputPreprocess): string[] {
  return [
    ...([...mean, ...scale].every(Number.isFinite)
      ? []
      : ['mean and scale must be finite numbers']),
    ...(scale.includes(0) ? ['a scale of 0 leaves nothing of the data'] : []),
    ...(range === undefined || range[0] < range[1]
      ? []
      : [`range [${range.join(', ')}] must be the least and then the greatest value`]),
    ...(padding === undefined || (padding >= 0 && padding <= 255)
      ? []
      : [`padding ${padding} is not between 0 and 255`]),
  ];
}
