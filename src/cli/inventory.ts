import { bundledRuntimeVersion } from '../adapters/registry.js';
import { type Inventory, loadInventory } from '../device/inventory.js';
import { probeLocal } from '../device/local.js';
import type { Device } from '../schema/generated/types.js';
import type { Io } from './io.js';

/** This machine, with the version of the runtime that is bundled. */
export async function probeThisMachine(): Promise<Device> {
  return await probeLocal(await bundledRuntimeVersion());
}

/** All devices that the command line can name. */
export async function inventoryFor(io: Io, file: string | undefined): Promise<Inventory> {
  return await loadInventory({ file, cwd: io.cwd, local: await probeThisMachine() });
}
