import type { Dimension, Dtype } from '../../schema/generated/types.js';
import {
  bitsOf,
  type FloatWeight,
  type QuantizedEntry,
  type QuantizedGraph,
  type Work,
} from '../quantization/graph.js';
import { elementCount } from '../summary.js';
import { type Pairs, pairsOf } from './pairs.js';
import {
  concatOperator,
  INTEGER_OPERATORS,
  type IntegerOperator,
  MULTIPLYING,
  WITHOUT_SCALES,
} from './quantized-operators.js';
import { workOf } from './work.js';

/** A constant, as an ONNX or an ORT file has it. */
export interface GraphConstant {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  /** Its elements; undefined where they are kept in another file. @throws MalformedError. */
  read(): number[] | undefined;
}

/** A node; of an optional input that is not given the name is empty. */
export interface GraphNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A whole number among the attributes. */
  int(attribute: string): number | undefined;
}

/** What both formats have in common: nodes, constants and shapes by name, subgraphs included. */
export interface OnnxLikeGraph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, GraphConstant>;
  readonly shapes: ReadonlyMap<string, readonly Dimension[]>;
  readonly dtypes: ReadonlyMap<string, Dtype>;
  /** Names of inputs and outputs. */
  readonly outer: ReadonlySet<string>;
}

/** Whether a node says something about scales or multiplies: of the others nothing needs to be read. */
export function isOfInterest(opType: string): boolean {
  return (
    opType === 'QuantizeLinear' ||
    opType === 'DequantizeLinear' ||
    opType === 'GatherBlockQuantized' ||
    opType === 'QLinearConcat' ||
    Object.hasOwn(INTEGER_OPERATORS, opType) ||
    Object.hasOwn(MULTIPLYING, opType)
  );
}

/** The scales of a model, whether in QuantizeLinear and DequantizeLinear pairs, in operators on integers, or in blocks of weights. */
export function quantizedGraph(graph: OnnxLikeGraph): QuantizedGraph {
  const collector = new Collector(graph);
  for (const node of graph.nodes) collector.add(node);
  return collector.finish();
}

class Collector {
  readonly #graph: OnnxLikeGraph;
  readonly #entries = new Map<string, QuantizedEntry>();
  /** Names of constants that hold scales and zero points, or that are integers for real numbers. */
  readonly #used = new Set<string>();
  readonly #quantized = new Set<string>();
  readonly #pairs: Pairs;
  readonly #work: Work[] = [];

  constructor(graph: OnnxLikeGraph) {
    this.#graph = graph;
    this.#pairs = pairsOf(graph.nodes);
  }

  add(node: GraphNode): void {
    const { opType, inputs } = node;
    if (opType === 'QuantizeLinear' || opType === 'DequantizeLinear') this.#pair(node);
    else if (opType === 'MatMulNBits') this.#blocks(node);
    else if (opType === 'GatherBlockQuantized') this.#gatherBlocks(node);
    else if (opType === 'QLinearConcat') this.#integer(node, concatOperator(inputs.length));
    else this.#integer(node, INTEGER_OPERATORS[opType]);
    for (const place of WITHOUT_SCALES[opType] ?? []) this.#asQuantized(inputs[place] ?? '');
    if (Object.hasOwn(MULTIPLYING, opType)) this.#work.push(workOf(node, this.#graph, this.#pairs));
  }

  finish(): QuantizedGraph {
    const floats: FloatWeight[] = [];
    let quantizedParameters = 0;
    for (const [name, { dtype, dims }] of this.#graph.constants) {
      const parameters = elementCount(dims);
      if (this.#quantized.has(name)) quantizedParameters += parameters;
      // single numbers are limits and factors, and no weights
      else if (dtype.includes('float') && parameters > 1 && !this.#used.has(name))
        floats.push({ name, dtype, parameters });
    }
    return { entries: [...this.#entries.values()], floats, work: this.#work, quantizedParameters };
  }

  #asQuantized(name: string): void {
    if (this.#graph.constants.has(name)) this.#quantized.add(name);
  }

  /** The scale of a tensor under `name`; of two nodes that give it one, the first is told. */
  #entry(
    name: string,
    tensor: string,
    [scale = '', zero = '']: readonly [scale: string | undefined, zeroPoint: string | undefined],
    more: Partial<QuantizedEntry> = {},
  ): void {
    const { constants, shapes, dtypes, outer } = this.#graph;
    const scales = constants.get(scale);
    const zeros = constants.get(zero);
    this.#used.add(scale).add(zero);
    const constant = constants.get(tensor);
    if (constant !== undefined) this.#quantized.add(tensor);
    if (scales === undefined || (zero !== '' && zeros === undefined) || this.#entries.has(name))
      return;
    const dtype = zeros?.dtype ?? constant?.dtype ?? dtypes.get(tensor);
    const isCode = dtype === undefined || bitsOf(dtype) !== undefined;
    const shape = constant?.dims ?? shapes.get(tensor) ?? shapes.get(name);
    this.#entries.set(name, {
      name,
      role: constant === undefined ? 'activation' : isCode ? 'weight' : 'bias',
      outer: outer.has(name),
      ...(dtype === undefined ? {} : { dtype }),
      ...(shape === undefined ? {} : { shape }),
      count: elementCount(scales.dims),
      read: () => {
        const values = scales.read();
        // no zero point is one of 0: QuantizeLinear, ONNX operator set 10 and later
        const points = zeros === undefined ? [0] : pointsOf(zeros, scales);
        return values === undefined || points === undefined
          ? undefined
          : { scale: values, zeroPoint: points };
      },
      ...more,
    });
  }

  #pair(node: GraphNode): void {
    const { opType, inputs, outputs } = node;
    const [from = '', scale, zero] = inputs;
    const to = outputs[0] ?? '';
    const isConstant = this.#graph.constants.has(from);
    const isQuantize = opType === 'QuantizeLinear';
    // the real numbers have the name that the model knows
    const name = isQuantize || isConstant ? from : to;
    const rank = (this.#graph.constants.get(from)?.dims ?? this.#graph.shapes.get(from))?.length;
    const axis = node.int('axis') ?? 1;
    const blockSize = node.int('block_size') ?? 0;
    // a float constant that is quantized when the model runs is no stored integer
    if (isQuantize && isConstant) {
      this.#used.add(scale ?? '').add(zero ?? '');
      return;
    }
    // the other half of a pair tells the same of the same numbers
    if (!isQuantize && this.#pairs.sources.has(from)) {
      this.#used.add(scale ?? '').add(zero ?? '');
      return;
    }
    this.#entry(name, isQuantize ? to : from, [scale, zero], {
      ...(blockSize > 0
        ? { blockSize, ...acrossBlocks(axis, rank) }
        : axis >= 0
          ? { axis }
          : rank === undefined
            ? {}
            : { axis: axis + rank }),
    });
  }

  #integer(node: GraphNode, operator: IntegerOperator | undefined): void {
    if (operator === undefined) return;
    const { inputs, outputs } = node;
    for (const [place, scale, zero] of operator.inputs) {
      const name = inputs[place] ?? '';
      if (name === '') continue;
      const source = this.#pairs.sources.get(name) ?? name;
      const axis = this.#channelAxis(node, name);
      this.#entry(source, name, [inputs[scale], inputs[zero]], { axis });
    }
    if (operator.bias !== undefined) this.#asQuantized(inputs[operator.bias] ?? '');
    const [scale, zero] = operator.output ?? [];
    // without a scale the output is in real numbers
    if (scale !== undefined && zero !== undefined && (inputs[scale] ?? '') !== '')
      this.#entry(outputs[0] ?? '', outputs[0] ?? '', [inputs[scale], inputs[zero]]);
  }

  /** Outputs come first in the weights of a convolution, and last in those of a product that is not transposed. */
  #channelAxis(node: GraphNode, weight: string): number {
    if (node.opType === 'QLinearConv' || node.int('transB') === 1) return 0;
    return Math.max(0, (this.#graph.constants.get(weight)?.dims.length ?? 1) - 1);
  }

  /** com.microsoft MatMulNBits: [N, blocks, bytes], a scale for each block, zero points packed like the weights. */
  #blocks(node: GraphNode): void {
    const [, weight = '', scale = '', zero = ''] = node.inputs;
    const bits = node.int('bits') ?? 4;
    const blockSize = node.int('block_size') ?? 0;
    const outputs = node.int('N') ?? 0;
    const blocks = Math.ceil((node.int('K') ?? 0) / blockSize);
    const scales = this.#graph.constants.get(scale);
    const zeros = this.#graph.constants.get(zero);
    this.#asQuantized(weight);
    this.#used.add(scale).add(zero);
    if (scales === undefined || !(blockSize > 0) || this.#entries.has(weight)) return;
    const dtype = bits === 4 ? 'uint4' : bits === 8 ? 'uint8' : bits === 2 ? 'uint2' : undefined;
    this.#entries.set(weight, {
      name: weight,
      role: 'weight',
      ...(dtype === undefined ? {} : { dtype }),
      count: elementCount(scales.dims),
      axis: 0,
      blockSize,
      read: () => {
        const values = scales.read();
        const points =
          zero === ''
            ? [2 ** (bits - 1)]
            : zeros?.dtype === 'uint8'
              ? unpackRows(pointsOf(zeros, scales), outputs, blocks, bits)
              : zeros && pointsOf(zeros, scales);
        return values === undefined || points === undefined
          ? undefined
          : { scale: values, zeroPoint: points };
      },
    });
  }

  #gatherBlocks(node: GraphNode): void {
    const [weight = '', , scale, zero] = node.inputs;
    const rank = this.#graph.constants.get(weight)?.dims.length;
    this.#entry(weight, weight, [scale, zero], {
      ...acrossBlocks(node.int('quantize_axis') ?? 1, rank),
      blockSize: node.int('block_size') ?? 128,
      // without one, what holds for unsigned integers is not written down
      ...(zero || this.#graph.constants.get(weight)?.dtype === 'int4'
        ? {}
        : { read: () => undefined }),
    });
  }
}

/** Axis of the channels of a matrix whose blocks lie along `axis`; of other tensors there is no one axis. */
function acrossBlocks(axis: number, rank: number | undefined): { axis?: number } {
  return rank === 2 ? { axis: axis === 0 || axis === -2 ? 1 : 0 } : {};
}

/** Zero points; undefined where there are more than scales, which are never so many that they cannot be read. */
function pointsOf(zeros: GraphConstant, scales: GraphConstant): number[] | undefined {
  return elementCount(zeros.dims) > elementCount(scales.dims) ? undefined : zeros.read();
}

/** Zero points of 2, 4 or 8 bits, packed in rows that start at a byte. */
function unpackRows(
  bytes: readonly number[] | undefined,
  rows: number,
  columns: number,
  bits: number,
): number[] | undefined {
  if (bytes === undefined || ![2, 4, 8].includes(bits)) return undefined;
  const width = Math.ceil((columns * bits) / 8);
  if (rows * width > bytes.length) return undefined;
  const points: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const byte = bytes[row * width + Math.floor((column * bits) / 8)] ?? 0;
      points.push((byte >> ((column * bits) % 8)) & (2 ** bits - 1));
    }
  return points;
}
