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

/**
 * The rule that holds a converter of this version back from a device; undefined when it may be used.
 *
 * @param own - rules of the converter itself, which go before {@link FIT_RULES}.
 */
export function refusalOf(
  stack: { readonly kind: string; readonly version?: string | undefined } | undefined,
  converterVersion: string,
  own: readonly FitRule[] = [],
): FitRule | undefined {
  const runtime = stack?.version;
  if (stack === undefined || runtime === undefined) return undefined;
  const rule = [...own, ...FIT_RULES].find(({ stack: kind }) => kind === stack.kind);
  if (rule === undefined) return undefined;
  const leading = (version: string): string => version.split('.').slice(0, rule.parts).join('.');
  const order = compareVersions(leading(converterVersion), leading(runtime));
  const isRefused = rule.relation === 'same' ? order !== 0 : order > 0;
  return isRefused ? rule : undefined;
}
