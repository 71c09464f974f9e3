// Generated from schemas/ by scripts/generate-schema.mjs. Do not edit.

/**
 * Name of the adapter, as in `converter: {adapter: ID}` of a device. The file is named ID.yaml.
 */
export type Name = string;
/**
 * Name that steps use.
 */
export type Name1 = string;
/**
 * Model file format: `onnx`, `ort`, `tflite`, `openvino-ir`, `rknn`, … Lower case.
 */
export type ModelFormat = string;
/**
 * Number format in which the weights are kept and the work is done. `mixed`: several, none of which prevails.
 */
export type Precision = 'fp64' | 'fp32' | 'fp16' | 'bf16' | 'int16' | 'int8' | 'int4' | 'mixed';
/**
 * The version of the tool is this one or newer.
 */
export type Version = string;
/**
 * The version of the tool is older than this.
 */
export type Version1 = string;
/**
 * Name of the program (default: the first one).
 */
export type Name2 = string;
/**
 * A word; or words under a condition (`if`, `args`); or words for each input (`each`, `args`); or one word made of all inputs (`join`, `item`, `text`).
 */
export type DescribedArgument = string | DescribedWords;
/**
 * Name of the program (default: the first one).
 */
export type Name3 = string;
/**
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha256 = string;
/**
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name4 = string;
/**
 * A version as text, digits first or a letter; in YAML put it in quotes.
 */
export type Version2 = string;
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
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2561 = string;
/**
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name5 = string;
/**
 * Where the device stands: in a data centre, near the sensors, or in the hand or the product.
 */
export type DeviceClass = 'cloud' | 'edge' | 'terminal';
/**
 * Element type of a tensor.
 */
export type Dtype1 =
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
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2562 = string;
/**
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2563 = string;
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
 * Layout in which its runtime takes or gives the tensor by default, whatever the order of `shape`, where the file says it.
 */
export type DeviceLayout = string;
/**
 * For each axis, the axis of the source's tensor that it is (0 is the outermost; as the argument of numpy.transpose); null for an axis of size 1 that the source does not have. An axis of the source that is not listed has size 1 and is gone. Absent: not known.
 *
 * @maxItems 64
 */
export type SourceAxes = (number | null)[];
/**
 * A relative path of at most 32 parts with / between them: no leading /, no empty part, no part that ends in a dot or a space or is the name of a Windows device, no backslash, no control character, no colon.
 */
export type RelativePath = string;
/**
 * Sizes of the axes, outermost first; an empty list is a scalar.
 *
 * @maxItems 64
 */
export type Shape1 = Dimension[];
/**
 * Element type of a tensor.
 */
export type Dtype2 =
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
 * A letter or digit, then letters, digits, dot, underscore, hyphen; at most 128 characters.
 */
export type Name6 = string;
/**
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2564 = string;
/**
 * Output of `modelconv inspect --json`: a package with its descriptor, or a bare model file.
 */
export type InspectResult = {
  [k: string]: unknown;
} & {
  package?: PackageInfo;
  descriptor?: Descriptor;
  model?: ModelInfo;
  quantization?: QuantizationReport;
};
/**
 * One line on stderr under --progress json. Later versions may have more events and fields: pass over those that you do not know.
 */
export type ProgressEvent = ProgressStart | ProgressDone | ProgressWarning | ProgressError;
/**
 * SHA-256 as 64 lower-case hexadecimal digits.
 */
export type Sha2565 = string;

export interface AllSchemas {
  adapter?: AdapterDescription;
  'bench-result'?: BenchResult;
  'cache-clean-result'?: CacheCleanResult;
  'cache-info-result'?: CacheInfoResult;
  'cache-list-result'?: CacheListResult;
  'check-result'?: CheckResult;
  'compare-result'?: CompareResult;
  'conversion-request'?: ConversionRequest;
  'convert-outputs'?: ConvertOutputs;
  'convert-plan'?: ConvertPlan;
  'convert-result'?: ConvertResult;
  descriptor?: Descriptor;
  'device-edit-result'?: DeviceEditResult;
  'device-inventory'?: DeviceInventory;
  'device-result'?: DeviceResult;
  device?: Device;
  'devices-list-result'?: DevicesListResult;
  'diff-result'?: DiffResult;
  'doctor-result'?: DoctorResult;
  error?: ErrorReport;
  'inspect-result'?: InspectResult;
  'io-map'?: IoMap;
  'model-info'?: ModelInfo;
  'outdated-result'?: OutdatedResult;
  'pack-result'?: PackResult;
  preprocess?: PreprocessDocument;
  'progress-event'?: ProgressEvent;
  'toolchains-install-result'?: ToolchainsInstallResult;
  'toolchains-list-result'?: ToolchainsListResult;
  'toolchains-remove-result'?: ToolchainsRemoveResult;
  toolchains?: ToolchainsConfig;
  'unpack-result'?: UnpackResult;
  'upgrade-result'?: UpgradeResult;
  'verify-result'?: VerifyResult;
}
/**
 * A converter that needs no code of its own: how it is found, called and understood.
 */
export interface AdapterDescription {
  /**
   * Model management protocol and its version.
   */
  protocol: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind: 'Adapter';
  id: Name;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool: string;
  /**
   * Vendor.
   */
  vendor?: string;
  /**
   * Licence of the tool.
   */
  license?: string;
  /**
   * One sentence for people.
   */
  description?: string;
  /**
   * Where the facts in this document come from: addresses.
   *
   * Items: An address.
   */
  references?: string[];
  /**
   * With which versions of the tool this description was run, e.g. "8.0.RC2 on linux-x64". Empty: it is made from documentation alone, and modelconv says so.
   *
   * Items: A version and a system.
   */
  tried: string[];
  find: DescribedFind;
  /**
   * `platform-arch` pairs on which the tool runs, as Node.js names them; empty: all.
   *
   * Items: e.g. linux-x64
   */
  hosts?: string[];
  /**
   * Formats of the models that it takes.
   *
   * @minItems 1
   */
  sources: [ModelFormat, ...ModelFormat[]];
  output: DescribedOutput;
  precisions: DescribedPrecisions;
  devices: DescribedDevices;
  /**
   * Whether every size has to be fixed before the conversion (default: open).
   */
  sizes?: 'open' | 'fixed';
  /**
   * By name: what --option takes.
   */
  options?: {
    [k: string]: DescribedOption;
  };
  calibration?: DescribedCalibration;
  /**
   * What the tool cannot do, said before it is started.
   */
  refuse?: DescribedRefusal[];
  /**
   * Processes, one after the other, in a private directory.
   *
   * @minItems 1
   */
  steps: [DescribedStep, ...DescribedStep[]];
  run?: DescribedRun;
  /**
   * Whether the same job gives the same bytes.
   */
  deterministic: boolean | 'unknown';
  /**
   * Known lines of its log.
   */
  failures: DescribedFailure[];
  fit?: DescribedFit;
}
/**
 * How the tool is found.
 */
export interface DescribedFind {
  /**
   * Environment variable that names the tool: its first program, or a directory that holds it (default: MODELCONV_ and the id in capitals).
   */
  variable?: string;
  /**
   * Programs of the tool. The first is looked for: named by the variable, else on PATH; the others stand beside it or on PATH.
   *
   * @minItems 1
   */
  programs: [DescribedProgram, ...DescribedProgram[]];
  /**
   * Where the first program is in a directory that the variable names, relative to it (default: in itself, then in bin).
   *
   * @minItems 1
   *
   * Items: A relative path.
   */
  directories?: [string, ...string[]];
  version: DescribedVersion;
  /**
   * How to get the tool.
   */
  install: string;
  /**
   * Variables of the user’s environment that the tool needs: everything else is kept from it.
   *
   * Items: Letters, digits and underscore, as in an environment.
   */
  passEnvironment?: string[];
}
/**
 * One program.
 */
export interface DescribedProgram {
  name: Name1;
  /**
   * File name of the executable.
   */
  file: string;
}
/**
 * Where its version stands: in what the first program prints (`args`), in a file (`file`), or in the Python environment of the program (`distribution`).
 */
export interface DescribedVersion {
  /**
   * Words that make the first program print its version.
   */
  args?: string[];
  /**
   * Path relative to the directory of the first program; links of the program are followed. The first of several that is there.
   */
  file?: string;
  /**
   * As file, several: the first that is there.
   *
   * @minItems 1
   *
   * Items: A path.
   */
  files?: [string, ...string[]];
  /**
   * Name of a Python distribution.
   */
  distribution?: string;
  /**
   * Tried in this order; the groups of the first that is found, joined by dots and without leading zeros, are the version.
   *
   * @minItems 1
   *
   * Items: A pattern with at least one group. A JavaScript regular expression, matched with the flag m.
   */
  patterns?: [string, ...string[]];
}
/**
 * What it writes.
 */
export interface DescribedOutput {
  format: ModelFormat;
  /**
   * Paths in out/, the model first; {name} is filled in.
   *
   * @minItems 1
   *
   * Items: A path in out/.
   */
  files: [string, ...string[]];
  /**
   * Bytes that the model file holds.
   */
  signature?: DescribedSignature[];
  /**
   * Fields of the model file that tell how long it is: the first that is not 0 counts.
   *
   * @minItems 1
   */
  lengths?: [DescribedLength, ...DescribedLength[]];
  /**
   * By an output: other paths in out/ that the tool may give it. The one that is there is renamed.
   */
  alternatives?: {
    /**
     * Paths in out/.
     *
     * @minItems 1
     *
     * Items: A path in out/.
     */
    [k: string]: [string, ...string[]];
  };
  /**
   * Byte order of multi-byte numbers in the weights.
   */
  byteOrder?: 'little' | 'big';
}
/**
 * Bytes at a place.
 */
export interface DescribedSignature {
  /**
   * Offset in bytes; a negative one counts from the end.
   */
  at: number;
  /**
   * The bytes as ASCII text.
   */
  text?: string;
  /**
   * The bytes in hexadecimal.
   */
  hex?: string;
}
/**
 * A field of the model file that tells how long it is.
 */
export interface DescribedLength {
  /**
   * Offset of the field in bytes.
   */
  at: number;
  /**
   * Size of the field.
   */
  bytes: 4 | 8;
  /**
   * Byte order of the field.
   */
  byteOrder: 'little' | 'big';
  /**
   * Bytes that the field does not count.
   */
  plus: number;
}
/**
 * Number formats.
 */
export interface DescribedPrecisions {
  /**
   * What it converts a model in floating point to.
   */
  to: Precision[];
  /**
   * What it keeps of the source as it is.
   */
  keep?: Precision[];
  /**
   * Those of `to` for which it measures value ranges on data.
   */
  calibrated?: Precision[];
}
/**
 * Devices that it makes models for.
 */
export interface DescribedDevices {
  /**
   * Kinds of their software stack.
   *
   * @minItems 1
   *
   * Items: A kind.
   */
  stacks: [string, ...string[]];
  /**
   * By the `soc` of the device (lower case): what the tool calls it, {target}.
   */
  targets?: {
    /**
     * A word of the tool.
     */
    [k: string]: string;
  };
}
/**
 * One option: a list of values, or any value that fits a pattern.
 */
export interface DescribedOption {
  /**
   * Values; the first is the default.
   *
   * @minItems 1
   */
  values?: [string, ...string[]];
  /**
   * What a value has to be. A JavaScript regular expression, matched with the flag m.
   */
  pattern?: string;
  /**
   * The value without --option, where there is a pattern.
   */
  default?: string;
  /**
   * True: it acts only where a model in floating point is quantized, and is refused where none is.
   */
  quantizing?: boolean;
  /**
   * For people.
   */
  description?: string;
}
/**
 * How calibration data is handed over. {calibration} is the list or, for one array, the file.
 */
export interface DescribedCalibration {
  /**
   * `raw-list`: a raw little-endian file for each sample and input, and a list of them; `npy-list`: the same in .npy files; `npy`: one .npy file with all samples of the only input.
   */
  form: 'raw-list' | 'npy-list' | 'npy';
  /**
   * Axes of inputs with four: as the model takes them, or channels last.
   */
  layout?: 'as-model' | 'nhwc';
  /**
   * One word of the command line. {source}, {name}, {precision}, {target}, {soc}, {calibration}, {calibration.count}, {option.NAME}, and within each input {input.name}, {input.sizes} are filled in; {{ and }} stand for braces.
   */
  entry?: string;
  /**
   * What stands between the entries of one line of the list (default: a blank).
   */
  separator?: string;
}
/**
 * One case.
 */
export interface DescribedRefusal {
  if: DescribedCondition;
  /**
   * Why it cannot be converted.
   */
  why: string;
  /**
   * What to do.
   */
  next: string;
}
/**
 * What has to hold; every line given.
 */
export interface DescribedCondition {
  /**
   * The precision that is converted to is one of these.
   *
   * @minItems 1
   */
  precision?: [Precision, ...Precision[]];
  /**
   * The format of the source is one of these.
   *
   * @minItems 1
   */
  source?: [ModelFormat, ...ModelFormat[]];
  /**
   * By the name of an option: its value is one of these.
   */
  options?: {
    /**
     * Values.
     *
     * @minItems 1
     */
    [k: string]: [string, ...string[]];
  };
  /**
   * Value ranges are measured on calibration data.
   */
  calibrated?: boolean;
  /**
   * The user fixes sizes with --input.
   */
  fixedSizes?: boolean;
  /**
   * No input has an open size.
   */
  closedSizes?: boolean;
  /**
   * The precision of the source is one of these.
   *
   * @minItems 1
   */
  sourcePrecision?: [Precision, ...Precision[]];
  toolFrom?: Version;
  toolBelow?: Version1;
  /**
   * What the tool calls the chip is one of these.
   *
   * @minItems 1
   */
  target?: [string, ...string[]];
}
/**
 * One process.
 */
export interface DescribedStep {
  /**
   * What it does, in one word or two.
   */
  label: string;
  if?: DescribedCondition;
  program?: Name2;
  /**
   * Words of its command line.
   */
  args: DescribedArgument[];
  /**
   * Further variables of its environment, with the same placeholders.
   */
  env?: {
    /**
     * One word of the command line. {source}, {name}, {precision}, {target}, {soc}, {calibration}, {calibration.count}, {option.NAME}, and within each input {input.name}, {input.sizes} are filled in; {{ and }} stand for braces.
     */
    [k: string]: string;
  };
  /**
   * What its output must hold beside exit status 0. A JavaScript regular expression, matched with the flag m.
   */
  successPattern?: string;
}
/**
 * A word; or words under a condition (`if`, `args`); or words for each input (`each`, `args`); or one word made of all inputs (`join`, `item`, `text`).
 */
export interface DescribedWords {
  if?: DescribedCondition;
  /**
   * What the words are repeated for.
   */
  each?: 'input' | 'output';
  /**
   * Words.
   *
   * @minItems 1
   *
   * Items: One word of the command line. {source}, {name}, {precision}, {target}, {soc}, {calibration}, {calibration.count}, {option.NAME}, and within each input {input.name}, {input.sizes} are filled in; {{ and }} stand for braces.
   */
  args?: [string, ...string[]];
  /**
   * What stands between the items.
   */
  join?: string;
  /**
   * One word of the command line. {source}, {name}, {precision}, {target}, {soc}, {calibration}, {calibration.count}, {option.NAME}, and within each input {input.name}, {input.sizes} are filled in; {{ and }} stand for braces.
   */
  item?: string;
  /**
   * The word; {items} stands for the joined items.
   */
  text?: string;
  /**
   * What stands between the sizes of an input (default: a comma).
   */
  sizes?: string;
}
/**
 * How models are run for the parity check: a program that reads {spec} and writes results as docs/adapters.md says.
 */
export interface DescribedRun {
  program?: Name3;
  /**
   * Words of its command line; {spec} is filled in.
   *
   * @minItems 1
   *
   * Items: One word of the command line. {source}, {name}, {precision}, {target}, {soc}, {calibration}, {calibration.count}, {option.NAME}, and within each input {input.name}, {input.sizes} are filled in; {{ and }} stand for braces.
   */
  args: [string, ...string[]];
  /**
   * Formats that it runs.
   *
   * @minItems 1
   */
  formats: [ModelFormat, ...ModelFormat[]];
}
/**
 * A known line of the log, what it means and what to do.
 */
export interface DescribedFailure {
  /**
   * The line. A JavaScript regular expression, matched with the flag m.
   */
  pattern: string;
  /**
   * Code of the error.
   */
  code:
    | 'E_NOT_CONVERTIBLE'
    | 'E_MODEL_INVALID'
    | 'E_TOOL_FAILED'
    | 'E_TOOL_MISSING'
    | 'E_OUTPUT'
    | 'E_USAGE';
  /**
   * What happened. TOOL stands for the tool, $1 for the first group of the pattern.
   */
  what: string;
  /**
   * Why; the line itself when absent.
   */
  why?: string;
  /**
   * What to do: a command wherever there is one.
   */
  next: string;
  /**
   * Label of the only step that it is about.
   */
  step?: string;
  /**
   * Where the line is documented.
   */
  source?: string;
}
/**
 * How the version of the tool goes with that of the runtime on the device.
 */
export interface DescribedFit {
  /**
   * How many leading parts of the versions are compared.
   */
  parts: number;
  /**
   * `not-newer`: the tool must not be newer than the runtime; `same`: both must be equal.
   */
  relation: 'not-newer' | 'same';
  /**
   * What the vendor says, in one sentence.
   */
  rule: string;
  /**
   * Where it says so.
   */
  source: string;
}
/**
 * Output of `modelconv bench --json`.
 */
export interface BenchResult {
  model: BenchedModel;
  measurement: Measurement;
  /**
   * Package that holds the measurement now; absent without --save.
   */
  saved?: string;
}
/**
 * The model that was run.
 */
export interface BenchedModel {
  /**
   * Path as given.
   */
  path: string;
  /**
   * What the path is.
   */
  kind: 'model' | 'package';
  format: ModelFormat;
  precision?: Precision;
  sha256: Sha256;
}
/**
 * What one inference costs on one device, in the runtime's own settings, measured by its process itself.
 */
export interface Measurement {
  /**
   * What was measured.
   */
  kind: 'latency';
  device: MeasuredDevice;
  runtime: MeasuredRuntime;
  /**
   * Threads that the runtime was told to use for one inference.
   */
  threads: number;
  /**
   * Inferences before the first measured one.
   */
  warmup: number;
  /**
   * Inferences measured, one after the other.
   */
  runs: number;
  /**
   * Samples that the inferences took turns with.
   */
  samples: number;
  inputs: VerificationInputs;
  inputShapes: InputShapes;
  latency: Latency;
  /**
   * Inferences per second, one after the other: runs divided by the sum of their times.
   */
  throughput: number;
  /**
   * Most memory that the process of the runtime had resident, interpreter and libraries included, in bytes. Absent where the system does not tell.
   */
  peakMemoryBytes?: number;
}
/**
 * The device that it ran on.
 */
export interface MeasuredDevice {
  name: Name4;
  /**
   * Model of the processor, as the system tells it.
   */
  cpu?: string;
  /**
   * Processor architecture, as Node.js names it.
   */
  arch: string;
  /**
   * Operating system, as Node.js names it.
   */
  os: string;
}
/**
 * What ran the model.
 */
export interface MeasuredRuntime {
  /**
   * Name of the adapter.
   */
  name: string;
  /**
   * Name of the runtime, as its vendor spells it.
   */
  tool?: string;
  version: Version2;
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
  sha256: Sha256;
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
 * Time of one inference, from handing over the inputs to having the outputs; percentiles are nearest-rank: a time that was measured.
 */
export interface Latency {
  /**
   * The shortest, in milliseconds.
   */
  minMs: number;
  /**
   * At least 50 % took no longer, in milliseconds.
   */
  p50Ms: number;
  /**
   * At least 90 % took no longer, in milliseconds.
   */
  p90Ms: number;
  /**
   * At least 99 % took no longer, in milliseconds.
   */
  p99Ms: number;
}
/**
 * Output of `modelconv cache clean --json`.
 */
export interface CacheCleanResult {
  /**
   * Directory of the cache.
   */
  directory: string;
  /**
   * Entries that were removed.
   */
  removed: number;
  /**
   * Their size, in bytes.
   */
  freedBytes: number;
}
/**
 * Output of `modelconv cache info --json`.
 */
export interface CacheInfoResult {
  /**
   * Directory of the cache.
   */
  directory: string;
  /**
   * Size of all entries, in bytes.
   */
  sizeBytes: number;
  /**
   * Bound of the size (MODELCONV_CACHE_SIZE), in bytes; 0: the cache is switched off.
   */
  maxBytes: number;
  /**
   * Whether entries can be added; a cache that cannot be written is still read.
   */
  writable: boolean;
  packages: CachedPackages;
  sources: CachedSources;
}
/**
 * Packages, each of them the result of one conversion.
 */
export interface CachedPackages {
  /**
   * How many there are.
   */
  entries: number;
  /**
   * Size of their files, in bytes; what a reflink shares with other files counts, too.
   */
  sizeBytes: number;
  /**
   * How often one of them was taken.
   */
  uses: number;
}
/**
 * Source models, kept for `modelconv upgrade`.
 */
export interface CachedSources {
  /**
   * How many there are.
   */
  entries: number;
  /**
   * Size of their files, in bytes; what a reflink shares with other files counts, too.
   */
  sizeBytes: number;
  /**
   * How often one of them was taken.
   */
  uses: number;
}
/**
 * Output of `modelconv cache list --json`, the entry first that was used last.
 */
export interface CacheListResult {
  /**
   * Directory of the cache.
   */
  directory: string;
  /**
   * Entries.
   */
  entries: CacheEntry[];
}
/**
 * One entry; `key` is the digest of what went into a package, or that of a source.
 */
export interface CacheEntry {
  /**
   * What it is.
   */
  kind: 'package' | 'source';
  key: Sha256;
  /**
   * Of the package, or of the source file.
   */
  name?: string;
  version?: Version2;
  device?: Name4;
  /**
   * Size of its files, in bytes.
   */
  sizeBytes: number;
  /**
   * How often it was taken.
   */
  uses: number;
  /**
   * When it was made or taken last, UTC.
   */
  lastUsed: string;
  /**
   * Its record is not as it was written; it goes with the next use.
   */
  damaged?: boolean;
}
/**
 * Output of `modelconv check --json` and `modelconv devices match --json`: whether a model will load and run on devices.
 */
export interface CheckResult {
  /**
   * Path as given.
   */
  path: string;
  /**
   * What the file is.
   */
  kind: 'package' | 'model';
  format: ModelFormat;
  /**
   * The devices that were asked for, in their order.
   */
  devices: DeviceFit[];
}
/**
 * One device.
 */
export interface DeviceFit {
  device: Name4;
  /**
   * True when no reason speaks against it; what is unknown does not.
   */
  matches: boolean;
  /**
   * Every point that could be compared.
   */
  reasons: MatchReason[];
  /**
   * Adapters that convert the model for the device, one after the other; absent where it runs as it is, where none does, and of packages.
   */
  convertedBy?: Name4[];
}
/**
 * One point on which a model and a device were compared.
 */
export interface MatchReason {
  /**
   * What was compared.
   */
  code:
    | 'FORMAT'
    | 'STACK_KIND'
    | 'STACK_VERSION'
    | 'CONVERTER_VERSION'
    | 'SOC'
    | 'PRECISION'
    | 'MEMORY';
  /**
   * Whether it fits; `unknown` when one side does not say.
   */
  ok: true | false | 'unknown';
  /**
   * The reason for people.
   */
  message: string;
  /**
   * What to do about it: of a reason against it always there, a command to type wherever there is one.
   */
  next?: string;
}
/**
 * Output of `modelconv compare --json`, and the report of a conversion.
 */
export interface CompareResult {
  /**
   * Marks the report that `modelconv convert` keeps.
   */
  kind?: 'ConversionReport';
  a: ComparedModel;
  b: ComparedModel;
  /**
   * Number of samples run.
   */
  samples: number;
  inputs: VerificationInputs;
  tolerance: Tolerance;
  /**
   * Whether every output met the tolerance.
   */
  passed: boolean;
  /**
   * Outputs, in the order of the first model.
   */
  outputs: ComparedOutput[];
  /**
   * What was found beyond single bounds: a missing output, another shape, outputs that seem to be swapped.
   *
   * Items: One finding.
   */
  faults: string[];
  layers?: ComparedLayers;
  accuracy?: Accuracy;
  /**
   * Things that you should know.
   *
   * Items: For people.
   */
  warnings?: string[];
}
/**
 * One of the two models.
 */
export interface ComparedModel {
  /**
   * Path as given.
   */
  path: string;
  /**
   * What the path is.
   */
  kind: 'model' | 'package';
  format: ModelFormat;
  precision?: Precision;
  sha256?: Sha256;
  runtime: ComparedRuntime;
}
/**
 * What ran it.
 */
export interface ComparedRuntime {
  /**
   * Name of the adapter.
   */
  name: string;
  version: Version2;
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
   * Greatest root of the mean squared difference, in the unit of the output.
   */
  rmse?: number;
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
 * One output of the first model against the one of the second.
 */
export interface ComparedOutput {
  /**
   * Name in the first model.
   */
  name: string;
  /**
   * Name in the second model.
   */
  otherName?: string;
  dtype?: Dtype;
  /**
   * Sizes of one sample's output.
   */
  shape?: number[];
  /**
   * Whether the axes of the second model's output were moved to those of the first.
   */
  transposed?: boolean;
  metrics?: OutputMetrics;
  /**
   * Bounds that were not met.
   *
   * Items: One bound.
   */
  faults: string[];
  histogram?: ErrorHistogram;
  /**
   * Samples with the greatest differences, the worst first.
   */
  worstSamples?: WorstSample[];
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
 * How the absolute differences are spread.
 */
export interface ErrorHistogram {
  /**
   * Bounds of the bins, in the unit of the output, ascending; bin k lies between edges k and k + 1.
   */
  edges: number[];
  /**
   * Elements in each bin.
   */
  counts: number[];
  /**
   * Elements without any difference.
   */
  equal: number;
}
/**
 * One sample.
 */
export interface WorstSample {
  /**
   * Number of the sample, from 0.
   */
  index: number;
  /**
   * Greatest absolute difference, in the unit of the output.
   */
  maxAbs: number;
  /**
   * Cosine similarity of the output (-1 to 1).
   */
  cosine: number;
}
/**
 * What is between the layers (`--layers`).
 */
export interface ComparedLayers {
  /**
   * Whose computation of the same model in floating point stands in for the first model: that of the converter, where the first model does not show its layers.
   */
  against?: string;
  first?: FirstDifference;
  /**
   * Samples that were looked at.
   */
  samples: number;
  /**
   * Tensors with a counterpart, in the order of execution of the first model.
   */
  tensors: ComparedTensor[];
  /**
   * Tensors of the first model without one: most were fused into others.
   *
   * Items: Name in the first model.
   */
  unmatched: string[];
}
/**
 * The first tensor with an error of its own: beyond what rounding does, and several times that of what it is computed from.
 */
export interface FirstDifference {
  /**
   * Name in the first model.
   */
  name: string;
  /**
   * What computes it in the first model.
   */
  operator?: string;
  /**
   * Its relative error; absent when it is not finite.
   */
  relativeError?: number;
  /**
   * The greatest relative error among the tensors that it is computed from.
   */
  inputError: number;
  /**
   * The same, for people.
   */
  message: string;
}
/**
 * One tensor of the first model against its counterpart in the second.
 */
export interface ComparedTensor {
  /**
   * Name in the first model.
   */
  name: string;
  /**
   * Name in the second model.
   */
  otherName: string;
  /**
   * What computes it in the first model, in the words of its runtime.
   */
  operator?: string;
  /**
   * What computes it in the second model.
   */
  otherOperator?: string;
  /**
   * Sizes in the first model, of one sample.
   */
  shape: number[];
  /**
   * Length of the difference over the length of the first model's tensor (0 is equal); where the second holds integers, after the scale and offset that fit best. Absent when one of them is not finite where the other is.
   */
  relativeError?: number;
  /**
   * Cosine similarity (-1 to 1).
   */
  cosine: number;
  /**
   * Greatest absolute difference.
   */
  maxAbs?: number;
}
/**
 * What the conversion did to the accuracy of the model, measured on labelled data when it was made: `before` is the source, `after` the converted model (absent where the source was packed as it is).
 */
export interface Accuracy {
  /**
   * Classes are scored by top-1 and top-5, numbers by their mean absolute error.
   */
  task: 'classification' | 'regression';
  /**
   * Output of the source that the labels are for.
   */
  output: string;
  data: AccuracyData;
  before: AccuracyScore;
  after?: AccuracyScore;
  /**
   * What was lost: of classes top-1 before minus after, of numbers how much greater the mean absolute error became, relative to before. Negative: it became better.
   */
  drop?: number;
  /**
   * Greatest drop that was allowed; absent: any.
   */
  maxDrop?: number;
  /**
   * Whether the drop is allowed. Absent without a bound.
   */
  passed?: boolean;
}
/**
 * What was scored on.
 */
export interface AccuracyData {
  sha256: Sha2561;
  /**
   * Number of samples.
   */
  samples: number;
  /**
   * What the samples were read from.
   */
  kind: 'images' | 'arrays';
  /**
   * Names of the classes by their index, where directories named them; absent beyond 1000.
   *
   * @maxItems 1000
   *
   * Items: Name of one class.
   */
  classes?: string[];
}
/**
 * What one model scored on labelled data.
 */
export interface AccuracyScore {
  /**
   * Share of samples whose greatest score is that of the right class (0 to 1).
   */
  top1?: number;
  /**
   * Share of samples whose right class is among the five greatest scores (0 to 1); for more than five classes.
   */
  top5?: number;
  /**
   * Mean absolute difference from the labels over all elements, in the unit of the output.
   */
  meanAbsoluteError?: number;
  /**
   * Rows of scores with a NaN, which count as wrong; or elements that are NaN or infinite, which are left out of the mean. Absent when there are none.
   */
  nonFinite?: number;
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
   * Names of several devices, besides the one of `device`.
   *
   * @minItems 1
   */
  devices?: string[];
  /**
   * Where to write the package; a directory when there are several devices.
   */
  output?: string;
  name?: Name4;
  version?: Version2;
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
  eval?: RequestEval;
  /**
   * What is done to raw data before it goes into each input, by input name; `*` for every input.
   */
  preprocess?: {
    [k: string]: Preprocess;
  };
  truth?: TruthRequest;
  /**
   * Version of the vendor tool, or the first part of one; NAME@VERSION, or a list of these, where devices have different tools.
   *
   * @minItems 1
   */
  toolchain?: string | string[];
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
  version?: Version2;
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
  name: Name4;
  extends?: Name5;
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
  version?: Version2;
  driver?: Version2;
  knownVersions?: KnownVersions;
}
/**
 * The versions of the stack that are known to exist, so that a mistyped one is told. A version that starts with one of them is known, too.
 */
export interface KnownVersions {
  /**
   * Versions, the oldest first; 1.16 stands for every 1.16.x.
   */
  versions: Version2[];
  /**
   * Where they are listed.
   */
  sources: string[];
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
  adapter: Name4;
  /**
   * Toolchain name and version.
   */
  toolchain?: string;
  options?: Options;
}
/**
 * Options of the vendor adapter, by name.
 */
export interface Options {
  [k: string]: string | number | boolean;
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
 * Labelled data that the accuracy is measured on, before and after.
 */
export interface RequestEval {
  /**
   * Path of a .npz with an array for each input and one named labels, or of a directory with a directory for each class.
   */
  path: string;
  /**
   * Output that the labels are for, where several can be meant.
   */
  output?: string;
  /**
   * Most samples to take, spread evenly over the set.
   */
  samples?: number;
  /**
   * Greatest drop that is allowed: percentage points of top-1, or per cent that the mean absolute error may grow, e.g. 0.5%.
   */
  maxDrop?: string;
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
   * Which part does it: `host`, the program that calls the model (the default); `graph`, the source model itself; `npu`, the converted model, into which its converter builds it. One word is for range, mean and scale; the rest is then done on the host.
   */
  where?: ('graph' | 'host' | 'npu') | PreprocessPlaces;
  /**
   * Where the colour channels stand in the input.
   */
  layout?: 'nchw' | 'nhwc';
}
/**
 * Which part does each step; `host` where nothing is said.
 */
export interface PreprocessPlaces {
  /**
   * Bringing an image to the input size: nothing but the host does it.
   */
  resize?: 'host';
  /**
   * Ordering the colour channels.
   */
  colorOrder?: 'host' | 'graph' | 'npu';
  /**
   * Bringing values to `range`.
   */
  range?: 'host' | 'graph' | 'npu';
  /**
   * Subtracting `mean`.
   */
  mean?: 'host' | 'graph' | 'npu';
  /**
   * Multiplying by `scale`.
   */
  scale?: 'host' | 'graph' | 'npu';
  /**
   * Bringing the channels to where `layout` has them.
   */
  layout?: 'host' | 'graph' | 'npu';
}
/**
 * A raw sample to pack with the model, and what is known of what it must become.
 */
export interface TruthRequest {
  /**
   * The raw sample: an image (PNG, JPEG) or an array (.npy); for several inputs a directory with a file named after each.
   */
  sample: string;
  /**
   * The tensor that it must become (.npy), from the pipeline that the model was trained with, in the order of axes of the source; for several inputs a directory. Absent: what the declared preprocessing makes of it.
   */
  tensor?: string;
  /**
   * What the model must give (.npy), in the order of axes of the source; for several outputs a directory. Absent: what the source gives in its reference runtime.
   */
  outputs?: string;
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
 * Output of `modelconv convert --print-outputs --json`.
 */
export interface ConvertOutputs {
  /**
   * Packages and reports that would be written, device by device.
   */
  outputs: string[];
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
  device: Name4;
  /**
   * Path that would be written.
   */
  output: string;
  /**
   * True when the source already fits and would be packed as it is.
   */
  unconverted: boolean;
  /**
   * Whether the package would be a copy from the cache: then none of the steps is run.
   */
  cached?: boolean;
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
  units?: ComputeUnits;
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
   * Scales and zero points by tensor name, as read from the file unless `from` says otherwise: inputs and outputs, weights, activations, biases. What a descriptor has no room for is marked (`omitted`) or counted (`leftOut`).
   */
  tensors?: {
    [k: string]: QuantizedTensor;
  };
  calibration?: Calibration;
  /**
   * Further quantized tensors of which a descriptor has no room even for the name.
   */
  leftOut?: number;
  coverage?: QuantizationCoverage;
}
/**
 * Scales and zero points of one tensor: real = scale * (integer - zeroPoint).
 */
export interface QuantizedTensor {
  /**
   * What the tensor is to its operator.
   */
  role?: 'weight' | 'activation' | 'bias';
  dtype?: Dtype1;
  /**
   * `source`: the file of the converted model keeps the integers and not what they stand for, and they stand for what they do in the source. Absent: read from the file.
   */
  from?: 'source';
  /**
   * Scales: one, one for each channel, or one for each block of a channel.
   */
  scale?: number[];
  /**
   * Zero points: one where all are the same, else as many as scales.
   */
  zeroPoint?: number[];
  /**
   * In place of zero points that would be no whole numbers: the real numbers of the least level; real = minimum + scale * (level - least level).
   */
  minimum?: number[];
  /**
   * Axis of the channels, where there are several scales.
   */
  axis?: number;
  /**
   * Elements that share a scale, where a channel has several.
   */
  blockSize?: number;
  omitted?: OmittedScales;
}
/**
 * In place of the numbers of an array that a descriptor has no room for; `modelconv inspect --quantization` on the model reads them.
 */
export interface OmittedScales {
  /**
   * Number of scales.
   */
  count: number;
  /**
   * Least scale.
   */
  minimum?: number;
  /**
   * Greatest scale.
   */
  maximum?: number;
  sha256?: Sha2562;
}
/**
 * The data that the ranges were measured on.
 */
export interface Calibration {
  sha256?: Sha2563;
  /**
   * Number of samples.
   */
  samples: number;
  /**
   * True when the data was generated, not measured.
   */
  synthetic: boolean;
  /**
   * How ranges follow from the samples, as the tool was told: from the least and greatest values, by the least divergence of histograms (entropy), from percentiles, by the least squared error, or in a way of the tool's own (`algorithm` names it).
   */
  method?: 'minmax' | 'entropy' | 'percentile' | 'mse' | 'own';
  /**
   * The same in the words of the tool.
   */
  algorithm?: string;
  /**
   * Seed of generated data.
   */
  seed?: number;
}
/**
 * How much of the model was really quantized, as read from the file.
 */
export interface QuantizationCoverage {
  parameters?: QuantizedParameters;
  multiplyAccumulates?: QuantizedWork;
  /**
   * Share of the work that stayed in floating point, 0 to 1.
   */
  floatShare?: number;
  /**
   * What the share is of.
   */
  measuredBy?: 'multiplyAccumulates' | 'parameters';
  floatTensors?: FloatTensors;
  floatOperators?: FloatOperators;
}
/**
 * Weights and biases, in elements.
 */
export interface QuantizedParameters {
  /**
   * Of them in integers.
   */
  quantized: number;
  /**
   * All.
   */
  total: number;
}
/**
 * Multiply-accumulates of one inference, open sizes counted as 1; absent where a shape is not known, or where only weights are quantized and the runtime decides.
 */
export interface QuantizedWork {
  /**
   * Of them in integers.
   */
  quantized: number;
  /**
   * All.
   */
  total: number;
}
/**
 * Weights that stayed in floating point.
 */
export interface FloatTensors {
  /**
   * How many.
   */
  count: number;
  /**
   * Their names, the largest first; at most 64.
   *
   * @maxItems 64
   */
  names: string[];
}
/**
 * Operators with weights or products that compute in floating point.
 */
export interface FloatOperators {
  /**
   * How many.
   */
  count: number;
  /**
   * Their names, the largest first; at most 64.
   *
   * @maxItems 64
   */
  names: string[];
}
/**
 * Where the compiler put the operators; the ends of the model, which convert for the runtime, are not counted.
 */
export interface ComputeUnits {
  /**
   * Operators on the NPU.
   */
  npuOperators: number;
  /**
   * Operators on the CPU of the device.
   */
  cpuOperators: number;
  /**
   * Share of the work on the NPU, 0 to 1: of the multiply-accumulates where there are any, else of the operators.
   */
  npuShare: number;
  cpuNames: CpuOperators;
}
/**
 * Operators on the CPU.
 */
export interface CpuOperators {
  /**
   * How many.
   */
  count: number;
  /**
   * Their names, the largest first; at most 64.
   *
   * @maxItems 64
   */
  names: string[];
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
  /**
   * Name in the source model, where the file says it.
   */
  sourceName?: string;
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
  /**
   * Meaning of the axes, one letter each, where the file says it or its operators demand it.
   */
  layout?: string;
  deviceLayout?: DeviceLayout;
  sourceAxes?: SourceAxes;
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
  version: Version2;
  /**
   * The rule it follows from.
   */
  rule: string;
}
/**
 * The vendor tool.
 */
export interface PlannedConverter {
  adapter: Name4;
  /**
   * Name.
   */
  tool: string;
  version: Version2;
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
  device: Name4;
  /**
   * How it ended.
   */
  status: 'converted' | 'unconverted' | 'failed';
  /**
   * Path of the package.
   */
  package?: string;
  /**
   * HTML file that --report asked for; beside it the same as JSON, with .json in place of .html.
   */
  report?: string;
  /**
   * Size of the package, in bytes.
   */
  sizeBytes?: number;
  /**
   * Wall time, in milliseconds.
   */
  durationMs: number;
  /**
   * True when the package is a copy of what the same conversion made before; absent otherwise.
   */
  cached?: boolean;
  /**
   * True when the output had the same bytes already and was left alone (--if-changed); absent otherwise.
   */
  unchanged?: boolean;
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
  descriptorSha256?: Sha256;
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
  name: Name4;
  version: Version2;
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
  /**
   * What the model costs on the devices that it was measured on.
   */
  measurements?: Measurement[];
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
  units?: ComputeUnits;
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
  deviceLayout?: DeviceLayout;
  source?: TensorSource;
  preprocess?: Preprocess;
}
/**
 * The tensor of the source model that an input or output is, and what the converter did to it.
 */
export interface TensorSource {
  /**
   * Its place among the inputs, or the outputs, of the source; 0 is the first. Absent: the source is not at hand.
   */
  index?: number;
  shape?: Shape1;
  dtype?: Dtype2;
  axes?: SourceAxes;
  /**
   * What `axes` follows from. `same`: the model is the source. `file`: its converter wrote it into the file. `parity`: fed and read so, the model gives what the source gives. `shape`: no other order of the axes gives this shape.
   */
  axesFrom?: 'same' | 'file' | 'parity' | 'shape';
  /**
   * How it is known which tensor of the source it is. `same`: the model is the source. `file`: its converter wrote it into the file. `name`: both have the same name. `only`: there is one on either side. `shape`: no other one has such a shape. `parity`: fed and read so, the model gives what the source gives. `place`: it stands at the same place, which proves nothing.
   */
  matchedBy: 'same' | 'file' | 'name' | 'only' | 'shape' | 'parity' | 'place';
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
  deviceLayout?: DeviceLayout;
  source?: TensorSource;
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
  minimumVersion?: Version2;
  /**
   * The rule or the file field that the minimum version comes from.
   */
  minimumVersionSource?: string;
  convertedWith?: Version2;
  /**
   * Versions of the stack in which the model ran and met parity.
   */
  testedWith?: Version2[];
}
/**
 * The device that the model was converted for.
 */
export interface TargetDevice {
  name: Name4;
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
  sha256: Sha256;
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
  /**
   * Names of the inputs that the converted model does not have: nothing in it depends on them.
   */
  droppedInputs?: string[];
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
  sha256: Sha256;
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
  adapter: Name4;
  /**
   * Name of the tool.
   */
  tool: string;
  version: Version2;
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
  adapter: Name4;
  /**
   * Name of the tool.
   */
  tool: string;
  version: Version2;
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
  stage?: Name6;
  /**
   * Number of samples run.
   */
  samples?: number;
  /**
   * Shapes that each input was run with, by its name in the source; absent when it was one.
   */
  shapes?: {
    /**
     * Every shape, once, in the order in which they were run.
     */
    [k: string]: number[][];
  };
  inputs?: VerificationInputs;
  /**
   * Differences, by output name.
   */
  metrics?: {
    [k: string]: OutputMetrics;
  };
  tolerance?: Tolerance;
  accuracy?: Accuracy;
  truth?: Truth;
}
/**
 * The runtime that ran the source.
 */
export interface Reference {
  /**
   * Name.
   */
  runtime: string;
  version: Version2;
}
/**
 * One raw sample, what it must become, and what the model must give for it, within `tolerance`.
 */
export interface Truth {
  /**
   * One entry for each input.
   */
  inputs: TruthInput[];
  /**
   * One entry for each output; empty where nothing could run the model.
   */
  outputs: TruthOutput[];
  runtime?: TruthRuntime;
  tolerance: Tolerance;
}
/**
 * `raw`, the raw data of one input as it was given (an image or an array), and `tensor`, what it must become (.npy): in the order of axes of the converted model, before any quantization of the input.
 */
export interface TruthInput {
  /**
   * Name in the converted model.
   */
  name: string;
  raw: TruthFile;
  tensor: TruthFile;
  /**
   * Where the tensor comes from: the declared preprocessing made it, or whoever packed gave it.
   */
  from: 'declared' | 'given';
  /**
   * Greatest absolute difference that the preprocessed raw data may have from the tensor, in the unit of the tensor.
   */
  maxAbs: number;
}
/**
 * A small file of the package.
 */
export interface TruthFile {
  path: RelativePath;
  sha256: Sha256;
}
/**
 * `tensor`, what one output must be (.npy): in the order of axes of the converted model, after any quantization of the output is undone.
 */
export interface TruthOutput {
  /**
   * Name in the converted model.
   */
  name: string;
  tensor: TruthFile;
  /**
   * Where it comes from: the source model in its reference runtime, the packed model itself in its runtime, or whoever packed gave it.
   */
  from: 'source' | 'model' | 'given';
}
/**
 * The runtime that gave the outputs; absent where they were given.
 */
export interface TruthRuntime {
  /**
   * Name of the adapter.
   */
  name: string;
  version: Version2;
}
/**
 * Which package this one replaces.
 */
export interface Lineage {
  upgradedFrom?: Sha2564;
  /**
   * Codes of the reasons that it was replaced for.
   *
   * @minItems 1
   * @maxItems 32
   */
  reasons?: [string, ...string[]];
  compared?: ComparedWithOld;
}
/**
 * The parity of the new model with the one in the old package.
 */
export interface ComparedWithOld {
  /**
   * True when every bound was met; absent when it could not be compared.
   */
  passed?: boolean;
  /**
   * Why it was not compared.
   */
  skipped?: string;
  /**
   * Number of samples.
   */
  samples?: number;
  tolerance?: Tolerance;
  /**
   * Differences, by output name.
   */
  metrics?: {
    [k: string]: OutputMetrics;
  };
}
/**
 * One file of the package.
 */
export interface PackageFile {
  path: RelativePath;
  /**
   * What the file is for.
   */
  role: 'model' | 'source' | 'labels' | 'report' | 'log' | 'calibration' | 'document' | 'truth';
  /**
   * Size in bytes.
   */
  size: number;
  sha256: Sha256;
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
  /**
   * HTML file that shows what was compared; beside it the same as JSON (compare-result.schema.json), with .json in place of .html.
   */
  reportFile?: string;
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
 * Output of `modelconv devices add --json`, `devices edit --json`, `devices remove --json` and `devices probe --save --json`: what was changed in a device file. `device` is the device as it is then, with what it extends filled in; absent where it was removed.
 */
export interface DeviceEditResult {
  /**
   * What was asked for.
   */
  action: 'add' | 'edit' | 'remove';
  name: Name4;
  /**
   * The device file.
   */
  file: string;
  /**
   * Whether the file is a new one.
   */
  created: boolean;
  /**
   * Whether the file was written: not with --dry-run, and not when nothing changes.
   */
  written: boolean;
  device?: Device;
  /**
   * The whole file as it would be; with --dry-run alone.
   */
  text?: string;
  /**
   * What is odd about it, for people.
   */
  warnings?: string[];
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
  /**
   * What is odd about the device, for people.
   */
  warnings?: string[];
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
 * Output of `modelconv diff --json`: two packages field by field.
 */
export interface DiffResult {
  /**
   * First package, as given.
   */
  a: string;
  /**
   * Second package, as given.
   */
  b: string;
  /**
   * Whether nothing differs.
   */
  same: boolean;
  /**
   * Fields of the descriptors that differ, in their order; of files the digests.
   */
  differences: FieldDifference[];
}
/**
 * One field.
 */
export interface FieldDifference {
  /**
   * Dotted path; a member of a list that has a name is named in brackets, e.g. `files.[model/m.ort].sha256`.
   */
  field: string;
  /**
   * Value in the first; absent where it has no such field.
   */
  a?: {
    [k: string]: unknown;
  };
  /**
   * Value in the second; absent where it has no such field.
   */
  b?: {
    [k: string]: unknown;
  };
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
  adapter: Name4;
  /**
   * Whether its tool can be used.
   */
  found: boolean;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool?: string;
  version?: Version2;
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
   * Every version of the toolchain that modelconv can install, in the order in which they are used; for an adapter with a quantizer, of that.
   */
  installations?: ToolchainInstallation[];
  /**
   * Versions that are there and cannot be used: their install was interrupted, or they were moved.
   */
  incomplete?: DoctorIncomplete[];
  quantizer?: DoctorQuantizer;
  /**
   * Why it cannot be used.
   */
  why?: string;
  /**
   * What puts it right: a command wherever there is one.
   */
  fix?: string;
  description?: DoctorDescription;
}
/**
 * One installation of the tool.
 */
export interface ToolchainInstallation {
  /**
   * How it was found: named in toolchains.yaml, named by the environment variable, on PATH, installed by modelconv.
   */
  origin: 'config' | 'environment' | 'path' | 'installed';
  version: Version2;
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
 * One version that is not complete.
 */
export interface DoctorIncomplete {
  version: Version2;
  /**
   * The command that finishes it, or takes it away.
   */
  fix: string;
}
/**
 * The further tool that int8 needs; absent where one tool does it all.
 */
export interface DoctorQuantizer {
  /**
   * Name of the tool as its vendor spells it.
   */
  tool: string;
  /**
   * Whether it can be used.
   */
  found: boolean;
  version?: Version2;
  /**
   * Where it is installed.
   */
  path?: string;
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
 * The document that describes the adapter; absent for one with code of its own.
 */
export interface DoctorDescription {
  /**
   * Path of the document.
   */
  file: string;
  /**
   * With which versions of the tool it was run; empty: it is made from documentation alone.
   *
   * Items: A version and a system.
   */
  tried: string[];
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
   * Protocol that the descriptor was written in; `descriptor` is as the current one has it.
   */
  protocol?: string;
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
 * With --quantization: every scale and zero point, read from the model file, of a package from the one in it.
 */
export interface QuantizationReport {
  /**
   * The model file: path as given, or its path in the package.
   */
  file: string;
  summary?: Quantization;
  /**
   * Quantized tensors, in the order of the file.
   */
  tensors: ReportedTensor[];
  /**
   * Weights in floating point.
   */
  floatTensors: FloatTensor[];
  /**
   * Operators that multiply, and on an NPU all.
   */
  operators: ReportedOperator[];
}
/**
 * One quantized tensor.
 */
export interface ReportedTensor {
  /**
   * Name.
   */
  name: string;
  /**
   * What the tensor is to its operator.
   */
  role: 'weight' | 'activation' | 'bias';
  dtype?: Dtype;
  shape?: Shape;
  /**
   * Whether zero is mapped to the middle of the integers; absent where the file does not tell.
   */
  scheme?: 'symmetric' | 'asymmetric';
  /**
   * How many scales it has.
   */
  granularity: 'per-tensor' | 'per-channel' | 'per-block';
  /**
   * Axis of the channels.
   */
  axis?: number;
  /**
   * Elements that share a scale.
   */
  blockSize?: number;
  /**
   * Scales.
   */
  scale?: number[];
  /**
   * Zero points: one where all are the same, else as many as scales.
   */
  zeroPoint?: number[];
  /**
   * In place of zero points that would be no whole numbers: the real numbers of the least level; real = minimum + scale * (level - least level).
   */
  minimum?: number[];
  omitted?: OmittedScales;
}
/**
 * One of them.
 */
export interface FloatTensor {
  /**
   * Name.
   */
  name: string;
  dtype: Dtype;
  /**
   * Elements.
   */
  parameters: number;
}
/**
 * One operator.
 */
export interface ReportedOperator {
  /**
   * Name.
   */
  name: string;
  /**
   * Type, in the words of the format.
   */
  type: string;
  /**
   * In what it computes.
   */
  computes: 'integer' | 'float';
  /**
   * Multiply-accumulates of one inference; absent where a shape is not known.
   */
  multiplyAccumulates?: number;
  /**
   * Where it runs, where the file tells.
   */
  unit?: 'npu' | 'cpu';
}
/**
 * Output of `modelconv inspect --io --json`: the inputs and outputs of a model in their order, and which tensor of the source each is.
 */
export interface IoMap {
  /**
   * Path as given.
   */
  path: string;
  /**
   * What the file is.
   */
  kind: 'package' | 'model';
  format: ModelFormat;
  /**
   * Inputs, in the order of the model.
   */
  inputs: IoTensor[];
  /**
   * Outputs, in the order of the model.
   */
  outputs: IoTensor[];
  /**
   * Names of the source's inputs that the model does not have.
   */
  droppedInputs?: string[];
}
/**
 * One input or output.
 */
export interface IoTensor {
  /**
   * Its place in the model; 0 is the first.
   */
  index: number;
  /**
   * Name in the model.
   */
  name: string;
  shape?: Shape;
  dtype: Dtype;
  /**
   * Meaning of the axes, one letter each.
   */
  layout?: string;
  deviceLayout?: DeviceLayout;
  /**
   * Name in the source model.
   */
  sourceName?: string;
  source?: TensorSource;
}
/**
 * Output of `modelconv outdated --json`.
 */
export interface OutdatedResult {
  /**
   * Every package that was looked at, in the order of the paths.
   */
  packages: PackageState[];
  /**
   * Files with the ending of a package that are none.
   */
  unreadable: UnreadableFile[];
}
/**
 * One package.
 */
export interface PackageState {
  /**
   * Path.
   */
  path: string;
  /**
   * Name of the model.
   */
  name: string;
  version: Version2;
  /**
   * Device that it is for.
   */
  device: string;
  /**
   * Whether anything moved on.
   */
  outdated: boolean;
  /**
   * What `modelconv upgrade` would do.
   */
  action: 'none' | 'rewrite' | 'convert';
  /**
   * Why.
   */
  reasons: UpgradeReason[];
  /**
   * What was seen besides.
   */
  notes?: string[];
  /**
   * The command that brings it up to date.
   */
  next?: string;
}
/**
 * Why a package is not current.
 */
export interface UpgradeReason {
  /**
   * What moved on: PROTOCOL (of the descriptor), DEVICE (it is wanted for another one), DEVICE_INFO (what is known of the device), ADAPTER (another converter serves the device now), TOOLCHAIN (a newer version of the vendor tool is here, or another one is asked for), METADATA or REBUILD (asked for), or the code of a reason of `check` that speaks against it.
   */
  code: string;
  /**
   * For people.
   */
  message: string;
  /**
   * What it takes: the source has to be converted again, or the descriptor is written anew.
   */
  action: 'convert' | 'rewrite';
}
/**
 * One file.
 */
export interface UnreadableFile {
  /**
   * Path.
   */
  path: string;
  /**
   * Code of the error.
   */
  code: string;
  /**
   * For people.
   */
  message: string;
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
  /**
   * True when the output had the same bytes already and was left alone (--if-changed); absent otherwise.
   */
  unchanged?: boolean;
  descriptor: Descriptor;
  descriptorSha256: Sha256;
}
/**
 * What is done to raw data before it goes into a model, for `--preprocess FILE`.
 */
export interface PreprocessDocument {
  /**
   * Model management protocol and its version.
   */
  protocol?: 'modelconv/1';
  /**
   * What this document describes.
   */
  kind?: 'Preprocess';
  /**
   * Steps by input name of the source model; `*` stands for every input.
   */
  inputs: {
    [k: string]: Preprocess;
  };
}
/**
 * A step begins.
 */
export interface ProgressStart {
  /**
   * What happened.
   */
  event: 'start';
  /**
   * When it happened, RFC 3339 in UTC.
   */
  time: string;
  device?: Name4;
  /**
   * The step, one word: source, convert, parity, package, …
   */
  step: string;
  /**
   * What is worked on.
   */
  detail?: string;
}
/**
 * A step is done.
 */
export interface ProgressDone {
  /**
   * What happened.
   */
  event: 'done';
  /**
   * When it happened, RFC 3339 in UTC.
   */
  time: string;
  device?: Name4;
  /**
   * The step, one word: source, convert, parity, package, …
   */
  step: string;
  /**
   * What came out.
   */
  detail: string;
  /**
   * How long the step took, in milliseconds; absent where it had no start.
   */
  durationMs?: number;
}
/**
 * Something that the user should know and that does not end the work.
 */
export interface ProgressWarning {
  /**
   * What happened.
   */
  event: 'warn';
  /**
   * When it happened, RFC 3339 in UTC.
   */
  time: string;
  device?: Name4;
  /**
   * The warning.
   */
  message: string;
}
/**
 * The work failed: for the device, or as a whole where none is named. The same as under --json, in one line.
 */
export interface ProgressError {
  /**
   * What happened.
   */
  event: 'error';
  /**
   * When it happened, RFC 3339 in UTC.
   */
  time: string;
  device?: Name4;
  error: ErrorBody;
}
/**
 * Output of `modelconv toolchains install --json`.
 */
export interface ToolchainsInstallResult {
  name: Name4;
  /**
   * Name of the tool as its vendor spells it.
   */
  tool: string;
  version: Version2;
  /**
   * Directory of its environment.
   */
  path: string;
  /**
   * Its Python; absolute path.
   */
  python: string;
  pythonVersion: Version2;
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
  name: Name4;
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
   * What is wrong with the installation that you named, or with one that modelconv made.
   */
  problem?: string;
}
/**
 * A release that modelconv can install.
 */
export interface ToolchainRelease {
  version: Version2;
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
  name: Name4;
  /**
   * Versions that were removed.
   */
  removed: Version2[];
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
 * Output of `modelconv upgrade --json`.
 */
export interface UpgradeResult {
  /**
   * Package, as given.
   */
  path: string;
  /**
   * Nothing had to be done; it was only looked at (--plan); the new package is there.
   */
  status: 'current' | 'planned' | 'upgraded';
  plan: UpgradePlan;
  /**
   * The new package.
   */
  package?: string;
  /**
   * Where the old package is kept.
   */
  backup?: string;
  descriptorSha256?: Sha2565;
  comparedWithOld?: ComparedWithOld;
  /**
   * Warnings on the way.
   */
  warnings?: string[];
  descriptor?: Descriptor;
}
/**
 * What would be done, and why.
 */
export interface UpgradePlan {
  /**
   * Nothing; the descriptor is written anew and every other file stays as it is; or the source is converted again.
   */
  action: 'none' | 'rewrite' | 'convert';
  /**
   * Device that it is for.
   */
  device: string;
  /**
   * Why; none when it is current.
   */
  reasons: UpgradeReason[];
  /**
   * What was seen besides, and changes nothing.
   */
  notes: string[];
  /**
   * Every field that would change.
   */
  changes: UpgradeChange[];
  source?: UpgradeSource;
  calibration?: UpgradeCalibration;
  /**
   * What has to be there first.
   */
  blockers: UpgradeBlocker[];
}
/**
 * One field of the descriptor that would change.
 */
export interface UpgradeChange {
  /**
   * Dotted path.
   */
  field: string;
  /**
   * Value in the package; absent where it has no such field.
   */
  from?: unknown;
  /**
   * Value in the new package; absent where it has no such field, or where it is read from what the converter makes (`measured`).
   */
  to?: unknown;
  /**
   * True when the new value is known when the work is done.
   */
  measured?: boolean;
  /**
   * Code of the reason that it changes for.
   */
  reason: string;
}
/**
 * The source model, by its digest.
 */
export interface UpgradeSource {
  sha256: Sha256;
  /**
   * File name.
   */
  name?: string;
  /**
   * Size of the main file, in bytes.
   */
  sizeBytes?: number;
  /**
   * Where it is: in the package, named with --source, in the cache, found below a --search directory; or nowhere.
   */
  found: 'included' | 'given' | 'cache' | 'search' | 'missing' | 'not-needed';
  /**
   * Where, outside the package.
   */
  path?: string;
}
/**
 * The data that value ranges were measured on, by its digest.
 */
export interface UpgradeCalibration {
  sha256?: Sha256;
  /**
   * Number of samples.
   */
  samples: number;
  /**
   * Where it is: named with --calibration, remembered in the cache, generated again; or nowhere.
   */
  found: 'given' | 'cache' | 'generated' | 'missing';
  /**
   * Where.
   */
  path?: string;
}
/**
 * What keeps it from being done.
 */
export interface UpgradeBlocker {
  /**
   * Code of the error that the upgrade would end with.
   */
  code: string;
  /**
   * For people.
   */
  message: string;
  /**
   * What to do.
   */
  next?: string;
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
  name: Name4;
  version: Version2;
  /**
   * Number of files whose digest was checked.
   */
  files: number;
  accuracy?: Accuracy;
  /**
   * Always true: anything else is an error.
   */
  valid: true;
  descriptorSha256: Sha256;
  truth?: TruthResult;
}
/**
 * Whether the truth of the package holds here.
 */
export interface TruthResult {
  /**
   * Whether everything that was checked holds.
   */
  passed: boolean;
  /**
   * Raw data against tensors.
   */
  inputs: TruthInputResult[];
  /**
   * Outputs of the packed model for the tensors, against those of the package; empty where they were not checked.
   */
  outputs: TruthOutputResult[];
  /**
   * What explains the difference of the outputs.
   */
  findings: string[];
  runtime?: TruthRanOn;
  /**
   * Why the outputs were not checked.
   */
  notRun?: string;
}
/**
 * One input.
 */
export interface TruthInputResult {
  /**
   * Name in the converted model.
   */
  name: string;
  /**
   * Whether the declared preprocessing makes the tensor of the raw data.
   */
  passed: boolean;
  /**
   * Greatest absolute difference, in the unit of the tensor; absent where shapes differ.
   */
  maxAbs?: number;
  /**
   * Greatest difference that is allowed.
   */
  bound: number;
  /**
   * What explains the difference.
   */
  findings: string[];
}
/**
 * One output.
 */
export interface TruthOutputResult {
  /**
   * Name in the converted model.
   */
  name: string;
  /**
   * Whether it meets the tolerance.
   */
  passed: boolean;
  metrics?: OutputMetrics;
  /**
   * Bounds that are not met.
   */
  faults: string[];
}
/**
 * What ran the packed model.
 */
export interface TruthRanOn {
  /**
   * Name of the adapter.
   */
  name: string;
  version: Version2;
}
