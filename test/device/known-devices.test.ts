import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { BUILTIN_DEVICES } from '../../src/device/builtin.js';
import { probeLocal } from '../../src/device/local.js';
import { checkDocument } from '../../src/schema/check.js';

describe('built-in kinds', () => {
  it.each(BUILTIN_DEVICES.map((device) => [device.name, device] as const))(
    '%s fits the schema and says what it takes',
    async (name, device) => {
      expect(await checkDocument('device', device, name)).toEqual(device);
      expect(device.description).toMatch(/\.$/);
      expect(device.class).toBeDefined();
      expect(device.stack?.kind).toBe('onnxruntime');
      expect(device.formats).toContain('ort');
      expect(device.references?.every((reference) => reference.startsWith('https://'))).toBe(true);
    },
  );

  it('names differ, and none is "local"', () => {
    const names = BUILTIN_DEVICES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('local');
  });

  it('only a full build takes ONNX as it is', () => {
    const full = BUILTIN_DEVICES.filter(({ formats }) => formats?.includes('onnx'));
    expect(full.map(({ name }) => name)).toEqual(['onnxruntime-cpu']);
  });
});

describe('this machine', () => {
  it('is described by what the system says', async () => {
    expect(await probeLocal('1.30.0')).toMatchObject({
      name: 'local',
      arch: os.arch(),
      os: os.platform(),
      memoryBytes: os.totalmem(),
      stack: { kind: 'onnxruntime', version: '1.30.0' },
      formats: ['ort'],
      connection: { type: 'local' },
      converter: { adapter: 'onnxruntime' },
    });
  });

  it('fits the schema, with the runtime and without', async () => {
    for (const version of ['1.30.0', undefined]) {
      const device = await probeLocal(version);
      expect(await checkDocument('device', device, 'local')).toEqual(device);
    }
  });

  it('has a stack without a version where the runtime is not installed', async () => {
    expect((await probeLocal(undefined)).stack).toEqual({ kind: 'onnxruntime' });
  });

  it.skipIf(process.platform !== 'linux')(
    'lists its instruction sets, sorted, each once',
    async () => {
      const { cpuFeatures = [] } = await probeLocal(undefined);
      expect(cpuFeatures).toEqual([...new Set(cpuFeatures)].sort());
      expect(cpuFeatures.length).toBeGreaterThan(0);
    },
  );

  it('is the same when it is asked twice', async () => {
    expect(await probeLocal('1.0')).toEqual(await probeLocal('1.0'));
  });
});
