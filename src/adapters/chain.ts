import type { Adapter } from './contract.js';
import { eachAdapter } from './registry.js';

/** Adapters one after the other: each takes what the one before it makes. */
export type AdapterChain = readonly [Adapter, ...Adapter[]];

/**
 * The shortest line of adapters from a format to the one that serves a device; undefined when there is none.
 *
 * @throws ModelconvError as `eachAdapter` does.
 */
export async function chainTo(last: Adapter, format: string): Promise<AdapterChain | undefined> {
  if (last.capabilities.sources.includes(format)) return [last];
  for await (const first of eachAdapter()) {
    if (first.id === last.id) continue;
    const { sources, output } = first.capabilities;
    if (sources.includes(format) && last.capabilities.sources.includes(output))
      return [first, last];
  }
  return undefined;
}
