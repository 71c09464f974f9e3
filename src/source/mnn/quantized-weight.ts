import type { Dtype } from '../../schema/generated/types.js';
import { fromFloat16Bits } from '../../tensor/float16.js';
import { MalformedError } from '../file-window.js';
import type { Table } from '../flatbuffers/table.js';
import type { QuantizedEntry } from '../quantization/graph.js';
import { QUAN } from './schema.js';
import type { MnnWeight } from './weights.js';

/** What of the convolution around them the weights need. */
export interface Geometry {
  readonly name: string;
  readonly outputs: number;
  /** Number of weights as the convolution's sizes give it, for data in another file. */
  readonly elements: number;
}

// Kinds of IDSTQuan, as schema/default/CaffeOp.fbs and source/core/ConvolutionCommon.cpp have them.
const LINEAR = 1;
const SPARSE = 2;
const HALF = 3;
const BYTES = 4;
/** 1 byte for the rank, at most 32 sizes of 4 bytes. */
const MAX_HEADER = 1 + 32 * 4;

/**
 * The weights that an IDSTQuan table holds: quantized, half-precision or sparse.
 *
 * @throws MalformedError when its data are too short for the shape in them.
 */
export function weightOf(quan: Table, geometry: Geometry): MnnWeight {
  const type = quan.int32(QUAN.type);
  const bytes = quan.byteLength(QUAN.buffer);
  const { name, elements } = geometry;
  const kind = { name, dtype: 'float32', quantized: false } as const;
  if (quan.listLength(QUAN.sparseIndex, 4) > 0)
    return { ...kind, dims: [quan.uint32(QUAN.weightSize)] };
  if (type === HALF) return { ...kind, dtype: 'float16', dims: [bytes > 0 ? bytes / 2 : elements] };
  if (type !== LINEAR && type !== SPARSE && type !== BYTES) return { ...kind, dims: [elements] };
  const bits = type === BYTES ? 8 : bitsOf(quan);
  const count = bytes === 0 ? elements : type === BYTES ? bytes : elementsIn(quan);
  if (type === LINEAR && bytes > 0 && (count * bits) / 8 > bytes)
    throw new MalformedError(`${count} weights of ${bits} bits in ${bytes} bytes cannot be`);
  return {
    name: geometry.name,
    dtype: dtypeOfBits(bits),
    dims: [count],
    quantized: true,
    ...scalesOf(quan, geometry, { dtype: dtypeOfBits(bits), count }),
    bits,
  };
}

/** Older files have other numbers in this field, and 8 bits. */
function bitsOf(quan: Table): number {
  const bits = quan.int32(QUAN.bits);
  return bits >= 1 && bits <= 8 ? bits : 8;
}

/** Types of odd widths have no name: they count as the next that has one. */
function dtypeOfBits(bits: number): Dtype {
  if (bits <= 2) return 'int2';
  return bits <= 4 ? 'int4' : 'int8';
}

/** Data start with the shape: the rank in a byte, then every size in 2 bytes, or 4 (ReadBlobDim). */
function elementsIn(quan: Table): number {
  const header = quan.bytes(QUAN.buffer, MAX_HEADER) ?? Buffer.alloc(0);
  const width = quan.uint8(QUAN.shapeInt32) === 0 ? 2 : 4;
  const rank = header[0] ?? 0;
  if (rank === 0 || rank > 32 || header.length < 1 + rank * width)
    throw new MalformedError('quantized weights without a shape: the file is damaged');
  let count = 1;
  for (let axis = 0; axis < rank; axis++) count *= header.readUIntLE(1 + axis * width, width);
  return count;
}

function scalesOf(
  quan: Table,
  { name, outputs }: Geometry,
  weights: { readonly dtype: Dtype; readonly count: number },
): Pick<MnnWeight, 'symmetric' | 'scales'> {
  const old =
    quan.int32(QUAN.type) === BYTES &&
    quan.int32(QUAN.leastLevel) === 0 &&
    Math.abs(quan.float32(QUAN.quantScale)) < 1e-6;
  const symmetric = quan.int32(QUAN.readType) === 0 && !old;
  const half = quan.listLength(QUAN.alphaHalf, 2);
  const numbers = half > 0 ? half : quan.listLength(QUAN.alpha, 4);
  const count = symmetric ? numbers : numbers / 2;
  if (count === 0 || !Number.isInteger(count)) return { symmetric };
  const factor = old || quan.uint8(QUAN.hasScaleInt) !== 0 ? 1 : quan.float32(QUAN.quantScale);
  const read = (): ReturnType<QuantizedEntry['read']> => {
    const alpha =
      half > 0
        ? [...quan.uint16s(QUAN.alphaHalf)].map(fromFloat16Bits)
        : [...quan.float32s(QUAN.alpha)];
    if (symmetric) return { scale: alpha.map((value) => value * factor), zeroPoint: [0] };
    // real = scale * (level - least level) + minimum: the minimum is no whole number of steps from zero
    return {
      scale: alpha.filter((_, i) => i % 2 === 1).map((value) => value * factor),
      minimum: alpha.filter((_, i) => i % 2 === 0).map((value) => value * factor),
    };
  };
  const perChannel = outputs === 0 ? undefined : count / outputs;
  // one scale for all, or as many for each output channel, which is the first axis
  const isEven = count === 1 || (perChannel !== undefined && Number.isInteger(perChannel));
  if (!isEven) return { symmetric };
  const blocks = count > 1 && perChannel !== undefined && perChannel > 1;
  const { dtype } = weights;
  return {
    symmetric,
    scales: {
      name,
      role: 'weight',
      dtype,
      count,
      ...(perChannel !== undefined && perChannel >= 1 ? { axis: 0 } : {}),
      ...(blocks ? { blockSize: Math.ceil(weights.count / count) } : {}),
      read,
    },
  };
}
