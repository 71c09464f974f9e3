import type { Inventory } from '../device/inventory.js';
import type { RequestedCalibration, RequestedEvaluation } from '../request/checked-request.js';
import type { Device, Tolerance } from '../schema/generated/types.js';

/** What is asked of an upgrade; a field that is undefined stays as the package has it. */
export interface UpgradeRequest {
  readonly file: string;
  /** Where the new package goes; the package itself when it takes its place. */
  readonly output: string;
  /** The new package takes the place of the old one. */
  readonly isInPlace: boolean;
  /** Device that it is wanted for; undefined: the one that it was made for. */
  readonly device: Device | undefined;
  readonly inventory: Inventory;
  /** Path of the source model. */
  readonly source: string | undefined;
  /** Directories below which the source is looked for by its digest. */
  readonly search: readonly string[];
  readonly calibration: RequestedCalibration | undefined;
  /** Take other calibration data than the package was quantized with. */
  readonly recalibrate: boolean;
  readonly samples: string | undefined;
  readonly eval: RequestedEvaluation | undefined;
  readonly tolerance: Tolerance | undefined;
  /** `VERSION` or `NAME@VERSION`. */
  readonly toolchains: readonly string[];
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  /** Convert again, though nothing moved on. */
  readonly rebuild: boolean;
  readonly report: string | undefined;
  readonly timeoutMs: number;
  /** Documents that the request comes from: never to be written. */
  readonly reads: readonly string[];
}

/** What is looked at to judge whether a package is current. */
export type UpgradeWish = Pick<
  UpgradeRequest,
  | 'file'
  | 'device'
  | 'inventory'
  | 'toolchains'
  | 'name'
  | 'version'
  | 'description'
  | 'license'
  | 'rebuild'
>;
