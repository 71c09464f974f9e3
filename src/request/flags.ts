import type {
  Framework,
  InputDtypes,
  InputShapes,
  Options,
  Precision,
  Tolerance,
  TruthRequest,
} from '../schema/generated/types.js';
import type { PreprocessByInput } from './preprocess.js';

/** What the command line says; every field wins over the request document. */
export interface RequestFlags {
  readonly model?: string | undefined;
  readonly devices?: readonly string[] | undefined;
  readonly output?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly framework?: Framework | undefined;
  readonly precision?: Precision | undefined;
  readonly inputs?: Readonly<InputShapes> | undefined;
  readonly inputDtypes?: Readonly<InputDtypes> | undefined;
  /** A path, or the word `synthetic`. */
  readonly calibration?: string | undefined;
  readonly calibrationSamples?: number | undefined;
  readonly preprocess?: PreprocessByInput | undefined;
  /** Path of labelled data. */
  readonly eval?: string | undefined;
  readonly evalOutput?: string | undefined;
  readonly evalSamples?: number | undefined;
  /** As `--max-drop` takes it. */
  readonly maxDrop?: string | undefined;
  /** What `--preprocess FILE` says; the flags for single steps win over it. */
  readonly preprocessFile?: PreprocessByInput | undefined;
  /** `VERSION`, or `NAME@VERSION` once for each tool. */
  readonly toolchains?: readonly string[] | undefined;
  readonly embed?: boolean | undefined;
  readonly packageSource?: 'include' | 'reference' | undefined;
  readonly verify?: boolean | undefined;
  readonly samples?: string | undefined;
  /** A raw sample to pack, and what is known of what it must become. */
  readonly truth?: Partial<TruthRequest> | undefined;
  readonly seed?: number | undefined;
  readonly tolerance?: Tolerance | undefined;
  readonly options?: Options | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** Where the report goes; a directory when there are several devices. */
  readonly report?: string | undefined;
  /** Look between the layers, too; the report shows it. */
  readonly layers?: boolean | undefined;
  /** Documents that the flags come from: never to be written. */
  readonly reads?: readonly string[] | undefined;
}
