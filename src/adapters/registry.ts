import type { Device } from '../schema/generated/types.js';
import type { Adapter } from './contract.js';

/** Every adapter, loaded only when it is asked for. The one place that names vendors. */
const ADAPTERS = {
  onnxruntime: async () => (await import('./onnxruntime/index.js')).onnxruntime,
  openvino: async () => (await import('./openvino/index.js')).openvino,
  ncnn: async () => (await import('./ncnn/index.js')).ncnn,
  mnn: async () => (await import('./mnn/index.js')).mnn,
  rknn: async () => (await import('./rknn/index.js')).rknn,
  tflite: async () => (await import('./tflite/index.js')).tflite,
  torch: async () => (await import('./torch/index.js')).torch,
} as const satisfies Record<string, () => Promise<Adapter>>;

/** The runtime that gives the reference results of an ONNX source. */
export const REFERENCE_ADAPTER = 'onnxruntime';

export function adapterIds(): string[] {
  return Object.keys(ADAPTERS);
}

/** The adapter with this id; undefined when there is none. */
export async function loadAdapter(id: string): Promise<Adapter | undefined> {
  const load = Object.entries(ADAPTERS).find(([name]) => name === id)?.[1];
  return await load?.();
}

/** The adapter that makes models for a device: the one it names, else the first that serves its stack. */
export async function adapterFor(device: Device): Promise<Adapter | undefined> {
  if (device.converter !== undefined) return await loadAdapter(device.converter.adapter);
  for (const id of adapterIds()) {
    const adapter = await loadAdapter(id);
    if (adapter === undefined || device.stack === undefined) continue;
    const serves = adapter.capabilities.stacks.includes(device.stack.kind);
    if (
      serves &&
      (device.formats === undefined || device.formats.includes(adapter.capabilities.output))
    )
      return adapter;
  }
  return undefined;
}
