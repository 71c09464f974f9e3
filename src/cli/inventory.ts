import { loadAdapter } from '../adapters/registry.js';
import { type Inventory, loadInventory } from '../device/inventory.js';
import { probeLocal } from '../device/local.js';
import type { Device } from '../schema/generated/types.js';
import type { Io } from './io.js';

/** The adapter whose runtime is bundled. */
const BUNDLED = 'onnxruntime';

/** This machine, with the version of the runtime that is bundled. */
export async function probeThisMachine(): Promise<Device> {
  const detection = await (await loadAdapter(BUNDLED))?.detect();
  return await probeLocal(detection?.found === true ? detection.toolchain.version : undefined);
}

/** All devices that the command line can name. */
export async function inventoryFor(io: Io, file: string | undefined): Promise<Inventory> {
  return await loadInventory({ file, cwd: io.cwd, local: await probeThisMachine() });
}
