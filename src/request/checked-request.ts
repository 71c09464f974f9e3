import type {
  Device,
  Framework,
  InputDtypes,
  InputShapes,
  Options,
  Precision,
  Tolerance,
  TruthRequest,
} from '../schema/generated/types.js';
import type { PreprocessByInput } from './preprocess.js';

/** One conversion for one device, with every default filled in. */
export interface CheckedRequest {
  readonly source: string;
  readonly framework: Framework | undefined;
  readonly device: Device;
  readonly output: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  readonly description: string | undefined;
  /** undefined: keep the precision of the source. */
  readonly precision: Precision | undefined;
  /** Shapes that are fixed, by input name. */
  readonly inputs: Readonly<InputShapes>;
  /** Types of inputs whose file does not say them, by input name. */
  readonly inputDtypes: Readonly<InputDtypes>;
  readonly calibration: RequestedCalibration | undefined;
  readonly preprocess: PreprocessByInput;
  readonly truth: TruthRequest | undefined;
  /** Version of the vendor tool, or the first part of one; undefined: what fits the device. */
  readonly toolchain: string | undefined;
  /** The user's own word for `toolchain`; undefined when it follows from the device. */
  readonly askedToolchain: string | undefined;
  readonly embed: boolean;
  readonly packageSource: 'include' | 'reference';
  readonly verify: {
    readonly enabled: boolean;
    readonly samples: string | undefined;
    readonly seed: number;
    readonly tolerance: Tolerance | undefined;
  };
  /** Labelled data to measure the accuracy on; undefined: it is not measured. */
  readonly eval: RequestedEvaluation | undefined;
  readonly options: Options;
  readonly timeoutMs: number;
  /** HTML file that shows what was compared; undefined: kept only when the check fails. */
  readonly report: string | undefined;
  /** Compare every tensor that both models show, too; there is a report then. */
  readonly layers: boolean;
  /** Files and directories that are read besides the source. */
  readonly reads: readonly string[];
}

/** What value ranges are measured on. */
export type RequestedCalibration =
  | { readonly path: string; readonly samples: number | undefined }
  | { readonly synthetic: true; readonly samples: number | undefined };

/** What the accuracy is measured on. */
export interface RequestedEvaluation {
  readonly path: string;
  /** undefined: the only output that can be meant. */
  readonly output: string | undefined;
  /** At most so many samples; undefined: all. */
  readonly samples: number | undefined;
  /** Share that may be lost; undefined: any. */
  readonly maxDrop: number | undefined;
}
