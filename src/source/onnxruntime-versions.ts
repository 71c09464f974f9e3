import type { MinimumRuntime } from '../schema/generated/types.js';

type Row = readonly [from: number, release: string];

/**
 * First release that loads each ORT format version. Measured by loading files with the release
 * wheels 1.5 to 1.32; versions 1 to 4 load again in full builds since 1.14. Version 5: PR #12791; 6: PR #14731.
 */
const ORT_FORMAT: readonly Row[] = [
  [1, '1.14'],
  [5, '1.13'],
  [6, '1.16'],
];

/**
 * First release that accepts each version of the ai.onnx operator set. Measured with the release
 * wheels; below 12: onnxruntime.ai/docs/reference/compatibility.html.
 */
const OPSET: readonly Row[] = [
  [1, '0.1'],
  [9, '0.3'],
  [10, '0.4'],
  [11, '1.0'],
  [12, '1.3'],
  [13, '1.6'],
  [14, '1.8'],
  [15, '1.9'],
  [16, '1.11'],
  [17, '1.12'],
  [18, '1.14'],
  [19, '1.15'],
  [20, '1.17'],
  [21, '1.18'],
  [22, '1.21'],
  [23, '1.23'],
  [24, '1.24.1'],
  [26, '1.25'],
  [27, '1.32'],
];
const NEWEST_OPSET = 28;

/** First release that accepts each ONNX IR version (same sources). */
const IR: readonly Row[] = [
  [1, '0.1'],
  [4, '0.4'],
  [6, '1.0'],
  [7, '1.3'],
  [8, '1.9'],
  [9, '1.15'],
  [10, '1.18'],
  [11, '1.23'],
  [12, '1.24.1'],
  [14, '1.32'],
];
const NEWEST_IR = 14;

function rowFor(table: readonly Row[], version: number): string | undefined {
  return table.findLast(([from]) => version >= from)?.[1];
}

function newer(a: string, b: string): string {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (difference !== 0) return difference > 0 ? a : b;
  }
  return a;
}

/**
 * Oldest ONNX Runtime that loads an ORT file: its format version, and the operator set of its nodes
 * (the IR version is not checked there).
 *
 * @returns undefined when a version is newer than the tables.
 */
export function minimumForOrt(
  formatVersion: number,
  opset: number | undefined,
): MinimumRuntime | undefined {
  const byFormat = formatVersion > 6 ? undefined : rowFor(ORT_FORMAT, formatVersion);
  if (byFormat === undefined || (opset ?? 0) > NEWEST_OPSET) return undefined;
  const byOpset = opset === undefined ? '0.1' : (rowFor(OPSET, opset) ?? '0.1');
  const rule = `ORT format ${formatVersion} needs ${byFormat}${opset === undefined ? '' : `, ai.onnx ${opset} needs ${byOpset}`}`;
  return { kind: 'onnxruntime', version: newer(byFormat, byOpset), rule };
}

/** Oldest ONNX Runtime that loads an ONNX file: its IR version and operator set. @see minimumForOrt */
export function minimumForOnnx(
  irVersion: number,
  opset: number | undefined,
): MinimumRuntime | undefined {
  const byIr = irVersion > NEWEST_IR ? undefined : rowFor(IR, irVersion);
  const byOpset = opset === undefined || opset > NEWEST_OPSET ? undefined : rowFor(OPSET, opset);
  if (byIr === undefined || byOpset === undefined) return undefined;
  return {
    kind: 'onnxruntime',
    version: newer(byIr, byOpset),
    rule: `ONNX IR ${irVersion} needs ${byIr}, ai.onnx ${opset} needs ${byOpset}`,
  };
}
