import path from 'node:path';
import type { ConvertedModel } from '../adapters/contract.js';
import { MODEL_PREFIX, SOURCE_PREFIX } from '../package/limits.js';
import { mediaTypeOf } from '../package/media-type.js';
import type { PackedPackage, PackInput, WriteOptions } from '../package/write.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Descriptor, ModelInfo, Precision, Verification } from '../schema/generated/types.js';
import type { digestModel } from '../source/probe.js';
import type { MadeTruth } from '../truth/make-truth.js';
import { type ConverterRun, describeConversion } from './describe.js';
import type { StagedSource } from './stage-source.js';
import type { Succession } from './succession.js';

/** What a conversion, or the decision against one, gave. */
export interface ConversionResult {
  readonly converted: ConvertedModel;
  /** The converted files, absolute, the model first; none when the source is packed as it is. */
  readonly files: readonly string[];
  /** undefined when the source is packed as it is. */
  readonly run: ConverterRun | undefined;
  readonly precision: Precision | undefined;
  readonly verification: Verification;
}

/** What is packed: the source that was read, its copy, and what was made of it. */
export interface PackInfo {
  readonly request: CheckedRequest;
  readonly source: ModelInfo;
  readonly staged: StagedSource;
  readonly digests: Awaited<ReturnType<typeof digestModel>>;
  readonly result: ConversionResult;
  /** A copy of the source that is packed in its place, for the descriptor is in it; absolute. */
  readonly embedded?: string;
  /** A raw sample, and what must become of it. */
  readonly truth?: MadeTruth | undefined;
  /** What is taken over from the package whose place this one takes. */
  readonly succession?: Succession | undefined;
}

/** The writer brings the YAML and tar libraries along: loaded when there is time. */
export function loadWriter(): Promise<typeof import('../package/write.js')> {
  return import('../package/write.js');
}

/**
 * Describe a conversion and write its package.
 *
 * @throws ModelconvError as `writePackage` does.
 */
export async function packResult(info: PackInfo, options: WriteOptions): Promise<PackedPackage> {
  const { writePackage } = await loadWriter();
  const { succession } = info;
  const described = describeResult(info);
  const descriptor = succession === undefined ? described : succession.describe(described);
  const inputs = [...packInputs(info), ...(succession?.files ?? [])];
  return await writePackage(info.request.output, descriptor, inputs, options);
}

/** The descriptor of a result, but for its list of files. */
export function describeResult(info: PackInfo): Omit<Descriptor, 'files'> {
  const { request, source, staged, digests, result } = info;
  return describeConversion({
    request,
    source: {
      info: source,
      sha256: digests.main.sha256,
      parts: digests.parts,
      fileName: staged.main.path,
      packagePath: packedSource(info),
    },
    converted: result.converted,
    run: result.run,
    precision: result.precision,
    verification: {
      ...result.verification,
      ...(info.truth === undefined ? {} : { truth: info.truth.truth }),
    },
  });
}

function packInputs(info: PackInfo): PackInput[] {
  const model = [...(info.truth?.files ?? []), ...modelInputs(info)];
  return !isOwnSource(info) && info.request.packageSource === 'include'
    ? [...model, ...sourceInputs(info, SOURCE_PREFIX, 'source')]
    : model;
}

function modelInputs(info: PackInfo): PackInput[] {
  const { result, staged, embedded } = info;
  if (result.run !== undefined)
    return result.files.map((file) =>
      toInput(`${MODEL_PREFIX}${path.basename(file)}`, 'model', file),
    );
  const source = sourceInputs(info, MODEL_PREFIX, 'model');
  if (embedded === undefined) return source;
  return [toInput(`${MODEL_PREFIX}${staged.main.path}`, 'model', embedded), ...source.slice(1)];
}

/** Whether the model in the package is the source, byte for byte. */
function isOwnSource({ result, embedded }: PackInfo): boolean {
  return result.run === undefined && embedded === undefined;
}

/** The files of the source; each must have the digest that the descriptor gives it. */
function sourceInputs(
  { staged, digests }: PackInfo,
  prefix: string,
  role: PackInput['role'],
): PackInput[] {
  const sha256 = new Map(digests.parts.map((part) => [part.path, part.sha256]));
  const main = {
    ...toInput(`${prefix}${staged.main.path}`, role, staged.main.copy),
    expectedSha256: digests.main.sha256,
  };
  return [
    main,
    ...staged.parts.map((part) => ({
      ...toInput(`${prefix}${part.path}`, role, part.copy),
      expectedSha256: sha256.get(part.path),
    })),
  ];
}

/** Where the source lies in the package: a model packed as it is is its own source. */
function packedSource(info: PackInfo): string | undefined {
  const { request, staged } = info;
  if (isOwnSource(info)) return `${MODEL_PREFIX}${staged.main.path}`;
  return request.packageSource === 'include' ? `${SOURCE_PREFIX}${staged.main.path}` : undefined;
}

function toInput(packagePath: string, role: PackInput['role'], file: string): PackInput {
  return { path: packagePath, role, mediaType: mediaTypeOf(packagePath), file };
}
