import { appendFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { runStep, type Step, type StepContext } from '../../host/run-step.js';
import { metadataProperty } from '../../source/onnx/metadata-property.js';
import type { EmbedRequest } from '../contract.js';
import { copyModel } from './copy-model.js';
import { explainFailure } from './failures.js';

/** Where the model that carries the text lies in the work directory, with its external data. */
const DIRECTORY = 'embed';
const OUTPUT = `${DIRECTORY}.ort`;
/** `modelconv` in the ORT file's metadata; `session.get_modelmeta().custom_metadata_map` gives it back. */
const KEY = 'modelconv';

/**
 * Convert again from a copy of the ONNX model with the text among its `metadata_props`: the converter
 * takes them over. Only the last step is done again; what was quantized before stays as it is.
 *
 * @throws ModelconvError as `runStep` does; system errors of a full disk pass through.
 */
export async function embedMetadata(
  { job, plan, files: [file], text }: EmbedRequest,
  context: StepContext,
): Promise<void> {
  const step = plan.steps.at(-1);
  const model = step === undefined ? undefined : wordAfter(step, '--model');
  if (step === undefined || model === undefined) throw new Error('the plan has no model');
  const directory = path.join(context.workDir, path.dirname(model));
  const copy = path.join(context.workDir, DIRECTORY);
  await copyModel(directory, copy, path.basename(model));
  await appendFile(path.join(copy, path.basename(model)), metadataProperty(KEY, text));
  const args = step.args.map((word, index) => {
    const flag = step.args[index - 1];
    if (flag === '--model') return `${DIRECTORY}/${path.basename(model)}`;
    return flag === '--output' ? OUTPUT : word;
  });
  const { tool, launcher } = job.toolchain;
  await runStep({ ...step, label: 'embed', args }, tool, launcher, context, explainFailure);
  await rename(path.join(context.workDir, OUTPUT), file);
}

function wordAfter({ args }: Step, flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}
