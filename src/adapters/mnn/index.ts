import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { convertedWithText } from './embed.js';
import { explainFailure } from './failures.js';
import { options, plan } from './plan.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  sources: ['onnx', 'tflite'],
  output: 'mnn',
  convertsTo: ['fp32', 'fp16', 'int8', 'int4'],
  // of quantized sources it makes nothing (ONNX: it crashes) or nonsense (TFLite: without a word)
  keeps: [],
  stacks: ['mnn'],
  needsCalibration: [],
  hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64'],
  runs: ['mnn'],
  canEmbed: true,
  // measured on 3.6.1
  narrows: { int64: 'int32', bool: 'int32', float64: 'float32', float16: 'float32' },
};

/** ONNX and TFLite to MNN; int8 and int4 weights without calibration. */
export const mnn: Adapter = {
  id: 'mnn',
  capabilities,
  options,
  ...pythonMembers({ toolchain, driver: new URL('./driver.py', import.meta.url), explainFailure }),
  plan: (job) => plan(job, capabilities),
  readMetadata: readModelMetadata,
  embed: convertedWithText,
  explainFailure,
};
