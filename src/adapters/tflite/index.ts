import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { embedMetadata } from './embed.js';
import { explainFailure } from './failures.js';
import { options, plan } from './plan.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  sources: ['onnx'],
  output: 'tflite',
  convertsTo: ['fp32', 'fp16', 'int8'],
  keeps: ['fp32', 'fp16'],
  stacks: ['tflite'],
  needsCalibration: ['int8'],
  hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'],
  runs: ['tflite'],
  layers: ['tflite'],
  canEmbed: true,
  staticShapes: true,
};

/** ONNX to TFLite with onnx2tf; fp16 and int8 with TensorFlow's converter behind it. */
export const tflite: Adapter = {
  id: 'tflite',
  capabilities,
  options,
  ...pythonMembers({
    toolchain,
    runtime: 'LiteRT',
    driver: new URL('./driver.py', import.meta.url),
    explainFailure,
  }),
  plan: (job) => plan(job, capabilities),
  readMetadata: readModelMetadata,
  embed: (request, context) => embedMetadata(request, context, explainFailure),
  explainFailure,
};
