import type { Adapter, ConversionJob } from '../../dist/adapters/contract.js';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { BUILTIN_DEVICES } from '../../dist/device/builtin.js';
import { probeModel } from '../../dist/source/probe.js';
import { describeAdapter } from '../conformance/adapter.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';

const model = fixture('models/digits-cnn-static.onnx');
const { info } = await probeModel(model);

/** The adapters whose tools come as Python packages, the device that stands for each, and what it converts to. */
const SUITES = [
  { id: 'openvino', device: 'openvino-cpu', precision: 'fp32', signals: true },
  { id: 'tflite', device: 'tflite-cpu', precision: 'fp32', signals: false },
  { id: 'ncnn', device: 'ncnn-cpu', precision: 'fp32', signals: false },
  { id: 'mnn', device: 'mnn-cpu', precision: 'fp32', signals: false },
  { id: 'rknn', device: 'rk3588', precision: 'fp16', signals: false },
] as const;

/** What runs the models of an adapter, where it is not the converter. */
const RUNTIMES: Readonly<Record<string, string>> = { ncnn: 'ncnn', tflite: 'LiteRT' };

for (const { id, device: name, precision, signals } of SUITES) {
  const adapter: Adapter | undefined = await loadAdapter(id);
  const device = BUILTIN_DEVICES.find((one) => one.name === name);
  if (adapter?.toolchain === undefined || device === undefined) throw new Error(`no ${id}`);
  const { tool, variable } = adapter.toolchain;
  const job: ConversionJob = {
    source: { path: 'source/digits-cnn-static.onnx', info },
    inputShapes: {},
    calibration: { spec: 'calibration/spec.json', count: 100 },
    device,
    precision,
    options: {},
    outputName: 'digits-cnn-static',
    timeoutMs: 60_000,
    toolchain: {
      tool,
      version: adapter.toolchain.releases[0]?.version ?? '1.0.0',
      path: '/tools/vendor',
      launcher: { command: ['/tools/vendor/bin/python', '/driver.py'] },
    },
  };
  describeAdapter(adapter, {
    job,
    model,
    device: name,
    flags: ['--precision', precision],
    signals,
    refusals: [
      {
        title: 'a precision for a model that is quantized already',
        job: {
          ...job,
          precision: 'fp16',
          source: { ...job.source, info: { ...info, precision: 'int8', quantized: true } },
        },
        code: 'E_NOT_CONVERTIBLE',
      },
    ],
    fakes: {
      directory: fakeEnvironments(adapter.toolchain, adapter.capabilities.output),
      variable,
      tool,
      runtime: RUNTIMES[id],
    },
  });
}
