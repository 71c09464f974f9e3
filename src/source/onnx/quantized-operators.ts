/** Places of a tensor, its scale and its zero point among the inputs of an operator. */
export type Operand = readonly [tensor: number, scale: number, zeroPoint: number];

/** How an operator on integers gets its scales: those of inputs, and of its first output. */
export interface IntegerOperator {
  readonly inputs: readonly Operand[];
  readonly output?: readonly [scale: number, zeroPoint: number];
  /** Place of 32-bit integers whose scale is the product of those of the inputs. */
  readonly bias?: number;
}

const one: IntegerOperator = { inputs: [[0, 1, 2]], output: [3, 4] };
const two: IntegerOperator = {
  inputs: [
    [0, 1, 2],
    [3, 4, 5],
  ],
  output: [6, 7],
};

/**
 * Signatures: onnx/defs/quantization, and docs/ContribOperators.md of ONNX Runtime (com.microsoft), which
 * writes operators of both domains into ORT files.
 */
export const INTEGER_OPERATORS: Readonly<Record<string, IntegerOperator>> = {
  QLinearConv: { ...two, bias: 8 },
  QLinearMatMul: two,
  QLinearAdd: two,
  QLinearMul: two,
  QGemm: { inputs: two.inputs, output: [7, 8], bias: 6 },
  QLinearSigmoid: one,
  QLinearLeakyRelu: one,
  QLinearSoftmax: one,
  QLinearAveragePool: one,
  QLinearGlobalAveragePool: one,
  QLinearReduceMean: one,
  QLinearWhere: {
    inputs: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    output: [7, 8],
  },
  MatMulIntegerToFloat: {
    inputs: [
      [0, 2, 4],
      [1, 3, 5],
    ],
  },
  DynamicQuantizeMatMul: { inputs: [[1, 2, 3]] },
  QAttention: {
    inputs: [
      [0, 3, 6],
      [1, 4, 7],
    ],
  },
};

/** Output scale and zero point, then three inputs for each part. */
export function concatOperator(inputs: number): IntegerOperator {
  const parts = Math.floor((inputs - 2) / 3);
  return {
    inputs: Array.from({ length: parts }, (_, i): Operand => [2 + 3 * i, 3 + 3 * i, 4 + 3 * i]),
    output: [0, 1],
  };
}

/** Integers whose scale comes when the model runs: the places of a weight and of its zero point. */
export const WITHOUT_SCALES: Readonly<Record<string, readonly [weight: number]>> = {
  MatMulInteger: [1],
  ConvInteger: [1],
};

/** Operators whose products are products of integers. */
export const COMPUTES_INTEGERS: ReadonlySet<string> = new Set([
  'QLinearConv',
  'QLinearMatMul',
  'QGemm',
  'QAttention',
  'ConvInteger',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
]);

type Kind = 'convolution' | 'deconvolution' | 'product' | 'blocks' | 'recurrent' | 'unknown';

/** Operators that multiply, with the place of what the input is multiplied by. */
export const MULTIPLYING: Readonly<Record<string, readonly [kind: Kind, second: number]>> = {
  Conv: ['convolution', 1],
  FusedConv: ['convolution', 1],
  NhwcFusedConv: ['convolution', 1],
  ConvInteger: ['convolution', 1],
  QLinearConv: ['convolution', 3],
  ConvTranspose: ['deconvolution', 1],
  MatMul: ['product', 1],
  FusedMatMul: ['product', 1],
  Gemm: ['product', 1],
  FusedGemm: ['product', 1],
  MatMulInteger: ['product', 1],
  MatMulIntegerToFloat: ['product', 1],
  DynamicQuantizeMatMul: ['product', 1],
  QLinearMatMul: ['product', 3],
  QGemm: ['product', 3],
  MatMulNBits: ['blocks', 1],
  LSTM: ['recurrent', 1],
  GRU: ['recurrent', 1],
  RNN: ['recurrent', 1],
  DynamicQuantizeLSTM: ['unknown', 1],
  Attention: ['unknown', 1],
  MultiHeadAttention: ['unknown', 1],
  GroupQueryAttention: ['unknown', 1],
  QAttention: ['unknown', 1],
  Einsum: ['unknown', 1],
};
