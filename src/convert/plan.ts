import path from 'node:path';
import type { Adapter, ConversionJob, Detection, Plan, Toolchain } from '../adapters/contract.js';
import { adapterFor, adapterIds } from '../adapters/registry.js';
import { type MatchResult, type MatchSubject, match } from '../device/match.js';
import { ModelconvError } from '../errors.js';
import { type CheckedRequest, nameFrom } from '../request/acquire.js';
import type { Device, ModelInfo, Precision } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';

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
      readonly adapter: Adapter;
      readonly toolchain: Toolchain;
      readonly plan: Plan;
    };

/** A model file as something that a device may or may not take. */
export function subjectOf(info: ModelInfo): MatchSubject {
  return {
    format: info.format,
    precision: info.precision,
    stack:
      info.minimumRuntime === undefined
        ? undefined
        : { kind: info.minimumRuntime.kind, minimumVersion: info.minimumRuntime.version },
    memoryBytes: info.weights?.sizeBytes,
  };
}

/** The tool of an adapter. @throws ModelconvError `E_TOOL_MISSING` with the command that installs it. */
export async function requireToolchain(adapter: Adapter, device: Device): Promise<Toolchain> {
  const detection: Detection = await adapter.detect();
  if (detection.found) return detection.toolchain;
  throw new ModelconvError('E_TOOL_MISSING', {
    what: `${device.name} needs ${adapter.id}, which is not there`,
    why: detection.why,
    next: detection.install,
  });
}

/**
 * Decide what to do: pack the source as it is when it fits the device, else convert it.
 * Nothing is run but the look for the tool.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`, `E_TOOL_MISSING`, `E_USAGE` (options).
 */
export async function planRoute(
  request: CheckedRequest,
  source: ProbedModel,
  stagedPath: string,
): Promise<Route> {
  const { device } = request;
  const { info } = source;
  const matched = match(subjectOf(info), device);
  const keepsPrecision = request.precision === undefined || request.precision === info.precision;
  // what the device does not say is no reason to leave a model as it is
  const takesFormat = matched.reasons.some(({ code, ok }) => code === 'FORMAT' && ok === true);
  if (matched.matches && takesFormat && keepsPrecision)
    return { kind: 'unconverted', match: matched, precision: info.precision };
  const adapter = await adapterFor(device);
  if (adapter === undefined) throw noAdapter(device);
  refuseRemote(device);
  refuseSource(adapter, source, device);
  const toolchain = await requireToolchain(adapter, device);
  const precision = request.precision ?? info.precision ?? 'fp32';
  const job: ConversionJob = {
    source: { path: stagedPath, info },
    device,
    precision,
    options: request.options,
    outputName: nameFrom(source.file),
    timeoutMs: request.timeoutMs,
    toolchain,
  };
  return {
    kind: 'convert',
    match: matched,
    precision,
    adapter,
    toolchain,
    plan: adapter.plan(job),
  };
}

function noAdapter(device: Device): ModelconvError {
  const own = device.converter?.adapter;
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `there is no converter for ${device.name}`,
    why:
      own === undefined
        ? `no adapter serves ${device.stack === undefined ? 'a device without a software stack' : `the stack ${device.stack.kind}`}`
        : `the device names the adapter "${own}", which does not exist`,
    next: `give the device converter: {adapter: NAME}; adapters: ${adapterIds().join(', ')}`,
  });
}

/** Fields that ask for what is not there yet are not passed over: the result would be another one. */
function refuseRemote(device: Device): void {
  const { connection, converter } = device;
  if (connection !== undefined && connection.type !== 'local') {
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${device.name} cannot be reached for a conversion`,
      why: `its connection is ${connection.type}; this version converts on this machine only`,
      next: 'leave connection out to convert here',
    });
  }
  if (converter?.toolchain === undefined) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${device.name} asks for the toolchain ${converter.toolchain}`,
    why: 'this version uses the one converter that is installed and cannot choose another version',
    next: 'leave converter.toolchain out',
  });
}

function refuseSource(adapter: Adapter, source: ProbedModel, device: Device): void {
  const { sources } = adapter.capabilities;
  if (sources.includes(source.info.format)) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${source.file} cannot be converted for ${device.name}`,
    why: `it is ${source.info.format}; ${adapter.id} converts from ${sources.join(', ')}`,
    next: `give the model as ${sources.join(' or ')}`,
  });
}

/** Refuse a converted model that the device would refuse. @throws ModelconvError `E_NOT_CONVERTIBLE`. */
export function requireMatch(info: ModelInfo, device: Device): MatchResult {
  const result = match(subjectOf(info), device);
  if (result.matches) return result;
  const against = result.reasons.filter(({ ok }) => ok === false);
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `what the converter made of ${path.basename(info.path)} does not fit ${device.name}`,
    why: against.map(({ message }) => message).join('; '),
    next: against.find(({ next }) => next !== undefined)?.next,
  });
}
