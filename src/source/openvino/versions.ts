import type { MinimumRuntime } from '../../schema/generated/types.js';

/**
 * First release that reads each IR version. 11: docs.openvino.ai/2022.1/openvino_2_0_transition_guide.html.
 * 10: the version whose layers name an opset, and opset1 came with 2020.1 (table below).
 */
const IR: ReadonlyMap<string, string> = new Map([
  ['10', '2020.1'],
  ['11', '2022.1'],
]);

/**
 * First release with all operators of each opset. 1 to 10: docs.openvino.ai/2024 "Available Operation Sets".
 * 11 to 16: measured, the operator classes in libopenvino of the release wheels 2023.0 to 2026.4; the same
 * page is up to one release earlier for 13 (2023.2) and 14 (2024.0), which then lacked some operators.
 * 17 was still growing in 2026.4.
 */
const OPSETS: readonly string[] = [
  '2020.1',
  '2020.2',
  '2020.4',
  '2021.1',
  '2021.2',
  '2021.3',
  '2021.4',
  '2022.1',
  '2022.2',
  '2022.3',
  '2023.0',
  '2023.1',
  '2023.3',
  '2024.1',
  '2024.5',
  '2025.4',
];

/**
 * Oldest OpenVINO that loads an IR: its version, and the newest opset of its layers.
 *
 * @param opset - N of `opsetN`; 0 when no layer names one.
 * @returns undefined when a version is not in the tables.
 */
export function minimumForIr(irVersion: string, opset: number): MinimumRuntime | undefined {
  const byIr = IR.get(irVersion);
  if (byIr === undefined || opset > OPSETS.length) return undefined;
  const byOpset = OPSETS[opset - 1];
  const rule = `IR ${irVersion} needs ${byIr}${byOpset === undefined ? '' : `, opset${opset} needs ${byOpset}`}`;
  // releases are year.number with one digit: their order is that of the text
  const version = byOpset !== undefined && byOpset > byIr ? byOpset : byIr;
  return { kind: 'openvino', version, rule };
}
