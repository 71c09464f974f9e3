import type { CheckedRequest, RequestedCalibration } from '../request/checked-request.js';
import type { PreprocessByInput } from '../request/preprocess.js';
import type { ChosenToolchain } from '../request/toolchain.js';
import type { Descriptor, Device, Options, TruthRequest } from '../schema/generated/types.js';
import { DEFAULT_SEED } from '../tensor/generate.js';
import type { UpgradeRequest } from './request.js';

/** What a package is made of again. */
export interface RecipeInput {
  readonly descriptor: Descriptor;
  readonly request: UpgradeRequest;
  readonly device: Device;
  /** Id of the adapter that serves the device. */
  readonly adapter: string | undefined;
  readonly toolchain: ChosenToolchain;
  /** The source model, under the name that the package has for it. */
  readonly source: string;
  readonly calibration: RequestedCalibration | undefined;
  readonly truth: TruthRequest | undefined;
  /** Whether the descriptor stands in the model file, too. */
  readonly embed: boolean;
}

/** The conversion that a package was made by, as a request for the device. Pure. */
export function recipeOf(input: RecipeInput): CheckedRequest {
  const { descriptor, request, device } = input;
  const { conversion, verification } = descriptor;
  const source = conversion?.source;
  return {
    ...input.toolchain,
    source: input.source,
    reads: [
      ...request.reads,
      // in its own place it is the output, and is replaced in one go
      ...(request.isInPlace ? [] : [request.file]),
      ...[request.source, request.samples, request.eval?.path].filter((file) => file !== undefined),
      ...(input.calibration !== undefined && 'path' in input.calibration
        ? [input.calibration.path]
        : []),
    ],
    framework: source?.framework,
    device,
    output: request.output,
    name: request.name ?? descriptor.name,
    version: request.version ?? descriptor.version,
    license: request.license ?? descriptor.license,
    description: request.description ?? descriptor.description,
    precision: conversion?.precision,
    inputs: conversion?.inputShapes ?? {},
    inputDtypes: conversion?.inputDtypes ?? {},
    calibration: input.calibration,
    preprocess: preprocessIn(descriptor),
    truth: input.truth,
    embed: input.embed,
    packageSource: source?.included === true ? 'include' : 'reference',
    verify: {
      enabled: true,
      samples: request.samples,
      seed: seedOf(descriptor),
      tolerance: toleranceOf(input, verification?.tolerance),
    },
    eval: request.eval,
    options: optionsFor(input),
    timeoutMs: request.timeoutMs,
    report: request.report,
    layers: false,
  };
}

/** Generated data is the same again with the same seed. */
function seedOf({ model, verification }: Descriptor): number {
  return model.quantization?.calibration?.seed ?? verification?.inputs?.seed ?? DEFAULT_SEED;
}

/** Bounds that the package was checked with hold on for the same precision; another converter has those of its own. */
function toleranceOf(
  { request, adapter, descriptor }: RecipeInput,
  recorded: CheckedRequest['verify']['tolerance'],
): CheckedRequest['verify']['tolerance'] {
  const used = descriptor.conversion?.converter?.adapter;
  const kept = used === undefined || used === adapter ? recorded : undefined;
  return request.tolerance === undefined ? kept : { ...kept, ...request.tolerance };
}

/** Options mean something to the adapter that they were given to, and to no other. */
export function optionsFor({
  descriptor,
  device,
  adapter,
}: Pick<RecipeInput, 'descriptor' | 'device' | 'adapter'>): Options {
  const used = descriptor.conversion?.converter?.adapter;
  const kept = used === adapter ? descriptor.conversion?.options : {};
  return { ...kept, ...device.converter?.options };
}

/** What was declared to be done to raw data, by the name of the input in the source. */
function preprocessIn({ model }: Descriptor): PreprocessByInput {
  return Object.fromEntries(
    model.inputs.flatMap(({ name, sourceName, preprocess }) =>
      preprocess === undefined ? [] : [[sourceName ?? name, preprocess]],
    ),
  );
}
