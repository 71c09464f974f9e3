import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { adapterFor } from '../../src/adapters/registry.js';
import { rknn } from '../../src/adapters/rknn/index.js';
import { BUILTIN_DEVICES } from '../../src/device/builtin.js';
import { probeLocal } from '../../src/device/local.js';
import { compareVersions } from '../../src/device/version.js';
import { checkDocument } from '../../src/schema/check.js';
import { CALIBRATED, IMAGE_JOB, refusalOf } from '../support/jobs.js';

/** Stacks that models can be checked for, and not made for yet. */
const WITHOUT_CONVERTER: ReadonlySet<string> = new Set([
  ...['bmruntime', 'cviruntime', 'ethos-u', 'esp-dl', 'nncase'],
]);

describe('built-in kinds', () => {
  it.each(BUILTIN_DEVICES.map((device) => [device.name, device] as const))(
    '%s fits the schema and says what it takes',
    async (name, device) => {
      expect(await checkDocument('device', device, name)).toEqual(device);
      expect(device.description).toMatch(/\.$/);
      expect(device.class).toBeDefined();
      expect(device.formats?.length).toBeGreaterThan(0);
      expect(device.precisions?.length).toBeGreaterThan(0);
      expect(device.references?.length).toBeGreaterThan(0);
      expect(device.references?.every((reference) => reference.startsWith('https://'))).toBe(true);
    },
  );

  it.each(BUILTIN_DEVICES.map((device) => [device.name, device] as const))(
    '%s has a converter that makes what it takes, or is known to have none yet',
    async (_name, device) => {
      const adapter = await adapterFor(device);
      if (WITHOUT_CONVERTER.has(device.stack?.kind ?? '')) {
        expect(adapter).toBeUndefined();
        return;
      }
      expect(adapter?.capabilities.stacks).toContain(device.stack?.kind);
      expect(device.formats).toContain(adapter?.capabilities.output);
      const { convertsTo = [], keeps = [] } = adapter?.capabilities ?? {};
      expect(device.precisions?.some((one) => [...convertsTo, ...keeps].includes(one))).toBe(true);
    },
  );

  it.each(
    BUILTIN_DEVICES.flatMap(({ name, stack }) =>
      stack?.knownVersions === undefined ? [] : [[name, stack.knownVersions] as const],
    ),
  )(
    '%s says where the versions of its stack are listed, each once and the oldest first',
    (_name, known) => {
      expect(known.versions).toEqual([...new Set(known.versions)].toSorted(compareVersions));
      expect(known.versions.length).toBeGreaterThan(0);
      expect(known.sources.length).toBeGreaterThan(0);
      for (const source of known.sources) expect(source).toMatch(/^https:\/\//);
    },
  );

  it.each([
    ...['rk3588', 'rk3566', 'rv1106', 'rv1103', 'bm1684x', 'cv181x', 'cv186x', 'ethos-u55-128'],
    ...['ethos-u55-256', 'ethos-u65-256', 'esp32-s3', 'esp32-p4', 'k210', 'raspberry-pi-5'],
    ...['jetson-orin', 'openvino-x64', 'android-arm64', 'ios-arm64', 'ascend310', 'ascend310p3'],
    ...['hailo8', 'hailo8l'],
  ])('%s is one of them, with its chip or processor', (name) => {
    const device = BUILTIN_DEVICES.find((one) => one.name === name);
    expect(device?.soc ?? device?.arch).toBeDefined();
    expect(device?.class).toBeDefined();
  });

  it('names differ, and none is "local"', () => {
    const names = BUILTIN_DEVICES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('local');
  });

  it('only a full build of ONNX Runtime takes ONNX as it is', () => {
    const full = BUILTIN_DEVICES.filter(({ formats }) => formats?.includes('onnx'));
    expect(full.map(({ name }) => name)).toEqual(['onnxruntime-cpu']);
  });

  it.each(['openvino-cpu', 'tflite-cpu', 'ncnn-cpu', 'mnn-cpu'])('%s is one of them', (name) => {
    expect(BUILTIN_DEVICES.map((device) => device.name)).toContain(name);
  });
});

describe('the chips of Rockchip', () => {
  const chips = BUILTIN_DEVICES.filter(({ vendor }) => vendor === 'Rockchip');

  it('are all that the converter compiles for', () => {
    expect(chips.map(({ name }) => name).sort()).toEqual(
      [
        ...['rk3562', 'rk3566', 'rk3568', 'rk3576', 'rk3588', 'rk3588s'],
        ...['rv1103', 'rv1103b', 'rv1106', 'rv1106b', 'rv1126b'],
      ].sort(),
    );
  });

  it.each(chips.map((chip) => [chip.name, chip] as const))(
    '%s says in what its NPU computes, and the converter agrees',
    (_name, device) => {
      const job = { ...IMAGE_JOB, ...CALIBRATED, device };
      for (const precision of ['fp16', 'int8'] as const) {
        const work = () => rknn.plan({ ...job, precision });
        if (device.precisions?.includes(precision)) expect(work().steps).toHaveLength(1);
        else expect(refusalOf(work).code).toBe('E_NOT_CONVERTIBLE');
      }
    },
  );

  // the file that the converter writes for the RK3588S names rk3588
  it('rk3588s takes the files of rk3588', () => {
    expect(chips.find(({ name }) => name === 'rk3588s')?.soc).toBe('rk3588');
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
