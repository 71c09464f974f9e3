import { compareVersions } from './version.js';

/** How a converter's version goes with the runtime's on the device. */
export interface FitRule {
  /** Kind of the software stack on the device. */
  readonly stack: string;
  /** What files that the converter wrote call it; absent where they do not say. */
  readonly producer?: string;
  /** How many leading parts of the versions are compared: 2 compares 2026.4 of 2026.4.1. */
  readonly parts: number;
  /** `not-newer`: the converter's must not be above the runtime's; `same`: they must be equal. */
  readonly relation: 'not-newer' | 'same';
  /** What the vendor says, in one sentence. */
  readonly rule: string;
  /** Where it says so. */
  readonly source: string;
}

/**
 * One row for each stack whose converter has to be no newer than the runtime. A stack that is not
 * here has no such rule that its vendor wrote down (ONNX Runtime, TFLite: the file itself says which
 * runtime it needs; ncnn: the format has not changed since 2017).
 */
export const FIT_RULES: readonly FitRule[] = [
  {
    stack: 'openvino',
    producer: 'openvino',
    parts: 2,
    relation: 'not-newer',
    rule: 'an older OpenVINO runtime is not guaranteed to read an IR that a newer converter wrote',
    source: 'https://docs.openvino.ai/2024/documentation/openvino-ir-format.html',
  },
  {
    stack: 'rknn',
    producer: 'rknn-toolkit2',
    parts: 2,
    relation: 'not-newer',
    rule: 'librknnrt has to be of the version of RKNN-Toolkit2 or newer: an older one meets models that it refuses ("Invalid RKNN model version")',
    source: 'https://github.com/airockchip/rknn-toolkit2/issues/254',
  },
  {
    stack: 'mnn',
    producer: 'mnn',
    parts: 2,
    relation: 'not-newer',
    rule: 'the converter is to be of the same version as the MNN library, or an older one',
    source: 'https://github.com/alibaba/MNN/issues/2018',
  },
];

/** What the runtime on a device asks of the converter that makes its models. */
export interface RuntimeBound {
  /** Kind of the device's stack, and its version there. */
  readonly stack: string;
  readonly runtime: string;
  readonly rule: FitRule;
}

/**
 * What a device's stack asks of its converter; undefined when it takes any version.
 *
 * @param own - rules of the converter itself, which go before {@link FIT_RULES}.
 */
export function boundOf(
  stack: { readonly kind: string; readonly version?: string | undefined } | undefined,
  own: readonly FitRule[] = [],
): RuntimeBound | undefined {
  const runtime = stack?.version;
  if (stack === undefined || runtime === undefined) return undefined;
  const rule = [...own, ...FIT_RULES].find(({ stack: kind }) => kind === stack.kind);
  return rule && { stack: stack.kind, runtime, rule };
}

/** How a converter's version, or the first parts of one, misses the runtime; undefined when it may be used. */
export function misfitOf(
  version: string,
  { runtime, rule }: RuntimeBound,
): 'too new' | 'too old' | undefined {
  // 2026 stands for every 2026.x
  const parts = Math.min(rule.parts, version.split('.').length);
  const order = compareVersions(leadingParts(version, parts), leadingParts(runtime, parts));
  if (order > 0) return 'too new';
  return order < 0 && rule.relation === 'same' ? 'too old' : undefined;
}

/** The versions of a converter that fit, for people: `2025.2 or older`. */
export function fittingVersions({ runtime, rule }: RuntimeBound): string {
  const version = leadingParts(runtime, rule.parts);
  return rule.relation === 'same' ? version : `${version} or older`;
}

/** The versions of a converter that fit, for pip: `<2025.3`, which takes the newest of them. */
export function fittingSpecifier({ runtime, rule }: RuntimeBound): string {
  const [...parts] = leadingParts(runtime, rule.parts).split('.').map(Number);
  if (rule.relation === 'same') return `==${parts.join('.')}.*`;
  while (parts.length < rule.parts) parts.push(0);
  return `<${[...parts.slice(0, -1), (parts.at(-1) ?? 0) + 1].join('.')}`;
}

/** What makes the device take what a converter of this version makes: `update openvino on the device to 2026.4 or newer`. */
export function updateRuntime(converterVersion: string, { stack, rule }: RuntimeBound): string {
  const version = leadingParts(converterVersion, rule.parts);
  return `update ${stack} on the device to ${rule.relation === 'same' ? version : `${version} or newer`}`;
}

/** The first numbers of a version: `2026.4` of `v2026.4.1rc1`. */
function leadingParts(version: string, count: number): string {
  const numbers = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0';
  return numbers.split('.').slice(0, count).join('.');
}
