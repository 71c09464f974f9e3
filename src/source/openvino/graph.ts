import type { Dtype } from '../../schema/generated/types.js';
import type { FileWindow } from '../file-window.js';
import {
  bitsOf,
  type FloatWeight,
  type QuantizedEntry,
  type QuantizedGraph,
  type Scales,
  type Work,
} from '../quantization/graph.js';
import { convolutionMacs, elementsOf, productMacs } from '../quantization/macs.js';
import { decodeNumbers } from '../quantization/numbers.js';
import { elementCount } from '../summary.js';
import type { IrData, IrGraph, IrLayer, Net } from './model.js';

/** Layers that move numbers and do not change them: integers stay integers behind them. */
const MOVING: ReadonlySet<string> = new Set(
  `BatchToSpace Broadcast Concat Convert DepthToSpace Gather MaxPool Pad Reshape ShuffleChannels Slice
  SpaceToBatch SpaceToDepth Split Squeeze StridedSlice Tile Transpose Unsqueeze VariadicSplit`.split(
    /\s+/,
  ),
);
/** Layers in a row that are followed. */
const MAX_STEPS = 64;
/** How far from a whole number a zero point may be: ranges are kept as float32. */
const ROUNDING = 0.01;

/**
 * The scales of an IR: integer weights behind a Convert and a Multiply, and the ranges of FakeQuantize
 * layers, whose levels are numbered from 0.
 *
 * @param bin - the weights; without them arrays are not read.
 */
export function quantizedGraph(net: Net, bin: FileWindow | undefined): QuantizedGraph {
  const outer = new Set(net.inputs.map(({ name }) => name));
  const parts = net.graphs.map((graph) => new Part(graph, bin, outer).find());
  return {
    entries: parts.flatMap(({ entries }) => entries),
    floats: parts.flatMap(({ floats }) => floats),
    work: parts.flatMap(({ work }) => work),
    quantizedParameters: parts.reduce((sum, part) => sum + part.quantizedParameters, 0),
  };
}

/** One graph: the net, or the body of a loop. */
class Part {
  readonly #graph: IrGraph;
  readonly #bin: FileWindow | undefined;
  readonly #outer: ReadonlySet<string>;
  readonly #entries: QuantizedEntry[] = [];
  /** Ids of layers that give what integers stand for. */
  readonly #quantized = new Set<string>();
  /** Ids of Const layers that hold scales, zero points and ranges. */
  readonly #used = new Set<string>();
  /** Ids of Const layers whose numbers are quantized. */
  readonly #weights = new Set<string>();

  constructor(graph: IrGraph, bin: FileWindow | undefined, outer: ReadonlySet<string>) {
    this.#graph = graph;
    this.#bin = bin;
    this.#outer = outer;
  }

  find(): QuantizedGraph {
    for (const [id, layer] of this.#graph.layers) {
      if (layer.type === 'FakeQuantize') this.#fakeQuantize(id, layer);
      if (layer.type === 'Multiply') this.#decompression(id, layer);
    }
    const work = [...this.#graph.layers].flatMap(([id, layer]) => this.#workOf(id, layer));
    return { entries: this.#entries, work, ...this.#parameters() };
  }

  #sources(id: string): readonly string[] {
    return this.#graph.sources.get(id) ?? [];
  }

  /** The Const that a layer is, or converts to another type. */
  #constant(id: string | undefined): { id: string; layer: IrLayer; data: IrData } | undefined {
    let at = id;
    for (let step = 0; at !== undefined && step < MAX_STEPS; step++) {
      const layer = this.#graph.layers.get(at);
      if (layer?.type === 'Const' && layer.data !== undefined)
        return { id: at, layer, data: layer.data };
      if (layer?.type !== 'Convert') return undefined;
      at = this.#sources(at)[0];
    }
    return undefined;
  }

  #values({ dtype, dims, offset, sizeBytes }: IrData): number[] | undefined {
    return this.#bin === undefined
      ? undefined
      : decodeNumbers(this.#bin.bytes(offset, sizeBytes), dtype, elementCount(dims));
  }

  /** real = low + level * (high - low) / (levels - 1) */
  #fakeQuantize(id: string, { levels }: IrLayer): void {
    const [from, ...ranges] = this.#sources(id);
    const [inLow, inHigh, low, high] = ranges.map((range) => this.#constant(range));
    for (const range of [inLow, inHigh, low, high])
      if (range !== undefined) this.#used.add(range.id);
    this.#quantized.add(id);
    const weight = this.#constant(from);
    if (weight !== undefined) this.#weights.add(weight.id);
    if (low === undefined || high === undefined || from === undefined || levels < 2) return;
    const source = this.#graph.layers.get(from);
    const name = weight?.layer.name ?? source?.tensorName ?? source?.name ?? '';
    const shape = source?.outputs[0];
    const [most] = [low.data, high.data].sort(
      (a, b) => elementCount(b.dims) - elementCount(a.dims),
    ) as [IrData, IrData];
    this.#entries.push({
      name,
      role: weight === undefined ? 'activation' : 'weight',
      outer: this.#outer.has(name) || (source !== undefined && this.#outer.has(source.name)),
      dtype: dtypeOfLevels(levels),
      ...(shape === undefined ? {} : { shape }),
      ...channelsOf(most.dims, shape?.length ?? most.dims.length),
      count: elementCount(most.dims),
      read: () => {
        const [lows, highs] = [this.#values(low.data), this.#values(high.data)];
        return lows === undefined || highs === undefined
          ? undefined
          : scalesOf(lows, highs, levels);
      },
    });
  }

  /** `Const -> Convert [-> Subtract zero points] -> Multiply scales`, as NNCF and OpenVINO compress weights. */
  #decompression(id: string, layer: IrLayer): void {
    const [left, right] = this.#sources(id);
    const scale = this.#constant(right);
    const before = left === undefined ? undefined : this.#graph.layers.get(left);
    const [shifted, shift] =
      before?.type === 'Subtract' && left !== undefined ? this.#sources(left) : [left];
    const weight = this.#constant(shifted);
    const zero = this.#constant(shift);
    const isConverted =
      shifted !== undefined && this.#graph.layers.get(shifted)?.type === 'Convert';
    if (scale === undefined || weight === undefined || !isConverted) return;
    if (bitsOf(weight.data.dtype) === undefined || (shift !== undefined && zero === undefined))
      return;
    this.#quantized.add(id);
    this.#weights.add(weight.id);
    this.#used.add(scale.id);
    if (zero !== undefined) this.#used.add(zero.id);
    const { dims, dtype } = weight.data;
    this.#entries.push({
      // constants that NNCF made have no names of their own
      name: /^(Constant_\d+)?$/.test(weight.layer.name) ? layer.name : weight.layer.name,
      role: 'weight',
      dtype,
      shape: [...dims],
      ...channelsOf(scale.data.dims, dims.length, dims),
      count: elementCount(scale.data.dims),
      read: () => {
        const values = this.#values(scale.data);
        const isLong =
          zero !== undefined && elementCount(zero.data.dims) > elementCount(scale.data.dims);
        const points = zero === undefined ? [0] : isLong ? undefined : this.#values(zero.data);
        return values === undefined || points === undefined
          ? undefined
          : { scale: values, zeroPoint: points };
      },
    });
  }

  #isQuantized(id: string | undefined): boolean {
    let at = id;
    for (let step = 0; at !== undefined && step < MAX_STEPS; step++) {
      if (this.#quantized.has(at)) return true;
      if (!MOVING.has(this.#graph.layers.get(at)?.type ?? '')) return false;
      at = this.#sources(at)[0];
    }
    return false;
  }

  #workOf(id: string, layer: IrLayer): Work[] {
    const formula = FORMULAS[layer.type];
    if (formula === undefined) return [];
    const [input, weights] = this.#sources(id);
    const isInteger = this.#isQuantized(input) && this.#isQuantized(weights);
    return [
      {
        name: layer.name,
        type: layer.type,
        macs: formula(layer),
        computes: isInteger ? 'integer' : 'float',
      },
    ];
  }

  /** Layers may share a range of the `.bin`. */
  #parameters(): Pick<QuantizedGraph, 'floats' | 'quantizedParameters'> {
    const seen = new Set<string>();
    const floats: FloatWeight[] = [];
    let quantizedParameters = 0;
    for (const [id, { name, data }] of this.#graph.layers) {
      if (data === undefined || this.#used.has(id)) continue;
      const key = `${data.offset}+${data.sizeBytes}`;
      const parameters = elementCount(data.dims);
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#weights.has(id)) quantizedParameters += parameters;
      // single numbers are limits and factors, and no weights
      else if (data.dtype.includes('float') && parameters > 1)
        floats.push({ name, dtype: data.dtype, parameters });
    }
    return { floats, quantizedParameters };
  }
}

function dtypeOfLevels(levels: number): Dtype {
  if (levels <= 4) return 'uint2';
  if (levels <= 16) return 'uint4';
  return levels <= 256 ? 'uint8' : 'uint16';
}

function scalesOf(lows: readonly number[], highs: readonly number[], levels: number): Scales {
  const count = Math.max(lows.length, highs.length);
  const at = (values: readonly number[], i: number): number =>
    values[values.length === 1 ? 0 : i] ?? Number.NaN;
  const low = Array.from({ length: count }, (_, i) => at(lows, i));
  const scale = low.map((value, i) => (at(highs, i) - value) / (levels - 1));
  const exact = low.map((value, i) => -value / (scale[i] ?? 1));
  const zeroPoint = exact.map((value) => Math.round(value) || 0);
  const isWhole = exact.every((value, i) => Math.abs(value - (zeroPoint[i] ?? 0)) < ROUNDING);
  return isWhole ? { scale, zeroPoint } : { scale, minimum: low };
}

/** Axis of the channels, from a shape that has a size beside 1 there alone, and the size of blocks. */
function channelsOf(
  dims: readonly number[],
  rank: number,
  weights: readonly number[] = [],
): Pick<QuantizedEntry, 'axis' | 'blockSize'> {
  const wide = dims.flatMap((size, index) => (size > 1 ? [index] : []));
  const [axis] = wide;
  if (axis === undefined) return {};
  // ranges are broadcast to the right
  if (wide.length === 1) return { axis: axis + Math.max(0, rank - dims.length) };
  // [outputs, blocks, elements of a block]
  const blockSize = weights.at(-1);
  return { axis, ...(blockSize === undefined || blockSize < 1 ? {} : { blockSize }) };
}

type Formula = (layer: IrLayer) => number | undefined;

/** Weights: [O, I, …], of groups [G, O, I, …]; of transposed convolutions [I, O, …] and [G, I, O, …]. */
const perOutput =
  (first: number): Formula =>
  ({ inputs, outputs }) =>
    convolutionMacs(outputs[0], inputs[1] && elementsOf(inputs[1].slice(first)));
const perInput =
  (first: number): Formula =>
  ({ inputs }) =>
    convolutionMacs(inputs[0], inputs[1] && elementsOf(inputs[1].slice(first)));
const unknown: Formula = () => undefined;

const FORMULAS: Readonly<Record<string, Formula>> = {
  Convolution: perOutput(1),
  GroupConvolution: perOutput(2),
  ConvolutionBackpropData: perInput(1),
  GroupConvolutionBackpropData: perInput(2),
  MatMul: ({ inputs, outputs }) => productMacs(inputs[0], outputs[0]),
  DeformableConvolution: unknown,
  LSTMSequence: unknown,
  GRUSequence: unknown,
  RNNSequence: unknown,
  LSTMCell: unknown,
  GRUCell: unknown,
  RNNCell: unknown,
  Einsum: unknown,
  ScaledDotProductAttention: unknown,
};
