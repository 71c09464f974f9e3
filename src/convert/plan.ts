import path from 'node:path';
import { refuseIdleOptions } from '../adapters/adapter-options.js';
import { type AdapterChain, chainTo } from '../adapters/chain.js';
import type { Adapter, ConversionJob, Plan, Toolchain } from '../adapters/contract.js';
import { adapterFor, adapterIds } from '../adapters/registry.js';
import { type MatchResult, match } from '../device/match.js';
import { subjectOfModel } from '../device/subject.js';
import { ModelconvError } from '../errors.js';
import { nameFrom } from '../request/acquire.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { fixInputs, fixOutputs } from '../request/input-shapes.js';
import type { Device, ModelInfo, Precision } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { builtInOf } from './built-in.js';
import { requireSlot } from './embed-slot.js';
import { refuseOpaque, refuseOpenShapes, wrongSource } from './refuse-source.js';
import { requireToolchain } from './require-toolchain.js';

/** One converter of a route: what it makes of the source, or of what the one before it made. */
export interface Stage {
  readonly adapter: Adapter;
  readonly toolchain: Toolchain;
  readonly job: ConversionJob;
  readonly plan: Plan;
}

/** What will be done for one device. */
export type Route =
  | {
      readonly kind: 'unconverted';
      readonly match: MatchResult;
      readonly precision: Precision | undefined;
    }
  | {
      readonly kind: 'convert';
      readonly match: MatchResult;
      readonly precision: Precision;
      /** The last one makes the model for the device. */
      readonly stages: readonly [Stage, ...Stage[]];
    };

/** What the plan has to know beside the request. */
export interface PlanInput {
  /** Path of the source in the work directory. */
  readonly stagedPath: string;
  readonly calibration?: ConversionJob['calibration'];
  readonly simulation?: ConversionJob['simulation'];
}

/** Where stage `index` of a route leaves its outputs for the next one. */
export function stageDir(index: number): string {
  return `stage-${index + 1}`;
}

/** How a source gets to a device: as it is, or through these converters. */
interface Way {
  readonly info: ModelInfo;
  readonly match: MatchResult;
  /** undefined: the source fits as it is. */
  readonly chain: AdapterChain | undefined;
}

async function chooseWay(request: CheckedRequest, source: ProbedModel): Promise<Way> {
  const { device } = request;
  const info = {
    ...source.info,
    inputs: fixInputs(source.info.inputs, request),
    outputs: fixOutputs(source.info, request.inputs),
  };
  const matched = match(subjectOfModel(info), device);
  const keepsPrecision = request.precision === undefined || request.precision === info.precision;
  // what the device does not say is no reason to leave a model as it is
  const takesFormat = matched.reasons.some(({ code, ok }) => code === 'FORMAT' && ok === true);
  if (
    matched.matches &&
    takesFormat &&
    keepsPrecision &&
    Object.keys(request.inputs).length === 0
  ) {
    requireSlot(request, { source: info });
    return { info, match: matched, chain: undefined };
  }
  const adapter = await adapterFor(device);
  if (adapter === undefined) throw noAdapter(device, await adapterIds());
  refuseRemote(device);
  requireSlot(request, { adapter });
  const chain = await chainTo(adapter, info.format);
  if (chain === undefined) {
    // of a model in the device's own format the reason that it does not fit is the one to tell
    if (takesFormat) requireMatch(info, device, source.file);
    throw wrongSource(adapter, info, device);
  }
  return { info, match: matched, chain };
}

/**
 * Refuse what no data and no tool would change, before either is looked at.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`, `E_USAGE` (`--input`).
 */
export async function checkSource(request: CheckedRequest, source: ProbedModel): Promise<void> {
  const { info, chain } = await chooseWay(request, source);
  builtInOf(request, info, builderOf(chain));
  if (chain === undefined) return;
  const [first] = chain;
  refuseOpaque(info, request.device);
  const precision = precisionOf(request, chain, info);
  const staged = { path: request.source, info };
  refuseOpenShapes(first, staged, precision, request.device);
}

/** What can build preprocessing in: the converter of the source, and none of a longer way. */
function builderOf(chain: Way['chain']): Adapter | undefined {
  return chain?.length === 1 ? chain[0] : undefined;
}

function precisionOf(request: CheckedRequest, chain: AdapterChain, info: ModelInfo): Precision {
  return request.precision ?? precisionFor(chain.at(-1) ?? chain[0], info, request.device);
}

/**
 * Decide what to do: pack the source as it is when it fits the device, else convert it, through
 * several converters where one alone does not take the source.
 * Nothing is run but the look for the tools.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`, `E_TOOL_MISSING`, `E_USAGE` (options).
 */
export async function planRoute(
  request: CheckedRequest,
  source: ProbedModel,
  input: PlanInput,
): Promise<Route> {
  const { info, match: matched, chain } = await chooseWay(request, source);
  if (chain === undefined)
    return { kind: 'unconverted', match: matched, precision: info.precision };
  const precision = precisionOf(request, chain, info);
  return {
    kind: 'convert',
    match: matched,
    precision,
    stages: await planStages(chain, { request, info, precision, input }),
  };
}

/** The precision when none is asked for: that of the source, or the first that the device takes instead. */
export function precisionFor(adapter: Adapter, info: ModelInfo, device: Device): Precision {
  const own = info.precision ?? 'fp32';
  const { precisions } = device;
  if (precisions === undefined || precisions.includes(own)) return own;
  const { convertsTo, needsCalibration } = adapter.capabilities;
  return (
    precisions.find(
      (precision) => convertsTo.includes(precision) && !needsCalibration.includes(precision),
    ) ?? own
  );
}

interface StageInput {
  readonly request: CheckedRequest;
  readonly info: ModelInfo;
  readonly precision: Precision;
  readonly input: PlanInput;
}

async function planStages(
  chain: AdapterChain,
  { request, info, precision, input }: StageInput,
): Promise<[Stage, ...Stage[]]> {
  const { device } = request;
  const stages: Stage[] = [];
  const builtIn = builtInOf(request, info, builderOf(chain));
  let source = { path: input.stagedPath, info };
  for (const [index, adapter] of chain.entries()) {
    const next = chain[index + 1];
    const wanted = next === undefined ? precision : precisionOnTheWay(next, info, precision);
    refuseOpenShapes(adapter, source, wanted, device);
    const toolchain = await requireToolchain(adapter, device, {
      version: next === undefined ? request.toolchain : undefined,
      quantizes: isQuantized(adapter, source.info, wanted),
    });
    const job: ConversionJob = {
      source,
      inputShapes: request.inputs,
      device,
      precision: wanted,
      calibration: calibrationFor(adapter, source.info, wanted, request, input),
      simulation: next === undefined ? input.simulation : undefined,
      ...(Object.keys(builtIn).length === 0 ? {} : { builtIn }),
      options: next === undefined ? request.options : {},
      outputName: nameFrom(request.source),
      timeoutMs: request.timeoutMs,
      toolchain,
    };
    const plan = adapter.plan(job);
    refuseIdleOptions(adapter, job);
    stages.push({ adapter, toolchain, job, plan });
    // what the next one gets is read when it is there; until then it is what was asked for
    source = {
      path: plan.outputs[0].replace(/^out\//, `${stageDir(index)}/`),
      info: { ...source.info, format: adapter.capabilities.output, precision: wanted },
    };
  }
  return stages as [Stage, ...Stage[]];
}

/** A precision that the next converter only keeps has to be there before it. */
function precisionOnTheWay(next: Adapter, info: ModelInfo, precision: Precision): Precision {
  return next.capabilities.convertsTo.includes(precision) ? (info.precision ?? 'fp32') : precision;
}

/** Whether ranges have to be measured: not for a model that has the precision already. */
function isQuantized(adapter: Adapter, info: ModelInfo, precision: Precision): boolean {
  return adapter.capabilities.needsCalibration.includes(precision) && info.precision !== precision;
}

/** @throws ModelconvError `E_USAGE` when the precision needs data to measure ranges on, and there is none. */
function calibrationFor(
  adapter: Adapter,
  info: ModelInfo,
  precision: Precision,
  request: CheckedRequest,
  input: PlanInput,
): ConversionJob['calibration'] {
  if (!isQuantized(adapter, info, precision)) return undefined;
  if (input.calibration !== undefined) return input.calibration;
  throw new ModelconvError('E_USAGE', {
    what: `${precision} for ${request.device.name} needs calibration data`,
    why: `${adapter.toolchain?.tool ?? adapter.id} measures value ranges on real inputs`,
    next: 'give images or arrays with --calibration DIR, or --calibration synthetic to try it out with generated numbers',
  });
}

function noAdapter(device: Device, ids: readonly string[]): ModelconvError {
  const own = device.converter?.adapter;
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `there is no converter for ${device.name}`,
    why:
      own === undefined
        ? `no adapter serves ${device.stack === undefined ? 'a device without a software stack' : `the stack ${device.stack.kind}`}`
        : `the device names the adapter "${own}", which does not exist`,
    next: `give the device converter: {adapter: NAME}; adapters: ${ids.join(', ')}`,
  });
}

/** Fields that ask for what is not there yet are not passed over: the result would be another one. */
function refuseRemote(device: Device): void {
  const { connection } = device;
  if (connection === undefined || connection.type === 'local') return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${device.name} cannot be reached for a conversion`,
    why: `its connection is ${connection.type}; this version converts on this machine only`,
    next: 'leave connection out to convert here',
  });
}

/** Refuse a converted model that the device would refuse. @throws ModelconvError `E_NOT_CONVERTIBLE`. */
export function requireMatch(
  info: ModelInfo,
  device: Device,
  who = `what the converter made of ${path.basename(info.path)}`,
): MatchResult {
  const result = match(subjectOfModel(info), device);
  if (result.matches) return result;
  const against = result.reasons.filter(({ ok }) => ok === false);
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${who} does not fit ${device.name}`,
    why: against.map(({ message }) => message).join('; '),
    next: against.find(({ next }) => next !== undefined)?.next,
  });
}
