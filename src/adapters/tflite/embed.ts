import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ExplainFailure, runStep, type StepContext } from '../../host/run-step.js';
import type { EmbedRequest } from '../contract.js';

const TEXT = 'embed/descriptor.json';

/**
 * The text as the Metadata entry `modelconv` of the flatbuffer; runtimes look up the entries that they
 * know by name. The driver holds the whole file, which ends at 2 GB anyway.
 *
 * @throws ModelconvError as `runStep` does.
 */
export async function embedMetadata(
  { job, files: [model], text }: EmbedRequest,
  context: StepContext,
  explain: ExplainFailure,
): Promise<void> {
  const { workDir } = context;
  await mkdir(path.join(workDir, path.dirname(TEXT)), { recursive: true });
  await writeFile(path.join(workDir, TEXT), text);
  const relative = path.relative(workDir, model).split(path.sep).join('/');
  const step = {
    label: 'embed',
    args: ['embed', '--model', relative, '--text', TEXT],
    timeoutMs: job.timeoutMs,
  };
  await runStep(step, job.toolchain.tool, job.toolchain.launcher, context, explain);
}
