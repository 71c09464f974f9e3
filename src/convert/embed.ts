import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ModelconvError } from '../errors.js';
import type { Progress } from '../host/progress.js';
import type { StepContext } from '../host/run-step.js';
import type { CheckedRequest } from '../request/acquire.js';
import type { Descriptor } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import type { SampleSet } from '../tensor/samples.js';
import { describeResult, type PackInfo } from './pack-result.js';
import { readBack } from './run-plan.js';
import type { StagedSource } from './stage-source.js';
import { verifyEmbedded } from './verify-model.js';

/** What embedding needs of a conversion. */
export interface EmbedWork {
  readonly request: CheckedRequest;
  readonly source: ProbedModel;
  readonly staged: StagedSource;
  readonly samples: SampleSet | undefined;
  readonly steps: StepContext;
  readonly progress: Progress;
}

/** Largest descriptor that is embedded, in bytes: some slots are read whole by their runtime. */
const MAX_EMBEDDED = 192 * 1024;

/**
 * Place the descriptor, without the list of files and their digests, inside the converted model, and
 * check that the model still reads and computes as before.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` when the format has no slot, `E_TOOL_OUTPUT`, `E_PARITY`.
 */
export async function embed(work: EmbedWork, info: PackInfo): Promise<void> {
  const { request, steps, progress } = work;
  const [model, ...others] = info.result.files;
  const done = info.result.run?.stages.at(-1);
  if (done === undefined || model === undefined)
    throw noSlot(
      request,
      'the source is packed as it is, and modelconv does not write into a source',
    );
  const { adapter, job, plan, toolchain } = done;
  if (adapter.embed === undefined || !adapter.capabilities.canEmbed)
    throw noSlot(
      request,
      `${adapter.capabilities.output} files have no slot that is known to be ignored by their runtime`,
    );
  progress.start('embed', path.basename(model));
  const text = embeddedText(describeResult(info));
  const files: [string, ...string[]] = [model, ...others];
  await adapter.embed({ job, plan, files, text }, steps);
  const { info: read } = await readBack(adapter, toolchain, files);
  // parsed and written again: keys that look like numbers come first then
  if (JSON.stringify(read.embedded) !== JSON.stringify(JSON.parse(text)))
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: `the descriptor does not come back from ${path.basename(model)}`,
      next: 'leave --embed out',
    });
  await verifyEmbedded(
    { request, source: work.source, samples: work.samples },
    { stage: done, converted: info.result.converted, files },
    work.staged.path,
    steps,
  );
  await rm(path.join(steps.workDir, 'embed'), { recursive: true, force: true });
  progress.done('embed', `${Buffer.byteLength(text)} bytes in ${path.basename(model)}`);
}

function embeddedText(draft: Omit<Descriptor, 'files'>): string {
  const { quantization, ...model } = draft.model;
  const whole = JSON.stringify(draft);
  if (Buffer.byteLength(whole) <= MAX_EMBEDDED || quantization === undefined) return whole;
  // scales of every channel can outgrow the slot, and stand in the file anyway
  const { tensors: _tensors, ...rest } = quantization;
  return JSON.stringify({ ...draft, model: { ...model, quantization: rest } });
}

function noSlot(request: CheckedRequest, why: string): ModelconvError {
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `the descriptor cannot be placed inside the model for ${request.device.name}`,
    why,
    next: 'leave --embed out: the package holds the descriptor',
  });
}
