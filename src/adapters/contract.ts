import type { ExplainFailure, Launcher, Step, StepContext } from '../host/run-step.js';
import type {
  Device,
  ModelInfo,
  Options,
  Precision,
  Quantization,
} from '../schema/generated/types.js';
import type { SampleSet } from '../tensor/samples.js';

/** A vendor tool that was found on this machine. */
export interface Toolchain {
  /** Name of the tool as its vendor spells it. */
  readonly tool: string;
  /** Exact version, as the tool itself says. */
  readonly version: string;
  /** Where it is installed; for people. */
  readonly path: string;
  readonly launcher: Launcher;
}

export type Detection =
  | { readonly found: true; readonly toolchain: Toolchain }
  | { readonly found: false; readonly why: string; readonly install: string };

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
  /** Whether a descriptor can be placed inside the model file. */
  readonly canEmbed: boolean;
}

/** One conversion, with every choice made. Paths are relative to the work directory, with `/`. */
export interface ConversionJob {
  readonly source: { readonly path: string; readonly info: ModelInfo };
  readonly device: Device;
  /** Never left to the vendor: several tools default to fp16. */
  readonly precision: Precision;
  readonly options: Options;
  /** Base name of the output, without extension. */
  readonly outputName: string;
  readonly timeoutMs: number;
  readonly toolchain: Toolchain;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Files that the steps write, the model first; relative to the work directory. */
  readonly outputs: readonly [model: string, ...others: string[]];
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
  readonly models: readonly { readonly path: string; readonly resultDir: string }[];
  readonly samples: SampleSet;
  readonly timeoutMs: number;
}

/**
 * A vendor. An adapter plans and reads; it starts nothing itself but through {@link StepContext}.
 */
export interface Adapter {
  readonly id: string;
  readonly capabilities: Capabilities;

  /** Find the tool. Never throws for absence. */
  detect(): Promise<Detection>;

  /**
   * Turn a job into steps. Pure: reads nothing, runs nothing, the same job gives the same plan.
   *
   * @throws ModelconvError `E_NOT_CONVERTIBLE` or `E_USAGE` (an unknown option).
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

  /** A known log line -> why, and what to do next. */
  readonly explainFailure?: ExplainFailure;
}
