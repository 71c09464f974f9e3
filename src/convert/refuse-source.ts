import path from 'node:path';
import type { Adapter, ConversionJob } from '../adapters/contract.js';
import { checkPrecision } from '../adapters/plan-options.js';
import { ModelconvError } from '../errors.js';
import { suggestInputs } from '../request/input-shapes.js';
import type { Device, ModelInfo, Precision } from '../schema/generated/types.js';
import { onnxExport } from '../source/torchscript/onnx-export.js';
import { isOpen } from '../tensor/open-shape.js';

/** @throws ModelconvError `E_NOT_CONVERTIBLE` when the converter fixes every size, and the source leaves one open. */
export function refuseOpenShapes(
  adapter: Adapter,
  source: ConversionJob['source'],
  precision: Precision,
  device: Device,
): void {
  const { info } = source;
  if (adapter.capabilities.staticShapes !== true) return;
  const open = info.inputs.filter(({ shape }) => isOpen(shape));
  if (open.length === 0) return;
  // who fixes the sizes must not learn then that it was in vain
  checkPrecision(adapter.id, adapter.capabilities, { source, precision, device });
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(info.path)} has inputs of open size, and ${adapter.toolchain?.tool ?? adapter.id} fixes every size for ${device.name}`,
    why: open.map(({ name, shape }) => `${name} is [${shape?.join(',') ?? '?'}]`).join('; '),
    next: suggestInputs(open),
  });
}

/**
 * Refuse what no converter takes: inputs that are no tensors, and outputs of which nothing is known.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE`.
 */
export function refuseOpaque(info: ModelInfo, device: Device): void {
  const others = info.inputs.filter(({ kind }) => kind !== undefined);
  const isUnknown = info.outputs.length === 0 && info.facts['outputs'] === 'unknown';
  if (others.length === 0 && !isUnknown) return;
  const forward = info.metadata?.['forward'];
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(info.path)} cannot be converted for ${device.name}`,
    why:
      others.length > 0
        ? `converters take tensors, and ${others.map(({ name, kind }) => `${name} is ${kind}`).join('; ')}`
        : `how many tensors it gives cannot be told${forward === undefined ? '' : `: forward${forward}`}`,
    next: 'wrap it in a module whose forward() takes tensors and returns a tensor or a tuple of tensors, and export that',
  });
}

/** The error of a source that the adapter does not take. */
export function wrongSource(adapter: Adapter, info: ModelInfo, { name }: Device): ModelconvError {
  const { sources } = adapter.capabilities;
  if (sources.length === 0)
    return new ModelconvError('E_NOT_CONVERTIBLE', {
      what: `${info.path} cannot be converted for ${name}`,
      why: `the device names the adapter ${adapter.id}, which runs models and converts none`,
      next: 'name another one: converter: {adapter: NAME}',
    });
  const canExport = info.format === 'torchscript' && sources.includes('onnx');
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${info.path} cannot be converted for ${name}`,
    why: `it is ${info.format}; ${adapter.id} converts from ${sources.join(', ')}`,
    next: canExport
      ? `export it to ONNX in Python: ${onnxExport(info)}`
      : `give the model as ${sources.join(' or ')}`,
  });
}
