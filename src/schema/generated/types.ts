// Generated from schemas/ by scripts/generate-schema.mjs. Do not edit.

/**
 * A version as text, digits first or a letter; in YAML put it in quotes.
 */
export type Version = string;
/**
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name = string;
/**
 * Number format in which the weights are kept and the work is done. `mixed`: several, none of which prevails.
 */
export type Precision = 'fp64' | 'fp32' | 'fp16' | 'bf16' | 'int16' | 'int8' | 'int4' | 'mixed';
/**
 * Element type of a tensor.
 */
export type Dtype =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float4e2m1'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'int4'
  | 'int2'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'uint4'
  | 'uint2'
  | 'bool'
  | 'string'
  | 'complex64'
  | 'complex128'
  | 'unknown';
/**
 * A version as text, digits first or a letter; in YAML put it in quotes.
 */
export type Version1 = string;
/**
 * Model file format: `onnx`, `ort`, `tflite`, `openvino-ir`, `rknn`, … Lower case.
 */
export type ModelFormat = string;
/**
 * SHA-256 of the samples as the converter got them, with their names, types, shapes and preprocessing.
 */
export type Sha256 = string;
/**
 * A fixed size (elements), or the name of a size known only when the model runs; `?` when it has no name.
 */
export type Dimension = number | string;
/**
 * Sizes of the axes, outermost first; an empty list is a scalar.
 *
 * @maxItems 64
 */
export type Shape = Dimension[];
/**
 * A relative path of at most 32 parts with / between them: no leading /, no empty part, no part that ends in a dot or a space or is the name of a Windows device, no backslash, no control character, no colon.
 */
export type RelativePath = string;
/**
 * Where the device stands: in a data centre, near the sensors, or in the hand or the product.
 */
export type DeviceClass = 'cloud' | 'edge' | 'terminal';
/**
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2561 = string;
/**
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name1 = string;
/**
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name2 = string;
/**
 * Output of `modelconv inspect --json`: a package with its descriptor, or a bare model file.
 */
export type InspectResult = {
  [k: string]: unknown;
} & {
  package?: PackageInfo;
  descriptor?: Descriptor;
  model?: ModelInfo;
};

export interface AllSchemas {
  'conversion-request'?: ConversionRequest;
  'convert-plan'?: ConvertPlan;
  'convert-result'?: ConvertResult;
  descriptor?: Descriptor;
  'device-inventory'?: DeviceInventory;
  'device-result'?: DeviceResult;
  device?: Device;
  'devices-list-result'?: DevicesListResult;
  'doctor-result'?: DoctorResult;
  error?: ErrorReport;
  'inspect-result'?: InspectResult;
  'model-info'?: ModelInfo;
  'pack-result'?: PackResult;
  'toolchains-install-result'?: ToolchainsInstallResult;
  'toolchains-list-result'?: ToolchainsListResult;
  'toolchains-remove-result'?: ToolchainsRemoveResult;
  toolchains?: ToolchainsConfig;
  'unpack-result'?: UnpackResult;
  'verify-result'?: VerifyResult;
}
/**
 * The whole conversion info: source model, device, and how to convert. Paths are relative to this document. Flags on the command line win.
 */
export interface ConversionRequest {
  /**
   * Model management protocol and its version.
   */
  protocol?: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind?: 'ConversionRequest';
  source?: RequestSource;
  /**
   * Name of a device, a built-in kind or a device file; or the device itself.
   */
  device?: string | Device;
  /**
   * Names of several devices.
   *
   * @minItems 1
   */
  devices?: string[];
  /**
   * Where to write the package; a directory when there are several devices.
   */
  output?: string;
  name?: Name;
  version?: Version;
  /**
   * Licence of the model.
   */
  license?: string;
  /**
   * One paragraph for people.
   */
  description?: string;
  precision?: Precision;
  inputs?: InputShapes;
  inputDtypes?: InputDtypes;
  calibration?: CalibrationSource;
  /**
   * What is done to raw data before it goes into each input, by input name; `*` for every input.
   */
  preprocess?: {
    [k: string]: Preprocess;
  };
  toolchain?: Version1;
  /**
   * True places the descriptor inside the model file, too, where its format has a slot for it.
   */
  embed?: boolean;
  /**
   * Whether the package holds the source model or only its digest.
   */
  packageSource?: 'include' | 'reference';
  verify?: RequestVerify;
  options?: Options;
  /**
   * Longest time for one step of the vendor tool, in seconds.
   */
  timeoutSeconds?: number;
}
/**
 * The source model.
 */
export interface RequestSource {
  /**
   * Path of the model file.
   */
  path: string;
  framework?: Framework;
}
/**
 * Framework the source model was trained in.
 */
export interface Framework {
  /**
   * Name, e.g. `pytorch`.
   */
  name: string;
  version?: Version;
}
/**
 * Sizes of the inputs (elements, outermost first), by input name, batch axis included.
 */
export interface InputShapes {
  /**
   * @maxItems 64
   */
  [k: string]: number[];
}
/**
 * Element types of inputs whose file does not say them, by input name.
 */
export interface InputDtypes {
  [k: string]: Dtype;
}
/**
 * What value ranges are measured on.
 */
export interface CalibrationSource {
  /**
   * Directory of images or .npy / .npz files, one such file, or a list file.
   */
  path?: string;
  /**
   * True: generated numbers are used instead of data. The package says so.
   */
  synthetic?: boolean;
  /**
   * Most samples to take, spread evenly over the set.
   */
  samples?: number;
}
/**
 * What must be done to raw data before it goes into this input.
 */
export interface Preprocess {
  /**
   * Subtracted per channel, in the unit of the raw data.
   */
  mean?: number[];
  /**
   * Multiplied per channel after the mean is subtracted (no unit).
   */
  scale?: number[];
  /**
   * Order of the colour channels.
   */
  colorOrder?: 'rgb' | 'bgr' | 'gray';
  /**
   * How an image is brought to the input size.
   */
  resize?: 'stretch' | 'letterbox' | 'center-crop' | 'none';
  /**
   * Value of the border that `letterbox` adds, in the unit of the raw data (0 to 255; 114 when absent).
   */
  padding?: number;
  /**
   * Least and greatest value of the raw data.
   *
   * @minItems 2
   * @maxItems 2
   */
  range?: [number, number];
  /**
   * Which part does it.
   */
  where?: 'graph' | 'host' | 'npu';
  /**
   * Where the colour channels stand in the input.
   */
  layout?: 'nchw' | 'nhwc';
}
/**
 * The parity check.
 */
export interface RequestVerify {
  /**
   * False leaves the check out.
   */
  enabled?: boolean;
  /**
   * Path of a .npy file, or a directory of them.
   */
  samples?: string;
  /**
   * Seed of generated inputs.
   */
  seed?: number;
  tolerance?: Tolerance;
}
/**
 * Bounds that every output must meet in the parity check. Errors are against the source model.
 */
export interface Tolerance {
  /**
   * Least cosine similarity (-1 to 1) of the flattened output, worst sample.
   */
  cosine?: number;
  /**
   * Greatest absolute difference, in the unit of the output.
   */
  maxAbs?: number;
  /**
   * Greatest absolute difference divided by the greatest absolute value of the source output (peak relative error, no unit).
   */
  maxRel?: number;
  /**
   * Least signal to noise ratio, in decibels.
   */
  snrDb?: number;
  /**
   * Least share (0 to 1) of samples whose greatest element stands at the same place.
   */
  top1?: number;
}
/**
 * Options of the vendor adapter, by name.
 */
export interface Options {
  [k: string]: string | number | boolean;
}
/**
 * Output of `modelconv convert --dry-run --json`.
 */
export interface ConvertPlan {
  /**
   * One plan per device.
   */
  plans: DevicePlan[];
}
/**
 * What would be done for one device.
 */
export interface DevicePlan {
  device: Name;
  /**
   * Path that would be written.
   */
  output: string;
  /**
   * True when the source already fits and would be packed as it is.
   */
  unconverted: boolean;
  precision: Precision;
  source: ModelInfo;
  /**
   * Why the source does or does not fit the device as it is.
   */
  match?: MatchReason[];
  converter?: PlannedConverter;
  /**
   * Steps in order.
   */
  steps: PlannedStep[];
}
/**
 * What a model file says about itself.
 */
export interface ModelInfo {
  /**
   * Path as given.
   */
  path: string;
  /**
   * Size of the main file, in bytes.
   */
  sizeBytes: number;
  format: ModelFormat;
  /**
   * Version of the file format.
   */
  formatVersion?: string;
  producer?: ModelProducer;
  /**
   * Name of the graph.
   */
  graphName?: string;
  /**
   * Systems on chip that the file was compiled for, as the file names them.
   */
  targets?: string[];
  /**
   * Versions of the operator sets, by domain (`ai.onnx` is the default one).
   */
  opsets?: {
    [k: string]: number;
  };
  precision?: Precision;
  /**
   * Whether the model holds quantized weights.
   */
  quantized?: boolean;
  quantization?: Quantization;
  weights?: ModelWeights;
  /**
   * Number of operators, subgraphs included.
   */
  nodes?: number;
  /**
   * How often each operator occurs; operators of other domains are written domain:name.
   */
  operators?: {
    [k: string]: number;
  };
  /**
   * Tensors, in the order of the model.
   */
  inputs: ModelTensor[];
  /**
   * Tensors, in the order of the model.
   */
  outputs: ModelTensor[];
  /**
   * Further files that belong to the model.
   */
  externalData?: ExternalFile[];
  /**
   * Free key-value pairs in the file.
   */
  metadata?: {
    [k: string]: string;
  };
  /**
   * The descriptor that `--embed` put into the file, as it stands there.
   */
  embedded?: Record<string, unknown>;
  minimumRuntime?: MinimumRuntime;
  /**
   * Where each fact comes from.
   */
  facts: {
    /**
     * `read` from the file, `declared` by somebody, or `unknown`.
     */
    [k: string]: 'read' | 'declared' | 'unknown';
  };
}
/**
 * The program that wrote it.
 */
export interface ModelProducer {
  /**
   * Name.
   */
  name: string;
  /**
   * Version.
   */
  version?: string;
}
/**
 * How numbers were quantized.
 */
export interface Quantization {
  /**
   * What was quantized to what.
   */
  type: 'int8' | 'int4' | 'int16' | 'fp16-weights' | 'int8-weights' | 'int4-weights' | 'mixed';
  /**
   * Whether zero is always mapped to zero.
   */
  scheme?: 'symmetric' | 'asymmetric';
  /**
   * How many scales a tensor has.
   */
  granularity?: 'per-tensor' | 'per-channel';
  /**
   * Axis of the channels.
   */
  axis?: number;
  /**
   * Bits of a weight.
   */
  weightBits?: number;
  /**
   * Bits of an activation.
   */
  activationBits?: number;
  /**
   * How the ranges were found.
   */
  algorithm?: string;
  /**
   * Scale and zero point by tensor name.
   */
  tensors?: {
    [k: string]: QuantizedTensor;
  };
  calibration?: Calibration;
}
/**
 * Scale and zero point of one tensor.
 */
export interface QuantizedTensor {
  /**
   * Scales, one or one per channel.
   */
  scale: number[];
  /**
   * Zero points, one or one per channel.
   */
  zeroPoint?: number[];
}
/**
 * The data that the ranges were measured on.
 */
export interface Calibration {
  sha256?: Sha256;
  /**
   * Number of samples.
   */
  samples: number;
  /**
   * True when the data was generated, not measured.
   */
  synthetic: boolean;
}
/**
 * The weights.
 */
export interface ModelWeights {
  /**
   * Number of elements.
   */
  parameters: number;
  /**
   * Size in bytes.
   */
  sizeBytes: number;
  dataFormat?: Dtype;
}
/**
 * One input or output.
 */
export interface ModelTensor {
  /**
   * Name in the converted model.
   */
  name: string;
  dtype: Dtype;
  shape?: Shape;
  /**
   * Sizes of the example that the model was traced with (elements, outermost first): it may take others.
   *
   * @maxItems 64
   */
  exampleShape?: number[];
  /**
   * What it is when it is no tensor, in the words of its format: a list, a tuple, a number.
   */
  kind?: string;
}
/**
 * One further file.
 */
export interface ExternalFile {
  path: RelativePath;
  /**
   * Size in bytes.
   */
  sizeBytes?: number;
}
/**
 * The oldest runtime that loads the file.
 */
export interface MinimumRuntime {
  /**
   * Kind of the stack.
   */
  kind: string;
  version: Version;
  /**
   * The rule it follows from.
   */
  rule: string;
}
/**
 * One point on which a model and a device were compared.
 */
export interface MatchReason {
  /**
   * What was compared.
   */
  code: 'FORMAT' | 'STACK_KIND' | 'STACK_VERSION' | 'SOC' | 'PRECISION' | 'MEMORY';
  /**
   * Whether it fits; `unknown` when one side does not say.
   */
  ok: true | false | 'unknown';
  /**
   * The reason for people.
   */
  message: string;
  /**
   * What to do about it.
   */
  next?: string;
}
/**
 * The vendor tool.
 */
export interface PlannedConverter {
  adapter: Name;
  /**
   * Name.
   */
  tool: string;
  version: Version;
  /**
   * Where it is installed.
   */
  path: string;
}
/**
 * One process.
 */
export interface PlannedStep {
  /**
   * What it does.
   */
  label: string;
  /**
   * Argument list; paths are relative to the work directory.
   *
   * @minItems 1
   */
  command: [string, ...string[]];
  /**
   * Time limit, in milliseconds.
   */
  timeoutMs: number;
}
/**
 * Output of `modelconv convert --json`: one outcome per device, in the order given.
 */
export interface ConvertResult {
  /**
   * Outcomes.
   */
  results: ConvertOutcome[];
}
/**
 * One device.
 */
export interface ConvertOutcome {
  device: Name;
  /**
   * How it ended.
   */
  status: 'converted' | 'unconverted' | 'failed';
  /**
   * Path of the package.
   */
  package?: string;
  /**
   * Size of the package, in bytes.
   */
  sizeBytes?: number;
  /**
   * Wall time, in milliseconds.
   */
  durationMs: number;
  descriptor?: Descriptor;
  /**
   * Why the result fits the device.
   */
  match?: MatchReason[];
  /**
   * What the user should know.
   */
  warnings?: string[];
  error?: ErrorBody;
  descriptorSha256?: Sha2561;
}
/**
 * modelconv.yaml, the first entry of a package: all that is needed to run the model in it, and where it came from.
 */
export interface Descriptor {
  /**
   * Model management protocol and its version.
   */
  protocol: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind: 'TargetModel';
  name: Name;
  version: Version;
  /**
   * One paragraph for people.
   */
  description?: string;
  /**
   * Licence of the model: an SPDX expression or a sentence.
   */
  license?: string;
  model: Model;
  software: Software;
  device?: TargetDevice;
  conversion?: Conversion;
  verification?: Verification;
  lineage?: Lineage;
  /**
   * Every file of the package but this descriptor and the signatures.
   *
   * @maxItems 100000
   */
  files: PackageFile[];
}
/**
 * The converted model, read back from its own file.
 */
export interface Model {
  format: ModelFormat;
  /**
   * Version of the file format, as the file itself says.
   */
  formatVersion?: string;
  /**
   * Whether the weights are quantized.
   */
  type: 'float' | 'quantized';
  precision?: Precision;
  weights?: Weights;
  quantization?: Quantization;
  /**
   * Inputs, in the order of the model.
   */
  inputs: InputTensor[];
  /**
   * Outputs, in the order of the model.
   */
  outputs: OutputTensor[];
  /**
   * Where each fact about the model comes from: `read` from the file, `declared` by whoever packed it, or `unknown`.
   */
  facts?: {
    [k: string]: 'read' | 'declared' | 'unknown';
  };
}
/**
 * How the weights are stored.
 */
export interface Weights {
  dataFormat: Dtype;
  /**
   * Byte order of multi-byte numbers.
   */
  byteOrder?: 'little' | 'big';
  /**
   * Layout of the weights, where the format has a choice.
   */
  layout?: string;
  /**
   * Number of weight elements.
   */
  parameters?: number;
  /**
   * Size of the weights, in bytes.
   */
  sizeBytes?: number;
}
/**
 * One input.
 */
export interface InputTensor {
  /**
   * Name in the converted model.
   */
  name: string;
  /**
   * Name in the source model.
   */
  sourceName?: string;
  shape?: Shape;
  /**
   * True when at least one axis is known only when the model runs.
   */
  dynamic?: boolean;
  dtype: Dtype;
  /**
   * Meaning of the axes, one letter each.
   */
  layout?: string;
  preprocess?: Preprocess;
}
/**
 * One output.
 */
export interface OutputTensor {
  /**
   * Name in the converted model.
   */
  name: string;
  /**
   * Name in the source model.
   */
  sourceName?: string;
  shape?: Shape;
  /**
   * True when at least one axis is known only when the model runs.
   */
  dynamic?: boolean;
  dtype: Dtype;
  /**
   * Meaning of the axes, one letter each.
   */
  layout?: string;
  /**
   * Names of the classes, or the path of a file in the package that holds them.
   */
  labels?: string[];
}
/**
 * What must be installed where the model runs.
 */
export interface Software {
  stack: SoftwareStack;
}
/**
 * The inference software stack.
 */
export interface SoftwareStack {
  /**
   * Kind of the stack.
   */
  kind: string;
  minimumVersion?: Version;
  /**
   * The rule or the file field that the minimum version comes from.
   */
  minimumVersionSource?: string;
  convertedWith?: Version;
  /**
   * Versions of the stack in which the model ran and met parity.
   */
  testedWith?: Version[];
}
/**
 * The device that the model was converted for.
 */
export interface TargetDevice {
  name: Name;
  class?: DeviceClass;
  /**
   * Vendor of the device.
   */
  vendor?: string;
  /**
   * System on chip.
   */
  soc?: string;
  /**
   * Neural processing unit.
   */
  npu?: string;
  /**
   * Processor architecture, as Node.js names it.
   */
  arch?: string;
  /**
   * Operating system, as Node.js names it.
   */
  os?: string;
  /**
   * Memory that a model can use, in bytes.
   */
  memoryBytes?: number;
}
/**
 * How the model was made: enough to make it again.
 */
export interface Conversion {
  /**
   * False when the source already fitted the device and was packed as it is.
   */
  performed: boolean;
  source: ConversionSource;
  converter?: Converter;
  precision?: Precision;
  inputShapes?: InputShapes;
  inputDtypes?: InputDtypes;
  options?: Options;
  /**
   * Whether the same inputs give the same bytes with this tool: true, false or `unknown`.
   */
  deterministic?: true | false | 'unknown';
}
/**
 * The source model.
 */
export interface ConversionSource {
  format: ModelFormat;
  sha256: Sha2561;
  /**
   * Size of the main file, in bytes.
   */
  size: number;
  /**
   * Whether the package holds the source.
   */
  included: boolean;
  path: RelativePath;
  /**
   * Further files that belong to the source (ONNX external data), each relative to the main file.
   */
  files?: SourcePart[];
  framework?: Framework;
  producer?: Producer;
  /**
   * Version of the default operator set (ai.onnx).
   */
  opset?: number;
  /**
   * Versions of all operator sets, by domain.
   */
  opsets?: {
    [k: string]: number;
  };
}
/**
 * One further file of the source.
 */
export interface SourcePart {
  path: RelativePath;
  /**
   * Size in bytes.
   */
  size: number;
  sha256: Sha2561;
}
/**
 * The program that wrote the source model, as the file says.
 */
export interface Producer {
  /**
   * Name.
   */
  name: string;
  /**
   * Version.
   */
  version?: string;
}
/**
 * The vendor tool that converted it.
 */
export interface Converter {
  adapter: Name;
  /**
   * Name of the tool.
   */
  tool: string;
  version: Version;
  /**
   * Converters that the source went through before, in their order.
   */
  via?: ConverterStage[];
  /**
   * Argument lists of the steps, with paths relative to the work directory.
   */
  steps: [string, ...string[]][];
}
/**
 * One converter.
 */
export interface ConverterStage {
  adapter: Name;
  /**
   * Name of the tool.
   */
  tool: string;
  version: Version;
}
/**
 * The check that the converted model computes what the source computes.
 */
export interface Verification {
  /**
   * Whether every output met the tolerance. Absent when the check was skipped.
   */
  passed?: boolean;
  /**
   * Why there was no check.
   */
  skipped?: string;
  reference?: Reference;
  /**
   * What ran the converted model.
   */
  ranOn?: 'runtime' | 'simulator' | 'device';
  stage?: Name1;
  /**
   * Number of samples run.
   */
  samples?: number;
  inputs?: VerificationInputs;
  /**
   * Differences, by output name.
   */
  metrics?: {
    [k: string]: OutputMetrics;
  };
  tolerance?: Tolerance;
}
/**
 * The runtime that ran the source.
 */
export interface Reference {
  /**
   * Name.
   */
  runtime: string;
  version: Version;
}
/**
 * Where the samples came from.
 */
export interface VerificationInputs {
  /**
   * Generated from a seed, given by the user, or the first samples of the calibration set.
   */
  kind: 'generated' | 'user' | 'calibration';
  /**
   * Seed of the generator.
   */
  seed?: number;
  sha256: Sha2561;
}
/**
 * Differences of one output against the source model, worst over all samples.
 */
export interface OutputMetrics {
  /**
   * Greatest absolute difference, in the unit of the output.
   */
  maxAbs?: number;
  /**
   * Greatest absolute difference divided by the greatest absolute value of the source output (no unit).
   */
  maxRel?: number;
  /**
   * Root mean square of the difference over all samples, in the unit of the output.
   */
  rmse?: number;
  /**
   * Cosine similarity of the flattened output, worst sample (-1 to 1).
   */
  cosine?: number;
  /**
   * Signal to noise ratio over all samples, in decibels; absent when there is no difference at all.
   */
  snrDb?: number;
  /**
   * Share (0 to 1) of samples whose greatest element stands at the same place; only for outputs that look like class scores.
   */
  top1Agreement?: number;
  /**
   * Elements that are NaN or infinite on one side and not the same on the other.
   */
  nonFinite?: number;
  /**
   * Elements compared.
   */
  elements: number;
}
/**
 * Which package this one replaces.
 */
export interface Lineage {
  upgradedFrom?: Sha2561;
}
/**
 * One file of the package.
 */
export interface PackageFile {
  path: RelativePath;
  /**
   * What the file is for.
   */
  role: 'model' | 'source' | 'labels' | 'report' | 'log' | 'calibration' | 'document';
  /**
   * Size in bytes.
   */
  size: number;
  sha256: Sha2561;
  /**
   * Media type.
   */
  mediaType: string;
}
/**
 * The failure.
 */
export interface ErrorBody {
  /**
   * Stable code.
   */
  code: string;
  /**
   * Exit status of the program.
   */
  exitCode: number;
  /**
   * What happened.
   */
  what: string;
  /**
   * Why.
   */
  why?: string;
  /**
   * What to do next.
   */
  next?: string;
  /**
   * Faults of a document, in its order.
   */
  faults?: ErrorFault[];
  /**
   * Last lines of the vendor tool.
   */
  logTail?: string;
  /**
   * File that holds the whole log of the vendor tools.
   */
  logFile?: string;
}
/**
 * One fault.
 */
export interface ErrorFault {
  /**
   * Place in the document, as a JSON pointer.
   */
  path: string;
  /**
   * What would be right.
   */
  message: string;
  /**
   * Line, from 1.
   */
  line?: number;
  /**
   * Column, from 1.
   */
  column?: number;
}
/**
 * A list of devices, as in modelconv.devices.yaml.
 */
export interface DeviceInventory {
  /**
   * Model management protocol and its version.
   */
  protocol?: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind?: 'DeviceInventory';
  /**
   * The devices. Names must differ.
   */
  devices: Device[];
}
/**
 * One AI device: what it is and what it takes.
 */
export interface Device {
  /**
   * Model management protocol and its version.
   */
  protocol?: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind?: 'Device';
  name: Name;
  extends?: Name2;
  /**
   * One sentence for people.
   */
  description?: string;
  class?: DeviceClass;
  /**
   * Vendor of the device.
   */
  vendor?: string;
  /**
   * System on chip.
   */
  soc?: string;
  /**
   * Neural processing unit.
   */
  npu?: string;
  /**
   * Processor architecture, as Node.js names it.
   */
  arch?: string;
  /**
   * Operating system, as Node.js names it.
   */
  os?: string;
  /**
   * Processor model.
   */
  cpu?: string;
  /**
   * Instruction set extensions that matter to inference.
   */
  cpuFeatures?: string[];
  /**
   * Memory that a model can use, in bytes.
   */
  memoryBytes?: number;
  stack?: DeviceStack;
  /**
   * Model formats that the stack loads, the preferred one first.
   */
  formats?: ModelFormat[];
  /**
   * Precisions that the device can compute in.
   */
  precisions?: Precision[];
  connection?: Connection;
  converter?: DeviceConverter;
  /**
   * Where the facts about the device come from.
   */
  references?: string[];
}
/**
 * The inference software installed on the device.
 */
export interface DeviceStack {
  /**
   * Kind of the stack.
   */
  kind: string;
  version?: Version;
  driver?: Version;
}
/**
 * How to reach the device.
 */
export interface Connection {
  /**
   * `local`: this machine; `ssh`: over OpenSSH; `agent`: it dials in itself.
   */
  type: 'local' | 'ssh' | 'agent';
  /**
   * Host name, for ssh.
   */
  host?: string;
  /**
   * User name, for ssh.
   */
  user?: string;
  /**
   * TCP port, for ssh.
   */
  port?: number;
}
/**
 * Which converter makes models for the device.
 */
export interface DeviceConverter {
  adapter: Name;
  /**
   * Toolchain name and version.
   */
  toolchain?: string;
  options?: Options;
}
/**
 * Output of `modelconv devices show --json` and `devices probe --json`.
 */
export interface DeviceResult {
  device: Device;
  /**
   * Where the device is defined.
   */
  origin: 'built-in' | 'probed' | 'file';
  /**
   * File it is defined in.
   */
  file?: string;
}
/**
 * Output of `modelconv devices list --json`.
 */
export interface DevicesListResult {
  /**
   * Devices, by name.
   */
  devices: DeviceEntry[];
}
/**
 * One device.
 */
export interface DeviceEntry {
  device: Device;
  /**
   * Where the device is defined.
   */
  origin: 'built-in' | 'probed' | 'file';
  /**
   * File it is defined in.
   */
  file?: string;
}
/**
 * Output of `modelconv toolchains doctor --json`.
 */
export interface DoctorResult {
  /**
   * Adapters.
   */
  adapters: DoctorEntry[];
  /**
   * Things that you should know.
   *
   * Items: For people.
   */
  warnings?: string[];
}
/**
 * What is known of one adapter's tool.
 */
export interface DoctorEntry {
  adapter: Name;
  /**
   * Whether its tool can be used.
   */
  found: boolean;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool?: string;
  version?: Version;
  /**
   * Where it is installed.
   */
  path?: string;
  /**
   * How it was found: as in toolchains-list-result; absent for a tool that comes with modelconv.
   */
  origin?: 'config' | 'environment' | 'path' | 'installed';
  /**
   * Built-in devices that it makes models for.
   *
   * Items: Name of a device.
   */
  devices: string[];
  /**
   * Why it cannot be used.
   */
  why?: string;
  /**
   * What puts it right: a command wherever there is one.
   */
  fix?: string;
}
/**
 * A failure, as one JSON object on stderr under --json.
 */
export interface ErrorReport {
  error: ErrorBody;
}
/**
 * The package file.
 */
export interface PackageInfo {
  /**
   * Path as given.
   */
  path: string;
  /**
   * Size of the package, in bytes.
   */
  sizeBytes: number;
  /**
   * Whether its payload is encrypted.
   */
  encrypted: boolean;
  /**
   * Size of the descriptor, in bytes.
   */
  descriptorBytes?: number;
  /**
   * Number of entries listed in the descriptor.
   */
  entries?: number;
}
/**
 * Output of `modelconv pack --json`.
 */
export interface PackResult {
  /**
   * Path of the package.
   */
  package: string;
  /**
   * Size in bytes.
   */
  sizeBytes: number;
  descriptor: Descriptor;
  descriptorSha256: Sha2561;
}
/**
 * Output of `modelconv toolchains install --json`.
 */
export interface ToolchainsInstallResult {
  name: Name;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool: string;
  version: Version;
  /**
   * Directory of its environment.
   */
  path: string;
  /**
   * Its Python; absolute path.
   */
  python: string;
  pythonVersion: Version;
  /**
   * Program that installed its packages.
   */
  installedWith: 'pip' | 'uv';
  /**
   * It was there before; nothing was done.
   */
  alreadyInstalled: boolean;
  /**
   * Licence of the tool.
   */
  license: string;
  /**
   * Things that you should know.
   *
   * Items: For people.
   */
  warnings?: string[];
}
/**
 * Output of `modelconv toolchains list --json`.
 */
export interface ToolchainsListResult {
  /**
   * Directory that holds what modelconv installs.
   */
  home: string;
  /**
   * Toolchains, by adapter.
   */
  toolchains: ToolchainEntry[];
  /**
   * Things that you should know.
   *
   * Items: For people.
   */
  warnings?: string[];
}
/**
 * One toolchain.
 */
export interface ToolchainEntry {
  name: Name;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool: string;
  /**
   * Licence of the tool.
   */
  license: string;
  /**
   * Environment variable that names an installation of your own.
   */
  variable: string;
  /**
   * Installations, in the order in which they are found.
   */
  installations: ToolchainInstallation[];
  /**
   * Releases that modelconv can install, the newest first.
   */
  releases: ToolchainRelease[];
  /**
   * What is wrong with the installation that you named.
   */
  problem?: string;
}
/**
 * One installation of the tool.
 */
export interface ToolchainInstallation {
  /**
   * How it was found: named in toolchains.yaml, named by the environment variable, on PATH, installed by modelconv.
   */
  origin: 'config' | 'environment' | 'path' | 'installed';
  version: Version;
  /**
   * Directory of its environment.
   */
  path: string;
  /**
   * Its Python; absolute path.
   */
  python: string;
}
/**
 * A release that modelconv can install.
 */
export interface ToolchainRelease {
  version: Version;
  /**
   * Versions of CPython that it can be installed with, the preferred one first.
   *
   * Items: `major.minor`.
   */
  python: string[];
  /**
   * Size on disk once installed, in bytes.
   */
  sizeBytes: number;
  /**
   * Whether modelconv has installed it.
   */
  installed: boolean;
  /**
   * Command that installs it.
   */
  install: string;
}
/**
 * Output of `modelconv toolchains remove --json`.
 */
export interface ToolchainsRemoveResult {
  name: Name;
  /**
   * Versions that were removed.
   */
  removed: Version[];
}
/**
 * Tools that you have, in toolchains.yaml of your configuration directory: by toolchain name, its Python or the directory of its environment.
 */
export interface ToolchainsConfig {
  /**
   * Path of a Python or of an environment's directory; ~ is your home directory, relative paths start at the file.
   */
  [k: string]: string;
}
/**
 * Output of `modelconv unpack --json`.
 */
export interface UnpackResult {
  /**
   * Path of the package.
   */
  package: string;
  /**
   * Directory that was written.
   */
  directory: string;
  /**
   * Files written, relative to the directory.
   */
  files: string[];
}
/**
 * Output of `modelconv verify --json`.
 */
export interface VerifyResult {
  /**
   * Path of the package.
   */
  package: string;
  /**
   * Size in bytes.
   */
  sizeBytes: number;
  name: Name;
  version: Version;
  /**
   * Number of files whose digest was checked.
   */
  files: number;
  /**
   * Always true: anything else is an error.
   */
  valid: true;
  descriptorSha256: Sha2561;
}
