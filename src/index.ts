/**
 * The library behind the command line. Everything here is public and follows semantic versioning;
 * a deeper import path is not.
 *
 * @packageDocumentation
 */

export { type ConvertContext, convertModel } from './convert/convert.js';
export { type ConvertAllContext, convertAll, type Settled } from './convert/convert-all.js';
export { planConversion } from './convert/dry-run.js';
export { readDeviceFile } from './device/device-file.js';
export type { Inventory } from './device/inventory.js';
export { findDevice, loadInventory } from './device/inventory.js';
export { probeLocal } from './device/local.js';
export { type MatchResult, type MatchSubject, match } from './device/match.js';
export { ERRORS, type ErrorCode, type Fault, ModelconvError } from './errors.js';
export { type Progress, SILENT } from './host/progress.js';
export { type Inspection, inspectFile } from './inspect/inspect.js';
export { type PackRequest, packFiles } from './pack/pack-files.js';
export { type PackageHead, readHead } from './package/read.js';
export { unpackPackage } from './package/unpack.js';
export { type VerifiedPackage, verifyPackage } from './package/verify.js';
export type { PackedPackage } from './package/write.js';
export { acquireRequests } from './request/acquire.js';
export type { CheckedRequest } from './request/checked-request.js';
export type { RequestFlags } from './request/flags.js';
export { readRequestFile } from './request/request-file.js';
export type {
  ConversionRequest,
  ConvertOutcome,
  Descriptor,
  Device,
  DeviceEntry,
  DevicePlan,
  InspectResult,
  MatchReason,
  ModelInfo,
} from './schema/generated/types.js';
export { type ProbedModel, probeModel } from './source/probe.js';
export { outdatedPackages } from './upgrade/outdated.js';
export type { BackupWish } from './upgrade/replace.js';
export type { UpgradeRequest } from './upgrade/request.js';
export { type UpgradeContext, upgradePackage } from './upgrade/upgrade-package.js';
