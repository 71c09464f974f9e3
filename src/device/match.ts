import type { Device, MatchReason, Precision } from '../schema/generated/types.js';
import { nextForMemory, type Remedy, remedyFor } from './remedy.js';
import { boundOf, FIT_RULES, misfitOf, updateRuntime } from './runtime-fit.js';
import { isSameSoc } from './soc-names.js';
import { compareVersions } from './version.js';

/** What is asked of a device: a converted model, or a source that may fit as it is. */
export interface MatchSubject {
  readonly format: string;
  readonly precision?: Precision | undefined;
  readonly stack?:
    | { readonly kind: string; readonly minimumVersion?: string | undefined }
    | undefined;
  /** The tool that wrote the file, as the file says. */
  readonly producer?: { readonly name: string; readonly version?: string | undefined } | undefined;
  readonly soc?: string | undefined;
  /** Memory that the model takes at least, in bytes: its weights. */
  readonly memoryBytes?: number | undefined;
  /** Memory that it took at its peak where it was measured. */
  readonly measuredPeaks?: readonly MeasuredPeak[] | undefined;
}

/** Memory of the whole process of a runtime, on one device. */
export interface MeasuredPeak {
  readonly device: string;
  readonly cpu?: string | undefined;
  readonly bytes: number;
}

export interface MatchResult {
  /** True when no reason speaks against it; what is unknown does not. */
  readonly matches: boolean;
  readonly reasons: readonly MatchReason[];
}

/**
 * Will it load and run there? Pure; every point that can be compared gives one reason, and one that
 * speaks against it says what helps.
 *
 * @param remedy - the commands that help, for this file and this device.
 */
export function match(
  subject: MatchSubject,
  device: Device,
  remedy: Remedy = remedyFor(device),
): MatchResult {
  const reasons = [
    format,
    stackKind,
    stackVersion,
    converterVersion,
    soc,
    precision,
    memory,
  ].flatMap((check) => check(subject, device, remedy) ?? []);
  return { matches: reasons.every(({ ok }) => ok !== false), reasons };
}

type Check = (subject: MatchSubject, device: Device, remedy: Remedy) => MatchReason | undefined;

/** What helps, of a reason against it alone. */
function unless(ok: boolean, next: string): { readonly next?: string } {
  return ok ? {} : { next };
}

const format: Check = (subject, device, { remake, say }) => {
  const code = 'FORMAT';
  if (device.formats === undefined)
    return {
      code,
      ok: 'unknown',
      message: `${device.name} does not say which formats it takes`,
      next: say('formats=[...]'),
    };
  if (device.formats.includes(subject.format))
    return { code, ok: true, message: `${device.name} takes ${subject.format}` };
  return {
    code,
    ok: false,
    message: `${device.name} takes ${device.formats.join(', ')}; this is ${subject.format}`,
    next: remake,
  };
};

const stackKind: Check = (subject, device, { remake }) => {
  if (subject.stack === undefined || device.stack === undefined) return undefined;
  const ok = subject.stack.kind === device.stack.kind;
  return {
    code: 'STACK_KIND',
    ok,
    message: ok
      ? `both use ${device.stack.kind}`
      : `the model runs in ${subject.stack.kind}, ${device.name} has ${device.stack.kind}`,
    ...unless(ok, remake),
  };
};

const stackVersion: Check = (subject, device, remedy) => {
  const minimum = subject.stack?.minimumVersion;
  if (minimum === undefined || subject.stack?.kind !== device.stack?.kind) return undefined;
  const kind = subject.stack?.kind ?? '';
  const has = device.stack?.version;
  const code = 'STACK_VERSION';
  if (has === undefined)
    return {
      code,
      ok: 'unknown',
      message: `the model needs ${kind} ${minimum} or newer; ${device.name} does not say which version it has`,
      next: remedy.say('stack.version=VERSION'),
    };
  if (compareVersions(has, minimum) >= 0)
    return {
      code,
      ok: true,
      message: `${device.name} has ${kind} ${has}, ${minimum} or newer is needed`,
    };
  return {
    code,
    ok: false,
    message: `${device.name} has ${kind} ${has}, ${minimum} or newer is needed`,
    next: `${afterUpdate(`update ${kind} on the device to ${minimum} or newer`, minimum, device, remedy)}; or ${remedy.remake}`,
  };
};

/** A file can be of a format that the runtime knows, and of a converter that is too new for it. */
const converterVersion: Check = ({ producer }, device, remedy) => {
  const { stack } = device;
  const rule = FIT_RULES.find(
    (row) => row.stack === stack?.kind && row.producer === producer?.name,
  );
  const bound = boundOf(stack);
  if (rule === undefined || producer?.version === undefined || bound === undefined)
    return undefined;
  const code = 'CONVERTER_VERSION';
  const made = `the model was made with ${producer.name} ${producer.version}`;
  const has = `${device.name} has ${bound.stack} ${bound.runtime}`;
  if (misfitOf(producer.version, bound) === undefined)
    return { code, ok: true, message: `${made}, ${has}` };
  return {
    code,
    ok: false,
    message: `${made}, ${has}: ${rule.rule} (${rule.source})`,
    next: `${remedy.remake}; or ${afterUpdate(updateRuntime(producer.version, bound), producer.version, device, remedy)}`,
  };
};

const soc: Check = (subject, device, { remake }) => {
  if (subject.soc === undefined || device.soc === undefined) return undefined;
  const ok = isSameSoc(subject.soc, device.soc);
  return {
    code: 'SOC',
    ok,
    message: ok
      ? `both are for ${device.soc}`
      : `the model is for ${subject.soc}, ${device.name} has ${device.soc}`,
    ...unless(ok, remake),
  };
};

const precision: Check = (subject, device, { anew }) => {
  if (subject.precision === undefined || device.precisions === undefined) return undefined;
  const ok = device.precisions.includes(subject.precision);
  return {
    code: 'PRECISION',
    ok,
    message: ok
      ? `${device.name} computes in ${subject.precision}`
      : `${device.name} computes in ${device.precisions.join(', ')}; the model is ${subject.precision}`,
    ...unless(ok, anew),
  };
};

const memory: Check = (subject, device, remedy) => {
  const { memoryBytes: room, name } = device;
  const peak = subject.measuredPeaks?.find((one) => isMeasuredOn(one, device));
  const bytes = Math.max(subject.memoryBytes ?? 0, peak?.bytes ?? 0);
  if (room === undefined || (subject.memoryBytes === undefined && peak === undefined))
    return undefined;
  const ok = bytes <= room;
  const took =
    peak?.bytes === bytes
      ? `it took ${bytes} bytes at its peak when it was measured on ${peak.device}`
      : `the weights take ${bytes} bytes`;
  return {
    code: 'MEMORY',
    ok,
    message: ok
      ? `${peak === undefined ? 'the weights fit' : 'what it took when it was measured fits'} into its memory`
      : `${took}, ${name} has ${room}`,
    ...unless(ok, nextForMemory(subject, device, remedy)),
  };
};

/** A measurement counts for the device it is named after, or of whose chip it is; of two machines of one name, for one with that processor. */
function isMeasuredOn({ device: name, cpu }: MeasuredPeak, device: Device): boolean {
  const isNamed = name === device.name || (device.soc !== undefined && isSameSoc(name, device.soc));
  return isNamed && (cpu === undefined || device.cpu === undefined || cpu === device.cpu);
}

/** An updated device has to be said to be so; this machine is looked at anew each time. */
function afterUpdate(
  update: string,
  version: string,
  { connection }: Device,
  { say }: Remedy,
): string {
  return connection?.type === 'local'
    ? update
    : `${update}, then ${say(`stack.version=${version}`)}`;
}
