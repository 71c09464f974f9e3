import type { NcnnLayer } from './param.js';

/** One array of a layer in the `.bin`: with a flag before it that tells its type, or plain float32. */
export interface WeightArray {
  readonly count: number;
  readonly flagged: boolean;
  /** What its numbers are the scales of, and not weights themselves. */
  readonly scalesOf?: 'weight' | 'input' | 'output';
}

type Plan = (layer: NcnnLayer) => WeightArray[] | undefined;

const flagged = (count: number): WeightArray => ({ count, flagged: true });
const plain = (count: number): WeightArray => ({ count, flagged: false });
const scales = (count: number, scalesOf: WeightArray['scalesOf']): WeightArray => ({
  ...plain(count),
  ...(scalesOf === undefined ? {} : { scalesOf }),
});
const none: Plan = () => [];

/** Weight, bias, and the scales of int8 inference. Parameter numbers: weight 6 (or as given), bias 5, outputs 0, int8 8. */
function convolution(dynamic: number, scaleArrays: Scales = noScales, weight = 6, bias = 5): Plan {
  return (layer) =>
    layer.int(dynamic, 0) !== 0
      ? []
      : [
          flagged(layer.int(weight, 0)),
          ...(layer.int(bias, 0) === 0 ? [] : [plain(layer.int(0, 0))]),
          ...scaleArrays(layer, layer.int(8, 0)),
        ];
}

type Scales = (layer: NcnnLayer, term: number) => WeightArray[];
const noScales: Scales = () => [];
/** Parameter that no layer has: its weights are never dynamic. */
const NEVER = 99;

const scalesPerOutput: Scales = (layer, term) =>
  term === 0
    ? []
    : [
        scales(layer.int(0, 0), 'weight'),
        scales(1, 'input'),
        ...(term > 100 ? [scales(1, 'output')] : []),
      ];

const scalesOfProduct: Scales = (layer, term) =>
  term === 0 ? [] : [scales(layer.int(0, 0), 'weight'), scales(1, 'input')];

const scalesPerGroup: Scales = (layer, term) => {
  const perGroup = term === 1 || term === 101;
  if (!perGroup && term !== 2 && term !== 102) return [];
  return [
    scales(perGroup ? layer.int(7, 1) : 1, 'weight'),
    scales(1, 'input'),
    ...(term > 100 ? [scales(1, 'output')] : []),
  ];
};

/** Gamma and beta, unless the layer has none. */
function norm(size: number, affine: number, arrays: number): Plan {
  return (layer) =>
    layer.int(affine, 1) === 0 ? [] : Array(arrays).fill(plain(layer.int(size, 0)));
}

const memoryData: Plan = (layer) => {
  const sizes = [0, 1, 11, 2].map((id) => layer.int(id, 0)).filter((size) => size !== 0);
  const count = sizes.reduce((product, size) => product * size, 1);
  const type = layer.int(21, 1);
  if (sizes.length === 0) return [];
  return type === 0 ? [flagged(count)] : type === 1 ? [plain(count)] : undefined;
};

/** Recurrent layers; `gates` matrices each, and the biases of `biases` gates. */
function recurrent(gates: number, biases: number, hidden: (layer: NcnnLayer) => number): Plan {
  return (layer) => {
    if (layer.int(8, 0) !== 0) return undefined;
    const [outputs, directions] = [layer.int(0, 0), layer.int(2, 0) === 2 ? 2 : 1];
    const state = hidden(layer);
    return [
      flagged(layer.int(1, 0)),
      flagged(state * biases * directions),
      flagged(outputs * state * gates * directions),
      ...(outputs === state ? [] : [flagged(state * outputs * directions)]),
    ];
  };
}

const attention: Plan = (layer) => {
  if (layer.int(18, 0) !== 0) return undefined;
  const [width, size] = [layer.int(0, 0), layer.int(2, 0)];
  if (width <= 0 || size % width !== 0) return undefined;
  return [
    flagged(size),
    plain(width),
    flagged(width * layer.int(3, width)),
    plain(width),
    flagged(width * layer.int(4, width)),
    plain(width),
    flagged(size),
    plain(size / width),
  ];
};

const gemm: Plan = (layer) => {
  if (layer.int(18, 0) !== 0) return undefined;
  const [m, n, k] = [layer.int(7, 0), layer.int(8, 0), layer.int(9, 0)];
  const broadcast = [1, m, m, n * m, n][layer.int(10, 0)];
  return [
    ...(layer.int(4, 0) === 1 ? [flagged(m * k)] : []),
    ...(layer.int(5, 0) === 1 ? [flagged(n * k)] : []),
    ...(layer.int(6, 0) === 1 && broadcast !== undefined ? [flagged(broadcast)] : []),
  ];
};

/** The arrays that each layer reads from the `.bin`, in order: `load_model` in ncnn src/layer/*.cpp, 2026-07. */
const WITH_WEIGHTS: Readonly<Record<string, Plan>> = {
  Convolution: convolution(19, scalesPerOutput),
  ConvolutionDepthWise: convolution(19, scalesPerGroup),
  Convolution1D: convolution(19),
  ConvolutionDepthWise1D: convolution(19),
  Convolution3D: convolution(NEVER),
  ConvolutionDepthWise3D: convolution(NEVER),
  Deconvolution: convolution(28),
  DeconvolutionDepthWise: convolution(28),
  Deconvolution1D: convolution(28),
  DeconvolutionDepthWise1D: convolution(28),
  DeformableConv2D: convolution(NEVER),
  InnerProduct: convolution(NEVER, scalesOfProduct, 2, 1),
  Embed: (layer) => [
    flagged(layer.int(3, 0)),
    ...(layer.int(2, 0) === 0 ? [] : [plain(layer.int(0, 0))]),
    ...(layer.int(18, 0) === 0 ? [] : [scales(1, 'weight')]),
  ],
  BatchNorm: (layer) => Array(4).fill(plain(layer.int(0, 0))),
  Bias: (layer) => [plain(layer.int(0, 0))],
  Scale: (layer) => {
    // -233: the scale comes from the second input
    const size = layer.int(0, 0);
    return size === -233 ? [] : Array(layer.int(1, 0) === 0 ? 1 : 2).fill(plain(size));
  },
  PReLU: (layer) => [plain(layer.int(0, 0))],
  LayerNorm: norm(0, 2, 2),
  RMSNorm: norm(0, 2, 1),
  GroupNorm: norm(1, 3, 2),
  InstanceNorm: norm(0, 2, 2),
  Normalize: (layer) => [plain(layer.int(3, 0))],
  Padding: (layer) => (layer.int(6, 0) === 0 ? [] : [plain(layer.int(6, 0))]),
  MemoryData: memoryData,
  LSTM: recurrent(4, 4, (layer) => layer.int(3, layer.int(0, 0))),
  GRU: recurrent(3, 4, (layer) => layer.int(0, 0)),
  RNN: recurrent(1, 1, (layer) => layer.int(0, 0)),
  MultiHeadAttention: attention,
  Gemm: gemm,
};

/** Layers without `load_model` there. */
const WITHOUT_WEIGHTS = `AbsVal ArgMax BNLL BinaryOp CELU Cast Clip Concat CopyTo Crop CumulativeSum DeepCopy
DetectionOutput Diag Dropout ELU Einsum Eltwise Erf Exp ExpandDims Flatten Flip Fold GELU GLU GridSample
HardSigmoid HardSwish Input Interp InverseSpectrogram LRN Log MVN MatMul Mish Noop PSROIPooling Packing
Permute PixelShuffle Pooling Pooling1D Pooling3D Power PriorBox Proposal ROIAlign ROIPooling ReLU Reduction
Reorg Reshape RotaryEmbed SDPA SELU SPP Shrink ShuffleChannel Sigmoid Slice Softmax Softplus Spectrogram
Split Squeeze StatisticsPooling Swish TanH Threshold Tile UnaryOp Unfold YoloDetectionOutput
Yolov3DetectionOutput`;

const PLANS: ReadonlyMap<string, Plan> = new Map([
  ...WITHOUT_WEIGHTS.split(/\s+/).map((type): [string, Plan] => [type, none]),
  ...Object.entries(WITH_WEIGHTS),
]);

/** What a layer reads from the `.bin`; undefined when that is not certain (a layer of its own, or one that is not known here). */
export function weightArrays(layer: NcnnLayer): WeightArray[] | undefined {
  return PLANS.get(layer.type)?.(layer);
}
