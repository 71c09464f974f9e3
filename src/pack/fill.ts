import { describeModel } from '../convert/describe.js';
import { ModelconvError } from '../errors.js';
import type { PackInput } from '../package/write.js';
import type { Descriptor, Model, ModelInfo } from '../schema/generated/types.js';

/** A descriptor that is not checked yet. */
export type Draft = Record<string, unknown>;

export function isObject(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The draft with everything that can be filled in; what the draft says stays. */
export function fillIn(
  draft: Draft,
  inputs: readonly PackInput[],
  info: ModelInfo | undefined,
): Draft {
  return {
    protocol: 'modelconv/1',
    kind: 'TargetModel',
    ...draft,
    model: fillModel(draft['model'], info),
    software: fillSoftware(draft['software'], info),
    files: fillFiles(draft['files'], inputs),
  };
}

/** Entries of the draft at their own places, completed; then the files that it does not list. */
function fillFiles(files: unknown, inputs: readonly PackInput[]): unknown {
  if (files !== undefined && !Array.isArray(files)) return files;
  const complete = ({ path: target, role, mediaType }: PackInput): Draft => ({
    path: target,
    role,
    size: 0,
    sha256: '0'.repeat(64),
    mediaType,
  });
  const listed: unknown[] = files ?? [];
  const completed = listed.map((entry) => {
    const input = isObject(entry)
      ? inputs.find((candidate) => candidate.path === entry['path'])
      : undefined;
    return isObject(entry) && input !== undefined ? { ...complete(input), ...entry } : entry;
  });
  const isListed = (input: PackInput): boolean =>
    listed.some((entry) => isObject(entry) && entry['path'] === input.path);
  return [...completed, ...inputs.filter((input) => !isListed(input)).map(complete)];
}

function fillModel(model: unknown, info: ModelInfo | undefined): unknown {
  if (model !== undefined && !isObject(model)) return model;
  const own = model ?? {};
  if (info === undefined) return { ...own, facts: factsOf(own, {}) };
  const read = describeModel({ info });
  return {
    ...read,
    ...own,
    weights: isObject(own['weights'])
      ? { ...read.weights, ...own['weights'] }
      : (own['weights'] ?? read.weights),
    inputs: fillTensors(own['inputs'], read.inputs),
    outputs: fillTensors(own['outputs'], read.outputs),
    facts: factsOf(own, read.facts ?? {}),
  };
}

/** What was read counts; the rest of what the draft says only the person who packs vouches for. */
function factsOf(own: Draft, read: NonNullable<Model['facts']>): NonNullable<Model['facts']> {
  const declared = [
    'format',
    'formatVersion',
    'type',
    'precision',
    'weights',
    'inputs',
    'outputs',
    'quantization',
  ].filter((key) => own[key] !== undefined && read[key] !== 'read');
  return { ...read, ...Object.fromEntries(declared.map((key) => [key, 'declared' as const])) };
}

/** Tensors of the draft (preprocessing, layout, labels), completed by name with what the file says of them. */
function fillTensors(own: unknown, read: Model['inputs']): unknown {
  if (own === undefined) return read;
  if (!Array.isArray(own)) return own;
  const tensors: unknown[] = own;
  const named = (name: string): Draft | undefined =>
    tensors.find((tensor) => isObject(tensor) && tensor['name'] === name) as Draft | undefined;
  const foreign = tensors.filter(
    (tensor) => !isObject(tensor) || !read.some(({ name }) => name === tensor['name']),
  );
  return [...read.map((tensor) => ({ ...tensor, ...named(tensor.name) })), ...foreign];
}

function fillSoftware(software: unknown, info: ModelInfo | undefined): unknown {
  const minimum = info?.minimumRuntime;
  if (minimum === undefined || (software !== undefined && !isObject(software))) return software;
  const stack = software?.['stack'];
  if (stack !== undefined && !isObject(stack)) return software;
  const isSameKind = stack?.['kind'] === undefined || stack['kind'] === minimum.kind;
  // a minimum of the user's own does not follow from our rule
  const ours =
    stack?.['minimumVersion'] === undefined
      ? { minimumVersion: minimum.version, minimumVersionSource: minimum.rule }
      : {};
  return {
    ...software,
    stack: { ...(isSameKind ? { kind: minimum.kind, ...ours } : {}), ...stack },
  };
}

/** A descriptor must not say of a file what the file itself denies. @throws ModelconvError `E_DESCRIPTOR_INVALID`. */
export function refuseContradictions(label: string, model: Model, info: ModelInfo): void {
  const faults = [
    ...difference('/model/format', 'format', model.format, info.format),
    ...difference(
      '/model/type',
      'type',
      model.type,
      info.quantized === true ? 'quantized' : 'float',
    ),
    ...difference(
      '/model/weights/dataFormat',
      'weight format',
      model.weights?.dataFormat,
      info.weights?.dataFormat,
    ),
    ...difference(
      '/model/weights/parameters',
      'number of parameters',
      textOf(model.weights?.parameters),
      textOf(info.weights?.parameters),
    ),
    ...difference(
      '/model/formatVersion',
      'format version',
      model.formatVersion,
      info.formatVersion,
    ),
    ...difference('/model/precision', 'precision', model.precision, info.precision),
    ...difference('/model/inputs', 'inputs', signature(model.inputs), signature(info.inputs)),
    ...difference('/model/outputs', 'outputs', signature(model.outputs), signature(info.outputs)),
  ];
  if (faults.length > 0)
    throw new ModelconvError('E_DESCRIPTOR_INVALID', {
      what: `${label} contradicts the model file`,
      why: 'what the file says about itself counts',
      next: 'correct these fields or leave them out: they are filled in',
      faults,
    });
}

function difference(
  path: string,
  what: string,
  said: string | undefined,
  read: string | undefined,
): { path: string; message: string }[] {
  return said === undefined || read === undefined || said === read
    ? []
    : [{ path, message: `${what} is ${read} in the file, not ${said}` }];
}

function signature(tensors: Descriptor['model']['inputs'] | ModelInfo['inputs']): string {
  return tensors
    .map(({ name, dtype, shape }) => `${name} ${dtype} [${shape?.join(',') ?? '?'}]`)
    .join('; ');
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
