import { runStep, type Step } from '../../host/run-step.js';
import type { Adapter } from '../contract.js';
import { readModelMetadata } from '../read-metadata.js';
import { RUN_SPEC, writeRunSpec } from '../run-files.js';
import { detect, HOSTS } from './detect.js';
import { embedMetadata } from './embed.js';
import { explainFailure } from './failures.js';
import { options, plan } from './plan.js';
import { toolchain } from './toolchain.js';

/**
 * ONNX to the ORT format through the onnxruntime-node package: the converter that modelconv brings along.
 * Only int8 from a float model needs more, the quantizer of the Python package.
 */
export const onnxruntime: Adapter = {
  id: 'onnxruntime',
  capabilities: {
    sources: ['onnx'],
    output: 'ort',
    convertsTo: ['int8'],
    keeps: ['fp64', 'fp32', 'fp16', 'bf16', 'int16', 'int8', 'int4', 'mixed'],
    stacks: ['onnxruntime'],
    needsCalibration: ['int8'],
    hosts: HOSTS,
    runs: ['onnx', 'ort'],
    layers: ['onnx', 'ort'],
    canEmbed: true,
  },
  options,
  toolchain,
  detect,
  plan,
  planRun,
  readMetadata: readModelMetadata,

  async run(found, request, context) {
    const models = await Promise.all(
      request.models.map(async (model) =>
        model.layers === true
          ? await (await import('./layers.js')).withLayers(model, context.workDir)
          : model,
      ),
    );
    await writeRunSpec(context.workDir, { ...request, models });
    const step = planRun(request.timeoutMs);
    await runStep(step, found.tool, found.launcher, context, explainFailure);
  },

  embed: embedMetadata,
  explainFailure,
};

function planRun(timeoutMs: number): Step {
  return { label: 'run', args: ['run', '--spec', RUN_SPEC], timeoutMs };
}
