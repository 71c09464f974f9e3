import type { FitRule } from '../device/runtime-fit.js';
import type { ExplainFailure, Launcher, Step, StepContext } from '../host/run-step.js';
import type {
  Calibration,
  Device,
  Dtype,
  ModelInfo,
  Options,
  Precision,
  Quantization,
} from '../schema/generated/types.js';
import type { SampleFiles, SampleSet } from '../tensor/samples.js';
import type { PythonToolchain, ToolchainWish } from '../toolchain/python-toolchain.js';

/** A vendor tool that was found on this machine. */
export interface Toolchain {
  /** Name of the tool as its vendor spells it. */
  readonly tool: string;
  /** Exact version, as the tool itself says. */
  readonly version: string;
  /** Where it is installed; for people. */
  readonly path: string;
  readonly launcher: Launcher;
  /** Name of what runs its models, where it is not the tool itself. */
  readonly runtime?: string;
}

export type Detection =
  | { readonly found: true; readonly toolchain: Toolchain }
  | {
      readonly found: false;
      /** What is missing, where it is not the adapter's `toolchain`. */
      readonly tool?: string;
      readonly why: string;
      readonly install: string;
      /** Versions that are there, and are not as wished. */
      readonly others?: readonly string[];
    };

/** What `detect` is to find. */
export interface DetectWish extends ToolchainWish {
  /** The job quantizes a model in floating point: an adapter may need a further tool for that alone. */
  readonly quantizes?: boolean | undefined;
}

/** One option of an adapter, as `--option NAME=VALUE` takes it; all of it is for people, too. */
export interface AdapterOption {
  readonly name: string;
  /** Its values, or in one entry what a value has to be. */
  readonly values: readonly string[];
  /** What holds without it: a value, or in words what it follows from. */
  readonly default: string;
  /** One sentence, without a full stop. */
  readonly meaning: string;
  /** It acts only where a model in floating point is quantized. */
  readonly isForQuantizing?: boolean;
}

/** What an adapter can do; constants. */
export interface Capabilities {
  /** Source formats that the converter takes. */
  readonly sources: readonly string[];
  readonly output: string;
  /** Precisions it can convert a float source to, beyond keeping the source's own. */
  readonly convertsTo: readonly Precision[];
  /** Precisions of a source that it keeps as they are. */
  readonly keeps: readonly Precision[];
  /** Kinds of software stack whose devices it serves. */
  readonly stacks: readonly string[];
  readonly needsCalibration: readonly Precision[];
  /** `process.platform`-`process.arch` pairs on which the tool runs. */
  readonly hosts: readonly string[];
  /** Formats that `run` takes: the source for reference, the converted model for parity. */
  readonly runs: readonly string[];
  /** Formats of which `run` can show every tensor, the ones between the layers too ({@link RunModel.layers}). */
  readonly layers?: readonly string[];
  /** Whether a descriptor can be placed inside the model file. */
  readonly canEmbed: boolean;
  /**
   * For a format that does not say which types its outputs have: those that the runtime gives in place of
   * the source's. Absent: the file says it, or it is not known.
   */
  readonly narrows?: Readonly<Partial<Record<Dtype, Dtype>>>;
  /** The converter fixes every size: a source with a dynamic one needs `--input`. */
  readonly staticShapes?: boolean;
  /**
   * The converted file cannot be loaded back on a host: the converter's own simulator gives the
   * results while it converts ({@link ConversionJob.simulation}).
   */
  readonly simulates?: boolean;
  /**
   * The converter shows every tensor of what it has just built ({@link ConversionJob.analysis}), where
   * nothing shows those of the file.
   */
  readonly analyses?: boolean;
  /** It builds {@link ConversionJob.builtIn} into the model. */
  readonly buildsIn?: boolean;
}

/** Subtracted and then multiplied for each channel (axis 1), by the model itself, in the unit of what it is given. */
export interface BuiltInSteps {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** One conversion, with every choice made. Paths are relative to the work directory, with `/`. */
export interface ConversionJob {
  /** The sizes of `info.inputs` are those of `--input` where it fixes them. */
  readonly source: { readonly path: string; readonly info: ModelInfo };
  /** Shapes that `--input` fixes, by input name; the file itself still has its own. */
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** What ranges are measured on: the spec (run-files.ts, without models) and its number of samples. */
  readonly calibration?: { readonly spec: string; readonly count: number } | undefined;
  /** For a converter that `simulates`: samples to run, and where their results go. */
  readonly simulation?: { readonly spec: string; readonly resultDir: string } | undefined;
  /**
   * For a converter that `analyses`: samples to run, and where every tensor goes, as those of
   * {@link RunModel.layers}. The model is made once more and not written: outputs of the job stay as they are.
   */
  readonly analysis?: Analysis | undefined;
  /** What the converted model is to do to its inputs before it does what the source does, by input name. */
  readonly builtIn?: Readonly<Record<string, BuiltInSteps>> | undefined;
  readonly device: Device;
  /** Never left to the vendor: several tools default to fp16. */
  readonly precision: Precision;
  readonly options: Options;
  /** Base name of the output, without extension. */
  readonly outputName: string;
  readonly timeoutMs: number;
  readonly toolchain: Toolchain;
}

/** Paths are relative to the work directory. */
export interface Analysis {
  readonly spec: string;
  readonly resultDir: string;
  /**
   * Where the same tensors, by the same names, go as the converter itself computes them in floating point:
   * they tell which tensor of the source each of them is, whatever the converter calls it.
   */
  readonly goldenDir: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Files that the steps write, the model first; relative to the work directory. */
  readonly outputs: readonly [model: string, ...others: string[]];
  /** Outputs that are empty for a model without weights; {@link Adapter.readMetadata} tells when one must not be. */
  readonly mayBeEmpty?: readonly string[];
  /** By an output: other paths that the tool may give it; the one that is there is renamed. */
  readonly alternatives?: Readonly<Record<string, readonly string[]>>;
  /** How the tool is told to make ranges of calibration data; absent when it gets none, or is not told. */
  readonly calibrates?: Pick<Calibration, 'method' | 'algorithm'>;
  /** Whether the same job gives the same bytes with this version of the tool. */
  readonly deterministic: boolean | 'unknown';
}

/** What the produced file says about itself, each fact with where it comes from (`info.facts`). */
export interface ConvertedModel {
  readonly info: ModelInfo;
  readonly byteOrder?: 'little' | 'big';
  readonly quantization?: Quantization;
}

/** Models to run on the same samples, in one start of the runtime. Paths are relative to the work directory. */
export interface RunRequest {
  readonly models: readonly RunModel[];
  /** Of several shapes only for an adapter with code of its own. */
  readonly samples: SampleSet | SampleFiles;
  /** Places of samples that a model may refuse: that is told by its results, and is no failure. */
  readonly optional?: readonly number[] | undefined;
  /** Times are given back, and no outputs. */
  readonly timing?: Timing | undefined;
  readonly timeoutMs: number;
}

export interface RunModel {
  readonly path: string;
  readonly resultDir: string;
  /** Give back every tensor that the runtime can show, in the order of execution, and not the outputs alone. */
  readonly layers?: boolean;
}

/** How a model is timed: in the runtime's own settings, and not in those that make results comparable. */
export interface Timing {
  /** Runs before the first timed one. */
  readonly warmup: number;
  /** Timed runs, at most. */
  readonly runs: number;
  /** No run is started later than so many milliseconds after the first timed one, which is always made. */
  readonly durationMs?: number | undefined;
  /** Threads for one run. */
  readonly threads: number;
}

/**
 * A vendor. An adapter plans and reads; it starts nothing itself but through {@link StepContext}.
 */
export interface Adapter {
  readonly id: string;
  readonly capabilities: Capabilities;

  /** What `--option` takes; absent: nothing. */
  readonly options?: readonly AdapterOption[];

  /** The document that the adapter is made from; absent for one with code of its own. */
  readonly description?: {
    readonly file: string;
    /** Versions of the tool that it was run with; none: it is made from documentation alone. */
    readonly tried: readonly string[];
  };

  /** Rules of its own beside those of device/runtime-fit.ts. */
  readonly fitRules?: readonly FitRule[];

  /** The environment that `modelconv toolchains install` makes. */
  readonly toolchain?: PythonToolchain;

  /** Find the tool, the first one that satisfies the wish. Never throws for absence. */
  detect(wish?: DetectWish): Promise<Detection>;

  /**
   * Turn a job into steps. Pure: reads nothing, runs nothing, the same job gives the same plan.
   *
   * @throws ModelconvError `E_NOT_CONVERTIBLE`, `E_USAGE` (an unknown option), or `E_TOOL_MISSING` for a
   *   toolchain that was found for another kind of job.
   */
  plan(job: ConversionJob): Plan;

  /**
   * Read the facts back from the produced files, the model first.
   *
   * @throws ModelconvError `E_MODEL_INVALID` when they do not parse.
   */
  readMetadata(files: readonly [model: string, ...others: string[]]): Promise<ConvertedModel>;

  /** The step that `run` starts, for people who ask what would be done. Pure. */
  planRun?(timeoutMs: number): Step;

  /**
   * Run models in the vendor's own runtime or simulator. Results are read with `readResults`.
   *
   * @throws ModelconvError as `runStep` does.
   */
  run?(toolchain: Toolchain, request: RunRequest, context: StepContext): Promise<void>;

  /**
   * Place a text in a slot of the produced files that their runtime ignores, in place.
   *
   * @throws ModelconvError as `runStep` does.
   */
  embed?(request: EmbedRequest, context: StepContext): Promise<void>;

  /** A known log line -> why, and what to do next. */
  readonly explainFailure?: ExplainFailure;
}

/** What `embed` works on. */
export interface EmbedRequest {
  readonly job: ConversionJob;
  readonly plan: Plan;
  /** The produced files, absolute, the model first. */
  readonly files: readonly [model: string, ...others: string[]];
  /** One line of JSON. */
  readonly text: string;
}
