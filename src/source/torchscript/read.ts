import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';
import { type FileWindow, MalformedError } from '../file-window.js';
import { type ScaledTensor, summarizeScaled } from '../quantized.js';
import type { ModelStructure } from '../structure.js';
import { openArchive, type TorchArchive } from './archive.js';
import { type Argument, type Forward, readForward } from './forward.js';
import { readPickle } from './pickle.js';
import { PickleObject, PickleTensor, type PickleValue } from './pickle-values.js';
import { storageDtype, weightsOf } from './storages.js';

const MAX_PICKLE = 64 * 1024 * 1024;
const MAX_CODE = 16 * 1024 * 1024;
const MAX_WORD = 64;

/**
 * Read what a TorchScript archive says about itself: its weights by their pickle, its inputs and the
 * number of its outputs by the code of its module. Nothing of it is executed. Operators are not counted.
 *
 * @throws MalformedError when it is damaged, or its module has no forward().
 */
export function readTorchscript(file: FileWindow): ModelStructure {
  const archive = openArchive(file);
  const data = pickleOf(archive, 'data.pkl');
  if (!(data.value instanceof PickleObject) || !data.value.type.startsWith('__torch__.'))
    throw new MalformedError('its pickle holds no module');
  const forward = forwardOf(archive, data.value.type);
  const constants = pickleOf(archive, 'constants.pkl');
  const weights = [
    ...weightsOf(archive, 'data', data.storages),
    ...weightsOf(archive, 'constants', constants.storages),
  ];
  return {
    info: describe(archive, data.value.type, forward, weights),
    externalSizes: new Map(),
    indexLimits: new Map(),
  };
}

function pickleOf(archive: TorchArchive, name: string): ReturnType<typeof readPickle> {
  const bytes = archive.read(name, MAX_PICKLE);
  if (bytes === undefined) throw new MalformedError(`it has no ${name}`);
  return readPickle(bytes);
}

/** `__torch__.a.b.C` is the class C of code/__torch__/a/b.py. */
function forwardOf(archive: TorchArchive, type: string): Forward {
  const end = type.lastIndexOf('.');
  const file = `code/${type.slice(0, end).replaceAll('.', '/')}.py`;
  const code = archive.read(file, MAX_CODE);
  if (code === undefined) throw new MalformedError(`it has no ${file}, the code of its module`);
  return readForward(code.toString('utf8'), type.slice(end + 1));
}

/** A record that is one word: `version`, `byteorder`. */
function wordOf(archive: TorchArchive, name: string): string | undefined {
  return archive.read(name, MAX_WORD)?.toString('utf8').trim();
}

function versionOf(archive: TorchArchive): string {
  const version = wordOf(archive, 'version');
  if (version === undefined) throw new MalformedError('it has no version');
  if (/^\d{1,9}$/.test(version)) return version;
  throw new MalformedError(`its version ${JSON.stringify(version)} is no number`);
}

function describe(
  archive: TorchArchive,
  type: string,
  forward: Forward,
  weights: readonly ScaledTensor[],
): Omit<ModelInfo, 'path' | 'sizeBytes'> {
  const byteOrder = wordOf(archive, 'byteorder');
  const { precision, quantized, weights: summary } = summarizeScaled([], weights);
  return {
    format: 'torchscript',
    formatVersion: versionOf(archive),
    graphName: type.slice(type.lastIndexOf('.') + 1),
    ...(precision === undefined ? {} : { precision }),
    quantized,
    weights: summary,
    inputs: inputsOf(forward, examplesOf(archive)),
    // they have no names
    outputs: Array.from({ length: forward.outputs ?? 0 }, (_none, index) => ({
      name: `output${index}`,
      dtype: 'unknown' as const,
    })),
    metadata: {
      forward: forward.signature,
      ...(byteOrder === undefined ? {} : { byteorder: byteOrder }),
    },
    facts: {
      formatVersion: 'read',
      inputs: 'read',
      outputs: forward.outputs === undefined ? 'unknown' : 'read',
      precision: precision === undefined ? 'unknown' : 'read',
      weights: 'read',
      producer: 'unknown',
      minimumRuntime: 'unknown',
    },
  };
}

/** What has a default need not be given: it keeps it. */
function inputsOf(forward: Forward, examples: readonly PickleValue[]): ModelTensor[] {
  const isTraced = examples.length === forward.arguments.length;
  return forward.arguments.flatMap((argument, index) =>
    argument.hasDefault ? [] : [inputOf(argument, isTraced ? examples[index] : undefined)],
  );
}

function inputOf({ name, type }: Argument, example: PickleValue | undefined): ModelTensor {
  if (type !== 'Tensor') return { name, dtype: 'unknown', kind: type.slice(0, 1024) };
  if (!(example instanceof PickleTensor)) return { name, dtype: 'unknown' };
  const { storage, shape } = example;
  return { name, dtype: storageDtype(storage), exampleShape: [...shape] };
}

/** torch.jit.trace keeps types and sizes of the example that it was given, without the numbers. */
function examplesOf(archive: TorchArchive): readonly PickleValue[] {
  const bytes = archive.read('traced_inputs.pkl', MAX_PICKLE);
  const value = bytes === undefined ? undefined : readPickle(bytes).value;
  const examples = value instanceof Map ? value.get('forward') : undefined;
  return Array.isArray(examples) ? examples : [];
}
