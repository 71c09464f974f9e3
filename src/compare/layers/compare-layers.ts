import type { OutputResult } from '../../adapters/run-files.js';
import type { Precision } from '../../schema/generated/types.js';
import type { LayerTensor } from '../../source/layers.js';
import { alignByGolden, alignLayers, type LayerPair } from './align.js';
import { isQuantizedForm, LayerDifference } from './difference.js';
import { firstJump, type Jump } from './first-jump.js';
import { type Layer, readOthers, readReference } from './tensors.js';

/** One tensor of the reference against its counterpart. */
export interface ComparedTensor {
  readonly name: string;
  readonly operator?: string | undefined;
  readonly otherName: string;
  readonly otherOperator?: string | undefined;
  readonly shape: readonly number[];
  readonly relativeError: number;
  readonly cosine: number;
  readonly maxAbs?: number | undefined;
  /** Compared tensors that it is computed from; undefined: the graph of the reference is not known. */
  readonly from?: readonly string[] | undefined;
  /** Whether weights go into it, or into what was fused with it. */
  readonly hasConstants?: boolean | undefined;
  /** What computes those tensors without a counterpart that it is computed from, in their order. */
  readonly fused?: readonly string[] | undefined;
}

export interface LayerComparison {
  /** Samples that were looked at. */
  readonly samples: number;
  /** In the order of execution of the reference. */
  readonly tensors: readonly ComparedTensor[];
  /** Tensors of the reference without a counterpart: most were fused into others. */
  readonly unmatched: readonly string[];
  readonly first?: Jump<ComparedTensor> | undefined;
  /** What computed the reference in floating point, where the source does not show its layers itself. */
  readonly against?: string;
}

/** What is known of two models whose layers are compared. */
export interface KnownOfLayers {
  /** Samples to look at. */
  readonly count: number;
  /** Of the other model. */
  readonly precision: Precision | undefined;
  /** The tensors of the other model as its converter computes them in floating point. */
  readonly golden?: readonly OutputResult[] | undefined;
}

/** What one of two runtimes showed. */
export interface ShownTensors {
  readonly results: readonly OutputResult[];
  /** How they follow from each other; undefined: only their order is known, as the runtime gave it. */
  readonly graph?: readonly LayerTensor[] | undefined;
}

/**
 * Compare two models tensor by tensor, and find the first that goes wrong by itself.
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when results are damaged.
 */
export async function compareLayers(
  reference: ShownTensors,
  other: ShownTensors,
  { count, precision, golden }: KnownOfLayers,
): Promise<LayerComparison> {
  const { graph } = reference;
  const layers = inOrder(await readReference(reference.results), graph);
  const others = inOrder(await readOthers(other.results, layers), other.graph);
  const pairs =
    golden === undefined
      ? alignLayers(layers, others, outputsOf(graph))
      : alignByGolden(layers, await readOthers(golden, layers), others);
  const known = new Map(graph?.map((layer) => [layer.name, layer]));
  const compared = new Set(pairs.map((pair) => pair.reference.name));
  const since = sinceCompared(known, compared);
  const tensors: ComparedTensor[] = [];
  for (const pair of pairs) {
    const layer = known.get(pair.reference.name);
    tensors.push({
      ...(await differenceOf(pair, count)),
      operator: layer?.operator ?? pair.reference.operator,
      ...(layer === undefined ? {} : since(layer)),
    });
  }
  return {
    samples: count,
    tensors,
    unmatched: layers.map(({ name }) => name).filter((name) => !compared.has(name)),
    first: firstJump(tensors, precision),
  };
}

/** In the order of execution: a runtime gives the outputs of a model first. */
function inOrder<T extends Layer>(layers: readonly T[], graph: ShownTensors['graph']): T[] {
  const order = new Map(graph?.map(({ name }, place) => [name, place]));
  const placeOf = ({ name }: Layer): number => order.get(name) ?? order.size;
  return [...layers].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Tensors that nothing takes: outputs, whose names a converter keeps. */
function outputsOf(graph: readonly LayerTensor[] = []): ReadonlySet<string> {
  const taken = new Set(graph.flatMap(({ from }) => from));
  return new Set(graph.map(({ name }) => name).filter((name) => !taken.has(name)));
}

async function differenceOf(
  { reference, other, places }: LayerPair,
  count: number,
): Promise<ComparedTensor> {
  const difference = new LayerDifference(isQuantizedForm(reference, other));
  for (let sample = 0; sample < count; sample++) {
    const a = await reference.result.sample(sample);
    const b = await other.result.sample(sample);
    for (let index = 0; index < a.length; index++)
      difference.add(a[index] ?? 0, b[places(index)] ?? Number.NaN);
  }
  const { relativeError, cosine, maxAbs } = difference;
  return {
    name: reference.name,
    otherName: other.name,
    otherOperator: other.operator,
    shape: reference.shape,
    relativeError,
    cosine,
    ...(maxAbs === undefined ? {} : { maxAbs }),
  };
}

/** What lies between a tensor and the nearest ones before it that were compared. */
function sinceCompared(
  graph: ReadonlyMap<string, LayerTensor>,
  compared: ReadonlySet<string>,
): (layer: LayerTensor) => Pick<ComparedTensor, 'from' | 'hasConstants' | 'fused'> {
  return (layer) => {
    const from = new Set<string>();
    const between = new Set<LayerTensor>();
    const open = [...layer.from];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const before = graph.get(next);
      if (compared.has(next)) from.add(next);
      else if (before !== undefined && !between.has(before)) {
        between.add(before);
        open.push(...before.from);
      }
    }
    const fused = [...graph.values()].filter((one) => between.has(one));
    return {
      from: [...from],
      hasConstants: layer.hasConstants || fused.some(({ hasConstants }) => hasConstants),
      fused: fused.map(({ operator }) => operator),
    };
  };
}
