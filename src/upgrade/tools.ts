import type { Adapter, Toolchain } from '../adapters/contract.js';
import { adapterFor, loadAdapter } from '../adapters/registry.js';
import { requireToolchain } from '../convert/require-toolchain.js';
import { compareVersions } from '../device/version.js';
import { ModelconvError } from '../errors.js';
import { chooseToolchains } from '../request/toolchain.js';
import type { Descriptor, Device, UpgradeReason } from '../schema/generated/types.js';

/** What the vendor tools of this machine say of a package. */
export interface ToolState {
  readonly adapter: Adapter | undefined;
  readonly toolchain: Toolchain | undefined;
  readonly reasons: readonly UpgradeReason[];
  readonly notes: readonly string[];
  /** Why the tool cannot be used. */
  readonly missing: ModelconvError | undefined;
}

/** One tool that made the package. */
interface UsedTool {
  readonly adapter: string;
  readonly tool: string;
  readonly version: string;
}

/**
 * Whether the package was made with the tools that a conversion would use now. Nothing is run but the look
 * for the tools.
 *
 * @param words - as `--toolchain` takes them.
 * @throws ModelconvError `E_USAGE` for a word that is not understood; `E_ADAPTER_INVALID`.
 */
export async function toolState(
  descriptor: Descriptor,
  device: Device,
  words: readonly string[],
): Promise<ToolState> {
  const { conversion } = descriptor;
  const used = conversion?.converter;
  const adapter = await adapterFor(device);
  if (used === undefined || adapter === undefined)
    return { adapter, toolchain: undefined, reasons: [], notes: [], missing: undefined };
  const [chosen] = await chooseToolchains(words, [device]);
  const wanted = chosen?.toolchain;
  const quantizes = descriptor.model.quantization?.calibration !== undefined;
  const last = await lookFor(adapter, device, { version: wanted, quantizes });
  const isAsked = chosen?.askedToolchain !== undefined;
  const before = await Promise.all(
    (used.via ?? []).map(async (one) => await viaState(one, device)),
  );
  const state =
    adapter.id === used.adapter
      ? movedOn(used, last, isAsked)
      : { reasons: [otherAdapter(used, adapter, device)], notes: [] };
  return {
    adapter,
    toolchain: last instanceof ModelconvError ? undefined : last,
    reasons: [...state.reasons, ...before.flatMap(({ reasons }) => reasons)],
    notes: [...state.notes, ...before.flatMap(({ notes }) => notes)],
    missing: last instanceof ModelconvError ? last : undefined,
  };
}

async function lookFor(
  adapter: Adapter,
  device: Device,
  wish: { readonly version?: string | undefined; readonly quantizes?: boolean },
): Promise<Toolchain | ModelconvError> {
  try {
    return await requireToolchain(adapter, device, wish);
  } catch (error) {
    if (error instanceof ModelconvError) return error;
    throw error;
  }
}

/** A converter that the source went through before. */
async function viaState(used: UsedTool, device: Device): Promise<Moved> {
  const adapter = await loadAdapter(used.adapter);
  if (adapter === undefined) return { reasons: [], notes: [] };
  return movedOn(used, await lookFor(adapter, device, {}), false);
}

interface Moved {
  readonly reasons: readonly UpgradeReason[];
  readonly notes: readonly string[];
}

/** A newer version is a reason; an older one is not, unless it is asked for. */
function movedOn(used: UsedTool, found: Toolchain | ModelconvError, isAsked: boolean): Moved {
  if (found instanceof ModelconvError)
    return { reasons: [], notes: [`${found.message}${found.next ? `; ${found.next}` : ''}`] };
  const order = compareVersions(found.version, used.version);
  if (order === 0) return { reasons: [], notes: [] };
  if (order < 0 && !isAsked)
    return {
      reasons: [],
      notes: [
        `made with ${used.tool} ${used.version}; ${found.version}, which would be used here, is older`,
      ],
    };
  const message = `made with ${used.tool} ${used.version}; ${found.version} ${isAsked ? 'is asked for' : 'is here'}`;
  return { reasons: [{ code: 'TOOLCHAIN', message, action: 'convert' }], notes: [] };
}

function otherAdapter(used: UsedTool, adapter: Adapter, device: Device): UpgradeReason {
  return {
    code: 'ADAPTER',
    message: `made with ${used.adapter}; models for ${device.name} are made with ${adapter.id}`,
    action: 'convert',
  };
}
