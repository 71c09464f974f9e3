import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { InspectResult, QuantizationReport } from '../../src/schema/generated/types.js';
import { jsonResult, run, sandbox } from '../cli/run-main.js';
import { tempDir } from '../support/files.js';
import { converted, pythonOf, type Tool } from './tool.js';

const READER = fileURLToPath(new URL('./read_scales.py', import.meta.url));

/** Scales by tensor, as the vendor's own library reads them. */
export type VendorScales = Readonly<
  Record<string, { readonly scale: readonly number[]; readonly zeroPoint?: readonly number[] }>
>;

/** What the vendor's own library says of a file: `read_scales.py`. */
export function askVendor(tool: Tool, what: string, file: string): unknown {
  const stdout = execFileSync(pythonOf(tool), [READER, what, path.resolve(file)], {
    cwd: tempDir(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** A conversion, what its package says of its quantization, and the model file in it. */
export async function convertAndReport(
  flags: readonly string[],
  device: string,
): Promise<{
  readonly report: QuantizationReport;
  readonly file: string;
  readonly warnings: readonly string[];
}> {
  const box = sandbox();
  const output = path.join(box.out, 'a.tar');
  const { outcome } = await converted(flags, device, output);
  const { quantization } = jsonResult(
    await run(['inspect', output, '--quantization', '--json']),
    'inspect-result',
  ) as InspectResult;
  if (quantization === undefined) throw new Error('no report');
  const dir = path.join(tempDir(), 'package');
  expect(await run(['unpack', output, '-C', dir, '-q'])).toMatchObject({ code: 0 });
  return {
    report: quantization,
    file: path.join(dir, ...quantization.file.split('/')),
    warnings: outcome.warnings ?? [],
  };
}

/** Fails where a scale or a zero point is not what the vendor's library reads. */
export function expectSame(
  { tensors }: QuantizationReport,
  vendor: VendorScales,
  digits = 7,
): void {
  const own = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  expect(Object.keys(vendor).length).toBeGreaterThan(0);
  for (const [name, { scale, zeroPoint = [] }] of Object.entries(vendor)) {
    const found = own.get(name);
    expect(found?.scale, name).toHaveLength(scale.length);
    for (const [i, value] of scale.entries())
      expect(found?.scale?.[i], name).toBeCloseTo(value, digits);
    const points = found?.zeroPoint ?? [];
    // one number where all are the same
    for (const [i, value] of zeroPoint.entries())
      expect(points.length === 1 ? points[0] : points[i], name).toBe(value || 0);
  }
}
