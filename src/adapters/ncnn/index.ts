import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { appendedComment } from './embed.js';
import { explainFailure } from './failures.js';
import { plan } from './plan.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  sources: ['onnx', 'torchscript'],
  output: 'ncnn',
  convertsTo: ['fp32', 'fp16'],
  keeps: [],
  stacks: ['ncnn'],
  needsCalibration: [],
  hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64'],
  runs: ['ncnn'],
  layers: ['ncnn'],
  canEmbed: true,
  staticShapes: true,
};

/** ONNX and TorchScript to ncnn with pnnx. */
export const ncnn: Adapter = {
  id: 'ncnn',
  capabilities,
  ...pythonMembers({
    toolchain,
    runtime: 'ncnn',
    driver: new URL('./driver.py', import.meta.url),
    explainFailure,
  }),
  plan: (job) => plan(job, capabilities),
  readMetadata: readModelMetadata,
  embed: appendedComment,
  explainFailure,
};
