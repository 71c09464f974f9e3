import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { explainFailure } from './failures.js';
import { options, plan } from './plan.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  // load_tflite wants a TensorFlow of 2.14 or older beside it
  sources: ['onnx', 'torchscript'],
  output: 'rknn',
  convertsTo: ['fp16', 'int8'],
  keeps: ['int8'],
  stacks: ['rknn'],
  needsCalibration: ['int8'],
  hosts: ['linux-x64', 'linux-arm64'],
  runs: [],
  canEmbed: false,
  staticShapes: true,
  simulates: true,
  analyses: true,
  buildsIn: true,
};

const { detect } = pythonMembers({
  toolchain,
  driver: new URL('./driver.py', import.meta.url),
  explainFailure,
});

/** ONNX and TorchScript to RKNN with RKNN-Toolkit2. Nothing here runs an `.rknn` file: the simulator takes none. */
export const rknn: Adapter = {
  id: 'rknn',
  capabilities,
  options,
  toolchain,
  detect,
  plan: (job) => plan(job, capabilities),
  readMetadata: readModelMetadata,
  explainFailure,
};
