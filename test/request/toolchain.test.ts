import { describe, expect, it } from 'vitest';
import { BUILTIN_DEVICES } from '../../src/device/builtin.js';
import type { ModelconvError } from '../../src/errors.js';
import { chooseToolchains } from '../../src/request/toolchain.js';
import type { Device } from '../../src/schema/generated/types.js';

function builtIn(name: string): Device {
  const device = BUILTIN_DEVICES.find((one) => one.name === name);
  if (device === undefined) throw new Error(`no device ${name}`);
  return device;
}

const OPENVINO = builtIn('openvino-cpu');
const MNN = builtIn('mnn-cpu');
const CAMERA: Device = { name: 'camera', converter: { adapter: 'mnn', toolchain: '3.0' } };

const versions = async (words: string[], devices: Device[]): Promise<(string | undefined)[]> =>
  (await chooseToolchains(words, devices)).map(({ toolchain }) => toolchain);

describe('--toolchain for several devices', () => {
  it.each<{ words: string[]; devices: Device[]; chosen: (string | undefined)[]; why: string }>([
    {
      why: 'a version is for the only tool',
      words: ['3.6'],
      devices: [MNN, CAMERA],
      chosen: ['3.6', '3.6'],
    },
    {
      why: 'a name says which tool',
      words: ['mnn@3.6.1'],
      devices: [OPENVINO, MNN],
      chosen: [undefined, '3.6.1'],
    },
    {
      why: 'each tool has its own',
      words: ['mnn@3.6.1', 'openvino@2026'],
      devices: [OPENVINO, MNN],
      chosen: ['2026', '3.6.1'],
    },
    {
      why: 'the one without a name is for what no other one names',
      words: ['mnn@3.6.1', '2026'],
      devices: [OPENVINO, MNN],
      chosen: ['2026', '3.6.1'],
    },
    {
      why: 'what the device says is for the rest',
      words: ['openvino@2026'],
      devices: [OPENVINO, CAMERA],
      chosen: ['2026', '3.0'],
    },
  ])('$why: $words', async ({ words, devices, chosen }) => {
    expect(await versions(words, devices)).toEqual(chosen);
  });

  it.each<{ words: string[]; names: string; why: string }>([
    { why: 'one version for two tools', words: ['3.6.1'], names: 'openvino@3.6.1' },
    { why: 'a tool that no device needs', words: ['rknn@2.3'], names: 'rknn@2.3' },
    { why: 'a misspelt tool', words: ['openvion@2026'], names: 'Did you mean "openvino"' },
    { why: 'two versions of one tool', words: ['mnn@1', 'mnn@2'], names: 'mnn@2' },
    { why: 'a name without a version', words: ['mnn@'], names: 'mnn@' },
    { why: 'no word', words: [''], names: '""' },
  ])('$why is refused: $words', async ({ words, names }) => {
    const refused = await chooseToolchains(words, [OPENVINO, MNN]).catch((error: unknown) => error);
    const { code, message, next } = refused as ModelconvError;
    expect(code).toBe('E_USAGE');
    expect(`${message} ${next}`).toContain(names);
  });

  it('keeps the word that the user gave, and none for what the device says', async () => {
    expect(await chooseToolchains(['openvino@2026'], [OPENVINO, CAMERA])).toEqual([
      { toolchain: '2026', askedToolchain: 'openvino@2026' },
      { toolchain: '3.0', askedToolchain: undefined },
    ]);
  });
});
