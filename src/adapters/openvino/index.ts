import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers, pythonModule } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { appendedRtInfo } from './embed.js';
import { explainFailure } from './failures.js';
import { options, plan } from './plan.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  sources: ['onnx', 'tflite'],
  output: 'openvino-ir',
  convertsTo: ['fp32', 'fp16', 'int8'],
  keeps: ['fp64', 'fp32', 'fp16', 'bf16', 'int8', 'int4', 'mixed'],
  stacks: ['openvino'],
  needsCalibration: ['int8'],
  hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'],
  runs: ['openvino-ir', 'tflite'],
  layers: ['openvino-ir'],
  canEmbed: true,
};

/** ONNX and TFLite to OpenVINO IR with `ovc`; int8 with NNCF. */
export const openvino: Adapter = {
  id: 'openvino',
  capabilities,
  options,
  ...pythonMembers({
    toolchain,
    driver: new URL('./driver.py', import.meta.url),
    programs: (installation) => ({ ovc: pythonModule(installation, 'openvino.tools.ovc') }),
    explainFailure,
  }),
  plan: (job) => plan(job, capabilities),
  readMetadata: readModelMetadata,
  embed: appendedRtInfo,
  explainFailure,
};
