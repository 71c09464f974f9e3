import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Adapter } from '../../src/adapters/contract.js';
import { checkParity } from '../../src/convert/parity.js';
import { ModelconvError } from '../../src/errors.js';
import { tempDir } from '../support/files.js';

const runnerOf = (run: NonNullable<Adapter['run']>, place: string) => ({
  adapter: { run } as unknown as Adapter,
  toolchain: { tool: place, version: '1', path: place, launcher: { command: ['/x'] as const } },
});

it('a runtime that is taken away before it runs the converted model says nothing about the model', async () => {
  const workDir = tempDir();
  const source = runnerOf(async () => {
    mkdirSync(path.join(workDir, 'results/source'), { recursive: true });
    writeFileSync(path.join(workDir, 'results/source/results.json'), '{}');
  }, 'reference');
  const converted = runnerOf(async () => {
    throw new ModelconvError('E_TOOL_MISSING', { what: 'gone', next: 'install it' });
  }, 'vendor');
  const checking = checkParity(
    {
      source: { runner: source, path: 'a', format: 'onnx' },
      converted: { runner: converted, path: 'b', format: 'ort', isSimulated: false },
      samples: { kind: 'generated', count: 1, inputs: [], files: [] } as never,
      tolerance: {},
      timeoutMs: 1000,
    },
    { workDir, logFile: path.join(workDir, 'log') },
  );
  await expect(checking).rejects.toMatchObject({ code: 'E_TOOL_MISSING', next: 'install it' });
});
