import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelInfo, QuantizationReport } from '../../src/schema/generated/types.js';
import { type ProbedModel, probeModel } from '../../src/source/probe.js';
import { tempDir } from '../support/files.js';

/** Probe a model that is made in the test; further files lie beside it. */
export async function probeBytes(
  bytes: Uint8Array,
  beside: Readonly<Record<string, Uint8Array>> = {},
): Promise<ProbedModel> {
  const dir = tempDir();
  const file = path.join(dir, 'model.bin');
  writeFileSync(file, bytes);
  for (const [name, data] of Object.entries(beside)) writeFileSync(path.join(dir, name), data);
  return await probeModel(file);
}

/** The same with every scale and zero point. */
export async function reportBytes(
  bytes: Uint8Array,
  beside: Readonly<Record<string, Uint8Array>> = {},
  name = 'model.bin',
): Promise<{ info: ModelInfo; report: Omit<QuantizationReport, 'file'> }> {
  const dir = tempDir();
  const file = path.join(dir, name);
  writeFileSync(file, bytes);
  for (const [other, data] of Object.entries(beside)) writeFileSync(path.join(dir, other), data);
  const { info, quantization } = await probeModel(file, { quantization: true });
  if (quantization === undefined) throw new Error('no report');
  return { info, report: quantization };
}
