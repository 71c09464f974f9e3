import type { ConversionJob } from '../../dist/adapters/contract.js';
import { onnxruntime } from '../../dist/adapters/onnxruntime/index.js';
import { probeModel } from '../../dist/source/probe.js';
import { describeAdapter } from '../conformance/adapter.js';
import { fixture } from '../support/files.js';

const model = fixture('models/digits-cnn.onnx');

const job: ConversionJob = {
  source: { path: 'source/digits-cnn.onnx', info: (await probeModel(model)).info },
  inputShapes: {},
  device: { name: 'board', stack: { kind: 'onnxruntime' }, formats: ['ort'], arch: 'arm64' },
  precision: 'fp32',
  calibration: { spec: 'calibration/spec.json', count: 100 },
  options: {},
  outputName: 'digits-cnn',
  timeoutMs: 60_000,
  toolchain: {
    tool: 'onnxruntime-node',
    version: '1.30.0',
    path: '/tools/onnxruntime-node',
    launcher: {
      command: ['/tools/node', '/tools/driver.js', '/tools/onnxruntime-node'],
      programs: { 'onnxruntime@1.31.1': ['/tools/python', '/tools/quantize.py'] },
    },
  },
};

describeAdapter(onnxruntime, {
  job,
  model,
  device: 'local',
  signals: true,
  refusals: [
    {
      title: 'an optimization level that there is not',
      job: { ...job, options: { optimization: 'extremely' } },
      code: 'E_USAGE',
    },
    {
      title: 'a misspelt option',
      job: { ...job, options: { optimisation: 'basic' } },
      code: 'E_USAGE',
    },
    {
      title: 'weights laid out for this processor when the device is another',
      job: { ...job, options: { optimization: 'all' } },
      code: 'E_NOT_CONVERTIBLE',
    },
  ],
  fakes: {
    directory: fixture('tools/onnxruntime'),
    variable: 'MODELCONV_ONNXRUNTIME',
    tool: 'onnxruntime-node',
  },
});
