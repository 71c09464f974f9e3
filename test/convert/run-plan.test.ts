import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Adapter, Plan } from '../../src/adapters/contract.js';
import { runPlan } from '../../src/convert/run-plan.js';
import { tempDir } from '../support/files.js';
import { IMAGE_JOB } from '../support/jobs.js';

/** Run a shell script as the converter of a format of two files. */
async function convert(script: string, mayBeEmpty: readonly string[] = []) {
  const workDir = path.join(tempDir(), 'work');
  mkdirSync(workDir);
  const { info } = IMAGE_JOB.source;
  const adapter = {
    capabilities: { output: info.format },
    readMetadata: async () => ({ info }),
  } as unknown as Adapter;
  const plan: Plan = {
    steps: [{ label: 'convert', args: ['-c', script], timeoutMs: 20_000 }],
    outputs: ['out/m.xml', 'out/m.bin'],
    mayBeEmpty,
    deterministic: true,
  };
  const toolchain = { ...IMAGE_JOB.toolchain, launcher: { command: ['/bin/sh'] as const } };
  return await runPlan(adapter, toolchain, plan, { workDir, logFile: path.join(workDir, 'log') });
}

it('an output that may be empty is one, the others are not', async () => {
  const empty = 'echo x > out/m.xml; : > out/m.bin';
  const { files } = await convert(empty, ['out/m.bin']);
  expect(files.map((file) => path.basename(file))).toEqual(['m.xml', 'm.bin']);
  await expect(convert(empty)).rejects.toMatchObject({
    code: 'E_TOOL_FAILED',
    message: expect.stringContaining('wrote an empty m.bin'),
  });
});

it('an output that may be empty has to be there all the same', async () => {
  await expect(convert('echo x > out/m.xml', ['out/m.bin'])).rejects.toMatchObject({
    code: 'E_TOOL_FAILED',
    message: expect.stringContaining('wrote no m.bin'),
  });
});
