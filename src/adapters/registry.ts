import { ModelconvError } from '../errors.js';
import type { Device } from '../schema/generated/types.js';
import type { Adapter } from './contract.js';

/** Every adapter with code of its own, loaded only when it is asked for. The one place that names vendors. */
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

/** The adapters with code of their own. */
export function builtInAdapterIds(): string[] {
  return Object.keys(ADAPTERS);
}

/** The adapters that a document describes: of the project, the user, and those that come with modelconv. */
export async function describedAdapterIds(): Promise<string[]> {
  return [...(await descriptions()).keys()];
}

/** All adapters, those with code of their own first. */
export async function adapterIds(): Promise<string[]> {
  return [...builtInAdapterIds(), ...(await describedAdapterIds())];
}

/** Descriptions by adapter. @throws ModelconvError `E_ADAPTER_INVALID` for one that would hide an adapter with code. */
async function descriptions(): Promise<ReadonlyMap<string, string>> {
  const { findDescriptions } = await import('./described/find.js');
  const found = await findDescriptions();
  for (const id of builtInAdapterIds()) {
    const file = found.get(id);
    if (file !== undefined)
      throw new ModelconvError('E_ADAPTER_INVALID', {
        what: `${file} describes an adapter named "${id}", which modelconv has already`,
        next: 'give it another id, and name the file so',
      });
  }
  return found;
}

/**
 * The adapter with this id; undefined when there is none.
 *
 * @throws ModelconvError `E_ADAPTER_INVALID` for a description that is not valid.
 */
export async function loadAdapter(id: string): Promise<Adapter | undefined> {
  const builtIn = await loadBuiltIn(id);
  if (builtIn !== undefined) return builtIn;
  const file = (await descriptions()).get(id);
  if (file === undefined) return undefined;
  const [{ readDescription }, { describedAdapter }] = await Promise.all([
    import('./described/read.js'),
    import('./described/adapter.js'),
  ]);
  return describedAdapter(await readDescription(file), file);
}

async function loadBuiltIn(id: string): Promise<Adapter | undefined> {
  return await Object.entries(ADAPTERS).find(([name]) => name === id)?.[1]();
}

/**
 * The version of the runtime that is bundled, without loading the rest of its adapter; undefined when it is
 * not installed.
 */
export async function bundledRuntimeVersion(): Promise<string | undefined> {
  const { detect } = await import('./onnxruntime/detect.js');
  const detection = await detect();
  return detection.found ? detection.toolchain.version : undefined;
}

/**
 * Adapters one after the other, those with code first: the descriptions are read only by who asks on.
 *
 * @throws ModelconvError as `loadAdapter` does.
 */
export async function* eachAdapter(): AsyncGenerator<Adapter> {
  for (const list of [builtInAdapterIds, describedAdapterIds])
    for (const id of await list()) {
      const adapter = await loadAdapter(id);
      if (adapter !== undefined) yield adapter;
    }
}

/**
 * The adapter that makes models for a device: the one it names, else the first that serves its stack.
 *
 * @throws ModelconvError as `loadAdapter` does.
 */
export async function adapterFor(device: Device): Promise<Adapter | undefined> {
  if (device.converter !== undefined) return await loadAdapter(device.converter.adapter);
  if (device.stack === undefined) return undefined;
  // an adapter named as the stack is the one that serves it: the others need not be loaded to ask them
  const namesake = await loadBuiltIn(device.stack.kind);
  if (namesake !== undefined && serves(namesake, device)) return namesake;
  for await (const adapter of eachAdapter()) if (serves(adapter, device)) return adapter;
  return undefined;
}

/** Whether an adapter makes models for a device that names no converter. */
export function serves({ capabilities }: Adapter, { stack, formats }: Device): boolean {
  const { stacks, output } = capabilities;
  return (
    stack !== undefined &&
    stacks.includes(stack.kind) &&
    (formats === undefined || formats.includes(output))
  );
}
