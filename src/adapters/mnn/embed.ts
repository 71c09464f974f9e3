import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runStep, type StepContext } from '../../host/run-step.js';
import type { EmbedRequest } from '../contract.js';
import { explainFailure } from './failures.js';
import { withBizCode } from './plan.js';

const TEXT = 'embed/biz-code.json';
const MODEL = 'embed/model.mnn';

/**
 * The text as `{"modelconv":…}` in `bizCode`, a free text of the file that the runtime gives back and
 * does not interpret. The model is converted anew: it has to stand in the file from the start.
 *
 * @throws ModelconvError as `runStep` does.
 */
export async function convertedWithText(
  { job, plan, files: [model], text }: EmbedRequest,
  context: StepContext,
): Promise<void> {
  const { tool, launcher } = job.toolchain;
  await mkdir(path.join(context.workDir, path.dirname(TEXT)), { recursive: true });
  await writeFile(path.join(context.workDir, TEXT), `{"modelconv":${text}}`);
  await runStep(withBizCode(plan, MODEL, TEXT), tool, launcher, context, explainFailure);
  await rename(path.join(context.workDir, MODEL), model);
}
