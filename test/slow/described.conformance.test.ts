import type { Adapter, ConversionJob } from '../../dist/adapters/contract.js';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { BUILTIN_DEVICES } from '../../dist/device/builtin.js';
import { probeModel } from '../../dist/source/probe.js';
import type { Device, Precision } from '../../src/schema/generated/types.js';
import { describeAdapter } from '../conformance/adapter.js';
import { fakeVendor } from '../support/fake-vendor.js';
import { fixture } from '../support/files.js';
import { LAYOUTS } from '../support/vendor-layouts.js';

// The adapters that come as documents, with programs that behave as the vendors' documentation says. None of
// them was run with the real tool.

const model = fixture('models/digits-cnn-static.onnx');
const devices = fixture('devices/snpe.yaml');
const { info } = await probeModel(model);

interface Suite {
  readonly id: keyof typeof LAYOUTS;
  readonly device: string;
  readonly precision: Precision;
  readonly tellsTruncation?: boolean;
}

const SUITES: readonly Suite[] = [
  { id: 'ascend-atc', device: 'ascend310p3', precision: 'fp16' },
  // its documentation names no field for the length
  { id: 'tensorrt', device: 'jetson-orin', precision: 'fp16', tellsTruncation: false },
  { id: 'qairt', device: 'sm8650', precision: 'fp16' },
  { id: 'snpe', device: 'snpe-board', precision: 'int8' },
  // its length is a sum of several fields, which differ by version
  { id: 'hailo', device: 'hailo8', precision: 'int8', tellsTruncation: false },
];

const BOARD: Device = { name: 'snpe-board', stack: { kind: 'snpe' }, formats: ['qualcomm-dlc'] };

for (const { id, device: name, precision, tellsTruncation = true } of SUITES) {
  const adapter: Adapter | undefined = await loadAdapter(id);
  const device = [...BUILTIN_DEVICES, BOARD].find((one) => one.name === name);
  if (adapter === undefined || device === undefined) throw new Error(`no ${id}`);
  const { needsCalibration } = adapter.capabilities;
  const isCalibrated = needsCalibration.includes(precision);
  const calibration = { spec: 'calibration/spec.json', count: 100 };
  const detection = await adapter.detect();
  if (detection.found) throw new Error(`${id} is really installed here`);
  const tool = detection.tool ?? '';
  const job: ConversionJob = {
    source: { path: 'source/digits-cnn-static.onnx', info },
    inputShapes: {},
    ...(isCalibrated ? { calibration } : {}),
    device,
    precision,
    options: {},
    outputName: 'digits-cnn-static',
    timeoutMs: 60_000,
    toolchain: {
      tool,
      version: LAYOUTS[id].version,
      path: '/tools/vendor',
      launcher: { command: ['/tools/vendor/bin/tool'] },
    },
  };
  const data = ['--calibration', fixture('data/digits-calib.npy')];
  describeAdapter(adapter, {
    job,
    model,
    device: name,
    flags: ['--precision', precision, '--devices', devices, ...(isCalibrated ? data : [])],
    signals: false,
    tellsTruncation,
    refusals: [
      {
        title: 'a model that is quantized already',
        job: {
          ...job,
          source: { ...job.source, info: { ...info, quantized: true, precision: 'int4' } },
        },
        code: 'E_NOT_CONVERTIBLE',
      },
    ],
    fakes: {
      directory: fakeVendor(LAYOUTS[id]),
      variable: `MODELCONV_${id.toUpperCase().replaceAll('-', '_')}`,
      tool,
    },
  });
}
