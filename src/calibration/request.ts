import type { Dtype, ModelTensor, Preprocess } from '../schema/generated/types.js';

/** What is done to the raw data of one input. */
export type InputPreprocess = Preprocess & {
  /** Where the channels stand; without it the shape has to say. */
  readonly layout?: 'nchw' | 'nhwc' | undefined;
  /** Brightness of what a letterbox leaves free, 0 to 255; without it 114. */
  readonly padding?: number | undefined;
};

/** What calibration data is wanted. */
export interface CalibrationRequest {
  /**
   * A directory of images or of .npy / .npz files, one such file, or a list file (.txt): one path a
   * line, relative to the list. For several inputs: `name=path` words on a line, or a directory that
   * holds a directory or an array for each input.
   */
  readonly path: string;
  /** All inputs of the model, shapes fixed, batch axis included. */
  readonly inputs: readonly ModelTensor[];
  /** By input name. */
  readonly preprocess: Readonly<Record<string, InputPreprocess>>;
  /** At most so many samples, chosen evenly over the set; undefined: all, but at most 1000. */
  readonly limit?: number | undefined;
  /** Fewer than so many are a fault; undefined: 8. */
  readonly leastSamples?: number | undefined;
}

/** An input whose sizes are all known. */
export interface StaticInput {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}
