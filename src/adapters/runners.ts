import type { Adapter, Toolchain } from './contract.js';
import { eachAdapter, loadAdapter, REFERENCE_ADAPTER } from './registry.js';

/** What runs a format on this machine, or what would if it were installed. */
export type FoundRunner =
  | { readonly adapter: Adapter; readonly toolchain: Toolchain }
  | {
      readonly missing:
        | { readonly tool: string; readonly why: string; readonly install: string }
        | undefined;
    };

/** Whether an adapter's runtime takes a format. */
export function canRun(adapter: Adapter | undefined, format: string): adapter is Adapter {
  return adapter?.run !== undefined && adapter.capabilities.runs.includes(format);
}

/** Whether a runtime is told of samples of several shapes: those that are described know one shape for all. */
export function takesSizes({ description }: Adapter): boolean {
  return description === undefined;
}

/**
 * The runtime for a format on this machine: the bundled one for ONNX; else the one of the vendor whose format
 * it is, before others that can read it, too.
 */
export async function runnerFor(format: string): Promise<FoundRunner> {
  let missing: Extract<FoundRunner, { missing: unknown }>['missing'];
  const others: Adapter[] = [];
  const look = async (adapter: Adapter): Promise<FoundRunner | undefined> => {
    const detection = await adapter.detect();
    if (detection.found) return { adapter, toolchain: detection.toolchain };
    const tool = detection.tool ?? adapter.toolchain?.tool ?? adapter.id;
    missing ??= { tool, why: detection.why, install: detection.install };
    return undefined;
  };
  const bundled = await loadAdapter(REFERENCE_ADAPTER);
  const found = canRun(bundled, format) ? await look(bundled) : undefined;
  if (found !== undefined) return found;
  for await (const adapter of eachAdapter()) {
    if (!canRun(adapter, format) || adapter === bundled) continue;
    if (adapter.capabilities.output !== format) {
      others.push(adapter);
      continue;
    }
    const own = await look(adapter);
    if (own !== undefined) return own;
  }
  for (const adapter of others) {
    const other = await look(adapter);
    if (other !== undefined) return other;
  }
  return { missing };
}
