import { fixInputs, fixOutputs, type InputWishes } from '../request/input-shapes.js';
import { type PreprocessByInput, preprocessOf } from '../request/preprocess.js';
import type {
  InputTensor,
  ModelInfo,
  ModelTensor,
  TensorSource,
} from '../schema/generated/types.js';
import { notedSource } from '../source/noted-source.js';
import {
  droppedTensors,
  type MappedTensor,
  mapTensors,
  type ProvenPair,
  sameTensors,
} from './io-map.js';

/** The inputs and outputs of a model, each with what it is in the source. */
export interface MappedModel {
  readonly inputs: readonly MappedTensor[];
  readonly outputs: readonly MappedTensor[];
  /** Names of inputs of the source that are gone. */
  readonly droppedInputs: readonly string[];
}

type Side = 'inputs' | 'outputs';

export interface MapRequest {
  readonly request: InputWishes & { readonly preprocess: PreprocessByInput };
  readonly source: ModelInfo;
  /** What each converter made, the last one last; empty for a source that is packed as it is. */
  readonly made: readonly ModelInfo[];
  readonly pairs: readonly ProvenPair[] | undefined;
}

/** The I/O map of a conversion; of a chain, through all that lies between. */
export function mapModel({ request, source, made, pairs }: MapRequest): MappedModel {
  const declared = withLayouts(source, request.preprocess);
  if (made.length === 0)
    return {
      inputs: sameTensors(declared.inputs),
      outputs: sameTensors(declared.outputs),
      droppedInputs: [],
    };
  const fixed = {
    inputs: fixInputs(source.inputs, request),
    outputs: fixOutputs(source, request.inputs),
  };
  const map = (side: Side): MappedTensor[] => {
    const links = made.map((info, at) => {
      const isFirst = at === 0;
      return mapTensors((isFirst ? declared : (made[at - 1] ?? info))[side], info[side], {
        isProven: pairs !== undefined,
        pairs: made.length === 1 && side === 'outputs' ? pairs : undefined,
        areShapesRead: info.facts[side] === 'read',
        fixed: isFirst ? fixed[side] : undefined,
      });
    });
    return links.reduce((before, link) => joined(before, link));
  };
  const inputs = map('inputs');
  return { inputs, outputs: map('outputs'), droppedInputs: droppedTensors(source.inputs, inputs) };
}

/** A model of which nothing is known but what its file says. */
export function unmapped({ inputs, outputs }: ModelInfo): MappedModel {
  const own = (tensor: ModelTensor): MappedTensor => ({
    tensor,
    ...notedSource(tensor),
    ...(tensor.layout === undefined ? {} : { layout: tensor.layout }),
  });
  return { inputs: inputs.map(own), outputs: outputs.map(own), droppedInputs: [] };
}

/** What is declared of an image is what its axes mean. */
function withLayouts(source: ModelInfo, preprocess: PreprocessByInput): ModelInfo {
  const declared = preprocessOf(source.inputs, preprocess);
  return {
    ...source,
    inputs: source.inputs.map((input) => {
      const layout = input.shape?.length === 4 ? declared[input.name]?.layout : undefined;
      return layout === undefined ? input : { ...input, layout: layout.toUpperCase() };
    }),
  };
}

/** What a later converter made of what an earlier one made of the source. */
function joined(before: readonly MappedTensor[], link: readonly MappedTensor[]): MappedTensor[] {
  return link.map((last) => {
    const between = before[last.source?.index ?? -1];
    if (last.source === undefined || between?.source === undefined)
      return { tensor: last.tensor, ...(last.layout === undefined ? {} : { layout: last.layout }) };
    const { sourceName, source } = between;
    return {
      ...last,
      ...(sourceName === undefined ? {} : { sourceName }),
      source: joinedSource(source, last.source, between.tensor, last.tensor),
    };
  });
}

function joinedSource(
  first: TensorSource,
  last: TensorSource,
  between: ModelTensor,
  tensor: ModelTensor,
): TensorSource {
  const shape = first.shape ?? between.shape;
  const dtype = first.dtype ?? between.dtype;
  const isSameShape = JSON.stringify(shape) === JSON.stringify(tensor.shape);
  const axes = last.axes?.map((axis) => (axis === null ? null : (first.axes?.[axis] ?? null)));
  const axesFrom = weaker(AXES_FROM, first.axesFrom, last.axesFrom);
  const areKnown = first.axes !== undefined && axes !== undefined && axesFrom !== undefined;
  return {
    ...(first.index === undefined ? {} : { index: first.index }),
    ...(shape === undefined || isSameShape ? {} : { shape }),
    ...(dtype === tensor.dtype ? {} : { dtype }),
    ...(areKnown ? { axes, axesFrom } : {}),
    matchedBy: weaker(MATCHED_BY, first.matchedBy, last.matchedBy) ?? 'place',
  };
}

/** The surest first: a chain is as sure as its least sure link. */
const AXES_FROM = ['same', 'file', 'parity', 'shape'] as const;
const MATCHED_BY = ['same', 'file', 'name', 'only', 'parity', 'shape', 'place'] as const;

function weaker<T>(order: readonly T[], a: T | undefined, b: T | undefined): T | undefined {
  const places = [a, b].map((one) => (one === undefined ? -1 : order.indexOf(one)));
  return order[Math.max(...places)];
}

/** A tensor in the words of the descriptor. */
export function describeTensor({ tensor, sourceName, source, layout }: MappedTensor): InputTensor {
  const { name, shape, dtype, deviceLayout } = tensor;
  return {
    name,
    ...(sourceName === undefined ? {} : { sourceName }),
    ...(shape === undefined
      ? {}
      : { shape, dynamic: shape.some((size) => typeof size === 'string') }),
    dtype,
    ...(layout === undefined ? {} : { layout }),
    ...(deviceLayout === undefined ? {} : { deviceLayout }),
    ...(source === undefined ? {} : { source }),
  };
}
