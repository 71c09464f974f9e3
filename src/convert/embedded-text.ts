import { ModelconvError } from '../errors.js';
import type { Descriptor } from '../schema/generated/types.js';
import { describeResult, type PackInfo } from './pack-result.js';

/** Largest descriptor that is embedded, in bytes: some slots are read whole by their runtime. */
const MAX_EMBEDDED = 192 * 1024;

/** The descriptor as one line of JSON, without the list of files and their digests. */
export function embeddedText(info: PackInfo): string {
  const draft: Omit<Descriptor, 'files'> = describeResult(info);
  const { quantization, ...model } = draft.model;
  const whole = JSON.stringify(draft);
  if (Buffer.byteLength(whole) <= MAX_EMBEDDED || quantization === undefined) return whole;
  // scales of every channel can outgrow the slot, and stand in the file anyway
  const { tensors: _tensors, ...rest } = quantization;
  return JSON.stringify({ ...draft, model: { ...model, quantization: rest } });
}

/** @param read - what was found in the model. @throws ModelconvError `E_TOOL_OUTPUT` when it is not the text. */
export function requireText(read: unknown, text: string, name: string): void {
  // parsed and written again: keys that look like numbers come first then
  if (JSON.stringify(read) === JSON.stringify(JSON.parse(text))) return;
  throw new ModelconvError('E_TOOL_OUTPUT', {
    what: `the descriptor does not come back from ${name}`,
    next: 'leave --embed out',
  });
}
