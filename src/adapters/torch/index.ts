import { ModelconvError } from '../../errors.js';
import type { Adapter, Capabilities } from '../contract.js';
import { pythonMembers } from '../python-adapter.js';
import { readModelMetadata } from '../read-metadata.js';
import { explainFailure } from './failures.js';
import { toolchain } from './toolchain.js';

const capabilities: Capabilities = {
  sources: [],
  output: 'torchscript',
  convertsTo: [],
  keeps: [],
  stacks: ['torch'],
  needsCalibration: [],
  hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'],
  runs: ['torchscript'],
  canEmbed: false,
};

/** PyTorch: runs TorchScript, so that what others made of it can be compared. It converts nothing. */
export const torch: Adapter = {
  id: 'torch',
  capabilities,
  ...pythonMembers({ toolchain, driver: new URL('./driver.py', import.meta.url), explainFailure }),
  plan({ device }) {
    throw new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `nothing is converted for ${device.name}`,
      why: 'PyTorch runs TorchScript as it is',
      next: 'give the device formats: [torchscript], or another converter',
    });
  },
  readMetadata: readModelMetadata,
  explainFailure,
};
