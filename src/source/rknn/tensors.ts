import type { Dtype, ModelTensor } from '../../schema/generated/types.js';
import { MalformedError } from '../file-window.js';
import type { RknnProgram } from './body.js';

const DTYPES: ReadonlySet<string> = new Set<Dtype>([
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
]);
const MAX_DIMS = 64;
const LAYOUT = /^[A-Z0-9]{1,16}$/;
const MAX_NAME = 1024;

type Json = Readonly<Record<string, unknown>>;

export interface RknnTensor {
  readonly tensor: ModelTensor;
  /** `int8`, `int16`, …; empty for a float tensor. */
  readonly quantizedTo: string;
}

/**
 * The inputs or outputs that the description lists, in the order of the model.
 *
 * @throws MalformedError when a list or a tensor in it is missing or not as it must be.
 */
export function tensorsOf(
  json: Json,
  side: 'input' | 'output',
  program: RknnProgram | undefined,
): RknnTensor[] {
  const tensors = new Map(objects(json, 'norm_tensor').map((entry) => [entry['tensor_id'], entry]));
  return objects(json, 'graph')
    .filter((edge) => edge['left'] === side)
    .sort((a, b) => Number(a['left_tensor_id']) - Number(b['left_tensor_id']))
    .map((edge) => {
      const entry = tensors.get(edge['right_tensor_id']);
      if (edge['right'] !== 'norm_tensor' || entry === undefined)
        throw new MalformedError(`its description does not hold the ${side}s that it names`);
      return toTensor(entry, program);
    });
}

function objects(json: Json, key: string): Json[] {
  const list = json[key];
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'object' || entry === null))
    throw new MalformedError(`its description has no list "${key}"`);
  return list as Json[];
}

function toTensor(entry: Json, program: RknnProgram | undefined): RknnTensor {
  const name = entry['url'];
  const { size, dtype } = entry;
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME)
    throw new MalformedError('a tensor of its description has no name');
  if (!Array.isArray(size) || size.length > MAX_DIMS || !size.every(isSize))
    throw new MalformedError(`the shape of ${name} cannot be`);
  const types = Object(dtype) as { qnt_type?: unknown; vx_type?: unknown };
  const native = program?.tensors.get(name);
  const declared = types.vx_type || native?.dtype;
  // of other ranks it says NCHW, whatever the axes are
  const layout = size.length === 4 ? native?.layout : undefined;
  return {
    tensor: {
      name,
      dtype: dtypeOf(declared),
      shape: size,
      ...(layout !== undefined && LAYOUT.test(layout) ? { deviceLayout: layout } : {}),
    },
    quantizedTo: typeof types.qnt_type === 'string' ? types.qnt_type : '',
  };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function dtypeOf(name: unknown): Dtype {
  return typeof name === 'string' && DTYPES.has(name) ? (name as Dtype) : 'unknown';
}
