import { ModelconvError } from '../errors.js';
import { isEncrypted } from '../package/encrypted.js';
import { protocolName } from '../package/migrate/protocol.js';
import { tryReadHead } from '../package/read.js';
import type { InspectResult } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';

/** What was found out about a file, and of a package its descriptor byte for byte. */
export interface Inspection {
  readonly result: InspectResult;
  readonly descriptorText?: string;
}

/**
 * What a package or a bare model file says about itself. Of a package only the head is read.
 *
 * @param wish - `quantization`: all scales and zero points, too; of a package, read from the model in it.
 * @throws ModelconvError `E_INPUT`, `E_PACKAGE_INVALID`, `E_DESCRIPTOR_INVALID`, `E_MODEL_INVALID`.
 */
export async function inspectFile(
  file: string,
  wish: { readonly quantization?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<Inspection> {
  const head = await tryReadHead(file);
  if (head === undefined) {
    const { info, quantization } = await probeModel(file, wish);
    if (quantization === undefined) return { result: { model: info } };
    const { withSummary } = await import('./quantization.js');
    const report = withSummary(file, info.quantization, quantization);
    return { result: { model: info, quantization: report } };
  }
  const { sizeBytes, descriptor, text, protocolVersion } = head;
  return {
    result: {
      package: {
        path: file,
        sizeBytes,
        encrypted: isEncrypted(descriptor),
        protocol: protocolName(protocolVersion),
        descriptorBytes: Buffer.byteLength(text),
        entries: descriptor.files.length,
      },
      descriptor,
      ...(wish.quantization === true
        ? { quantization: await (await loadReport())(file, descriptor, wish.signal) }
        : {}),
    },
    descriptorText: text,
  };
}

/** Unpacking is not loaded for the head alone. */
async function loadReport(): Promise<typeof import('./quantization.js').reportPacked> {
  return (await import('./quantization.js')).reportPacked;
}

/** Own keys; of a list its places, not its length. */
function hasField(holder: object, key: string): boolean {
  return Object.hasOwn(holder, key) && (!Array.isArray(holder) || /^\d+$/.test(key));
}

/**
 * The value at a dotted path (`model.inputs.0.name`) of a descriptor or of a model's facts.
 *
 * @throws ModelconvError `E_USAGE` when there is no such field, with the fields that there are.
 */
export function fieldAt(data: unknown, path: string): unknown {
  let at: unknown = data;
  const seen: string[] = [];
  for (const key of path.split('.')) {
    const isHolder = typeof at === 'object' && at !== null;
    if (!isHolder || !hasField(at as object, key)) {
      const known = isHolder ? Object.keys(at as object) : [];
      throw new ModelconvError('E_USAGE', {
        what: `there is no field "${path}"`,
        why:
          known.length === 0
            ? `"${seen.join('.')}" has no fields`
            : `${seen.length === 0 ? 'the document' : `"${seen.join('.')}"`} has: ${known.join(', ')}`,
        next: 'see all of it with --yaml',
      });
    }
    at = (at as Record<string, unknown>)[key];
    seen.push(key);
  }
  return at;
}
