import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Adapter } from '../../src/adapters/contract.js';
import { pythonMembers } from '../../src/adapters/python-adapter.js';
import { loadAdapter } from '../../src/adapters/registry.js';
import { requireToolchain } from '../../src/convert/require-toolchain.js';
import { ModelconvError } from '../../src/errors.js';
import { fakeVendor } from '../support/fake-vendor.js';
import { tempDir } from '../support/files.js';
import { LAYOUTS } from '../support/vendor-layouts.js';
import { writeInstalled } from '../toolchain/environments.js';
import { fakeToolchain } from '../toolchain/wheels.js';

// https://github.com/airockchip/rknn-toolkit2/issues/254: a converter that is newer than the runtime on the
// device is the field's most frequent failure

let home = '';
let acme: Adapter;

beforeEach(() => {
  const dir = tempDir();
  home = path.join(dir, 'data');
  vi.stubEnv('MODELCONV_HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  vi.stubEnv('PATH', '/usr/bin:/bin');
  vi.stubEnv('MODELCONV_PYTHON', '');
  const { toolchain } = fakeToolchain(dir, [{ version: '3.0.1' }, { version: '2.4.0' }]);
  const members = pythonMembers({
    toolchain,
    driver: new URL('file:///driver.py'),
    explainFailure: () => undefined,
  });
  acme = { id: 'acme', capabilities: { stacks: ['rknn'] }, ...members } as unknown as Adapter;
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function refusal(
  adapter: Adapter,
  stack: { kind: string; version?: string },
  version?: string,
): Promise<ModelconvError> {
  const error: unknown = await requireToolchain(
    adapter,
    { name: 'camera', stack },
    { version },
  ).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelconvError)) throw new Error(`no ModelconvError: ${String(error)}`);
  return error;
}

describe('a converter for a device that says the version of its runtime', () => {
  it('is the newest that the runtime takes', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    writeInstalled(home, 'acme', '2.4.0');
    const device = { name: 'camera', stack: { kind: 'rknn', version: '2.5' } };
    expect(await requireToolchain(acme, device)).toMatchObject({ version: '2.4.0' });
  });

  it('that is there and too new is called so, with the command that installs one that fits', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    const error = await refusal(acme, { kind: 'rknn', version: '2.5' });
    expect(error.code).toBe('E_TOOL_MISSING');
    expect(error.message).toBe('ACME SDK 3.0.1 is too new for camera, which has rknn 2.5');
    expect(error.why).toMatch(/3\.0\.1 in \/.*librknnrt/);
    expect(error.next).toBe('modelconv toolchains install acme@2.4.0');
  });

  it('that is not there is named with the versions that fit', async () => {
    const error = await refusal(acme, { kind: 'rknn', version: '2.5' });
    expect(error.message).toBe('camera needs ACME SDK 2.5 or older, which is not there');
    expect(error.next).toBe('modelconv toolchains install acme@2.4.0');
  });

  it('that no release fits is one to make by hand, or the runtime is to be updated', async () => {
    writeInstalled(home, 'acme', '2.4.0');
    const error = await refusal(acme, { kind: 'rknn', version: '1.6' });
    expect(error.message).toContain('2.4.0 is too new');
    expect(error.next).toMatch(
      /-m venv .*pip install "acme-sdk<1\.7" && export MODELCONV_ACME=.*; or update rknn on the device to 2\.4 or newer$/,
    );
  });
});

describe('--toolchain', () => {
  it.each(['3.0.1', '3', '2.6'])(
    '%s for a runtime of 2.5 is refused: it cannot be right',
    async (version) => {
      writeInstalled(home, 'acme', '3.0.1');
      const error = await refusal(acme, { kind: 'rknn', version: '2.5' }, version);
      expect(error.code).toBe('E_NOT_CONVERTIBLE');
      expect(error.message).toBe(`ACME SDK ${version} is too new for camera, which has rknn 2.5`);
      expect(error.next).toMatch(/leave --toolchain out, give it 2\.5 or older, or update rknn/);
    },
  );

  it('that fits and is not there is missing, whatever else is', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    writeInstalled(home, 'acme', '2.4.0');
    const error = await refusal(acme, { kind: 'rknn', version: '3.0' }, '2.3');
    expect(error).toMatchObject({
      code: 'E_TOOL_MISSING',
      message: 'camera needs ACME SDK 2.3, which is not there',
    });
    expect(error.next).toContain('"acme-sdk==2.3.*');
  });

  it('that is a first part stands for the release that fits', async () => {
    writeInstalled(home, 'acme', '3.0.1');
    const error = await refusal(acme, { kind: 'rknn', version: '2.5' }, '2');
    expect(error.next).toBe('modelconv toolchains install acme@2.4.0');
  });
});

describe('a converter that a document describes', () => {
  const fakes = fakeVendor(LAYOUTS.tensorrt);
  const tensorrt = async (): Promise<Adapter> => {
    const adapter = await loadAdapter('tensorrt');
    if (adapter === undefined) throw new Error('no tensorrt');
    return adapter;
  };

  it.each([
    ['10.3.0', 'too new'],
    ['10.16.1', 'too old'],
  ])(
    'that has to be the same as the runtime %s is %s, and the version to get is named',
    async (version, misfit) => {
      vi.stubEnv('MODELCONV_TENSORRT', path.join(fakes, 'succeeds'));
      const error = await refusal(await tensorrt(), { kind: 'tensorrt', version });
      expect(error.code).toBe('E_TOOL_MISSING');
      expect(error.message).toContain(
        `10.13.0 is ${misfit} for camera, which has tensorrt ${version}`,
      );
      expect(error.next).toContain(`get TensorRT trtexec ${version}: `);
      expect(error.next).toMatch(/; or update tensorrt on the device to 10\.13\.0$/);
    },
  );

  it('whose variable leads nowhere is not found until that is unset', async () => {
    vi.stubEnv('MODELCONV_TENSORRT', path.join(home, 'gone'));
    const error = await refusal(await tensorrt(), { kind: 'tensorrt' });
    expect(error.next).toMatch(/^unset MODELCONV_TENSORRT, .*; without it: install TensorRT/);
  });

  it('is refused where --toolchain contradicts the device', async () => {
    const error = await refusal(await tensorrt(), { kind: 'tensorrt', version: '10.3.0' }, '10.13');
    expect(error.code).toBe('E_NOT_CONVERTIBLE');
  });

  it('that is not there is named with the version that fits', async () => {
    vi.stubEnv('MODELCONV_TENSORRT', '');
    const error = await refusal(await tensorrt(), { kind: 'tensorrt', version: '10.3.0' });
    expect(error.message).toMatch(/needs .* 10\.3\.0, which is not there/);
    expect(error.next).toContain('10.3.0: install TensorRT');
  });
});
