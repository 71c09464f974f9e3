import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { torch } from '../../src/adapters/torch/index.js';
import { tempDir } from '../support/files.js';
import { failedWith, IMAGE_JOB, refusalOf } from '../support/jobs.js';
import { writeInstalled } from '../toolchain/environments.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A toolchain of another converter that modelconv installed, with a package in it. */
function installedWith(home: string, name: string, distribution: string): string {
  const directory = writeInstalled(home, name, '1.0.0');
  const info = path.join(directory, `lib/python3.11/site-packages/${distribution}.dist-info`);
  mkdirSync(info);
  writeFileSync(path.join(info, 'METADATA'), '');
  return directory;
}

describe('PyTorch as the reference of TorchScript', () => {
  it('is found in the environment of another converter that brings it along', async () => {
    const home = tempDir();
    vi.stubEnv('MODELCONV_HOME', home);
    vi.stubEnv('XDG_CONFIG_HOME', home);
    vi.stubEnv('MODELCONV_TORCH', '');
    vi.stubEnv('PATH', '/usr/bin:/bin');
    expect(await torch.detect()).toMatchObject({
      found: false,
      install: expect.stringContaining('toolchains install torch'),
    });
    installedWith(home, 'acme', 'torchvision-0.28.0');
    expect(await torch.detect()).toMatchObject({ found: false });
    const directory = installedWith(home, 'zeta', 'torch-2.13.0+cpu');
    expect(await torch.detect()).toMatchObject({
      found: true,
      toolchain: { tool: 'PyTorch', version: '2.13.0+cpu', path: directory },
    });
  });

  it('plans nothing', () => {
    expect(refusalOf(() => torch.plan(IMAGE_JOB)).code).toBe('E_NOT_CONVERTIBLE');
  });

  it.each([
    [
      'RuntimeError: \nUnknown builtin op: torchvision::nms.\nmodelconv: the model cannot be loaded: x',
      'E_NOT_CONVERTIBLE',
      'torchvision::nms',
    ],
    ['modelconv: the model cannot be loaded: version 99', 'E_MODEL_INVALID', 'cannot load'],
    [
      'modelconv: the model does not run: RuntimeError: got 3 channels instead',
      'E_SAMPLES_INVALID',
      'cannot be run on these inputs',
    ],
  ])('%s', (log, code, names) => {
    expect(torch.explainFailure?.(failedWith(log, 'run'))).toMatchObject({
      code,
      message: expect.stringContaining(names),
    });
  });
});
