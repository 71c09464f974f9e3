import type { Adapter } from '../adapters/contract.js';
import { ModelconvError } from '../errors.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ModelInfo } from '../schema/generated/types.js';

/** Sizes up to here fit a protobuf message; room for the descriptor included. */
const MAX_ONNX_BYTES = 2 ** 31 - 1024 * 1024;

/**
 * Refuse `--embed` where it cannot be done, before any work.
 *
 * @param by - what makes the model, or the source that is packed as it is.
 * @throws ModelconvError `E_NOT_CONVERTIBLE`.
 */
export function requireSlot(
  request: CheckedRequest,
  by: { readonly adapter: Adapter } | { readonly source: ModelInfo },
): void {
  if (!request.embed) return;
  const why = 'adapter' in by ? whyNotAdapter(by.adapter) : whyNotSource(by.source);
  if (why === undefined) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `the descriptor cannot be placed inside the model for ${request.device.name}`,
    why,
    next: 'leave --embed out: the package holds the descriptor',
  });
}

function whyNotAdapter({ embed, capabilities: { canEmbed, output } }: Adapter): string | undefined {
  return embed !== undefined && canEmbed
    ? undefined
    : `${output} files have no slot that is known to be ignored by their runtime`;
}

function whyNotSource({ format, sizeBytes }: ModelInfo): string | undefined {
  if (format !== 'onnx')
    return `the source is packed as it is, and modelconv writes into ONNX sources alone; it is ${format}`;
  return sizeBytes > MAX_ONNX_BYTES ? 'an ONNX file ends at 2 GB, and this one is full' : undefined;
}
