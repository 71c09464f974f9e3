import type { Device, MatchReason, Precision } from '../schema/generated/types.js';
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
}

export interface MatchResult {
  /** True when no reason speaks against it; what is unknown does not. */
  readonly matches: boolean;
  readonly reasons: readonly MatchReason[];
}

/** Will it load and run there? Pure; every point that can be compared gives one reason. */
export function match(subject: MatchSubject, device: Device): MatchResult {
  const reasons = [
    format,
    stackKind,
    stackVersion,
    converterVersion,
    soc,
    precision,
    memory,
  ].flatMap((check) => check(subject, device) ?? []);
  return { matches: reasons.every(({ ok }) => ok !== false), reasons };
}

type Check = (subject: MatchSubject, device: Device) => MatchReason | undefined;

const format: Check = (subject, device) => {
  const code = 'FORMAT';
  if (device.formats === undefined)
    return { code, ok: 'unknown', message: `${device.name} does not say which formats it takes` };
  if (device.formats.includes(subject.format))
    return { code, ok: true, message: `${device.name} takes ${subject.format}` };
  return {
    code,
    ok: false,
    message: `${device.name} takes ${device.formats.join(', ')}; this is ${subject.format}`,
    next: `modelconv convert MODEL -d ${device.name} -o OUT`,
  };
};

const stackKind: Check = (subject, device) => {
  if (subject.stack === undefined || device.stack === undefined) return undefined;
  const ok = subject.stack.kind === device.stack.kind;
  return {
    code: 'STACK_KIND',
    ok,
    message: ok
      ? `both use ${device.stack.kind}`
      : `the model runs in ${subject.stack.kind}, ${device.name} has ${device.stack.kind}`,
  };
};

const stackVersion: Check = (subject, device) => {
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
    next: `update ${kind} on the device to ${minimum} or newer`,
  };
};

/** A file can be of a format that the runtime knows, and of a converter that is too new for it. */
const converterVersion: Check = ({ producer }, device) => {
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
    next: `convert the source model again: modelconv convert SOURCE -d ${device.name} -o OUT, or ${updateRuntime(producer.version, bound)}`,
  };
};

const soc: Check = (subject, device) => {
  if (subject.soc === undefined || device.soc === undefined) return undefined;
  const ok = isSameSoc(subject.soc, device.soc);
  return {
    code: 'SOC',
    ok,
    message: ok
      ? `both are for ${device.soc}`
      : `the model is for ${subject.soc}, ${device.name} has ${device.soc}`,
  };
};

const precision: Check = (subject, device) => {
  if (subject.precision === undefined || device.precisions === undefined) return undefined;
  const ok = device.precisions.includes(subject.precision);
  return {
    code: 'PRECISION',
    ok,
    message: ok
      ? `${device.name} computes in ${subject.precision}`
      : `${device.name} computes in ${device.precisions.join(', ')}; the model is ${subject.precision}`,
  };
};

const memory: Check = (subject, device) => {
  if (subject.memoryBytes === undefined || device.memoryBytes === undefined) return undefined;
  const ok = subject.memoryBytes <= device.memoryBytes;
  return {
    code: 'MEMORY',
    ok,
    message: ok
      ? 'the weights fit into its memory'
      : `the weights take ${subject.memoryBytes} bytes, ${device.name} has ${device.memoryBytes}`,
  };
};
