import type { Adapter } from '../../adapters/contract.js';
import { adapterFor, adapterIds, loadAdapter } from '../../adapters/registry.js';
import { BUILTIN_DEVICES } from '../../device/builtin.js';
import { ModelconvError } from '../../errors.js';
import type { DoctorEntry, DoctorResult } from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import { toolchainConfigFile } from '../../toolchain/config.js';
import { listPythonTools } from '../../toolchain/python-toolchain.js';
import { configWarnings, knownToolchains } from './toolchains-known.js';

/**
 * Look at the tools of all adapters, or of those named: whether each can be used, for which devices,
 * and the one thing that puts it right.
 *
 * @throws ModelconvError `E_USAGE` for a name that no adapter has.
 */
export async function examineAdapters(names: readonly string[]): Promise<DoctorResult> {
  const ids = adapterIds();
  const unknown = names.find((name) => !ids.includes(name));
  if (unknown !== undefined)
    throw new ModelconvError('E_USAGE', {
      what: `there is no adapter named "${unknown}".${didYouMean(unknown, ids)}`,
      next: 'see all of them: modelconv toolchains doctor',
    });
  const wanted = names.length === 0 ? ids : ids.filter((id) => names.includes(id));
  const devices = await devicesByAdapter();
  const adapters = await Promise.all(
    wanted.map(async (id) => {
      const adapter = await loadAdapter(id);
      return adapter === undefined ? [] : [await examine(adapter, devices.get(id) ?? [])];
    }),
  );
  const warnings = await warningsOfConfig();
  return { adapters: adapters.flat(), ...(warnings.length === 0 ? {} : { warnings }) };
}

/** A `toolchains.yaml` that cannot be read is told with every adapter that would read it. */
async function warningsOfConfig(): Promise<string[]> {
  const known = await knownToolchains();
  return await configWarnings(known.map(({ name }) => name)).catch(() => []);
}

/** Names of the built-in devices that each adapter makes models for. */
async function devicesByAdapter(): Promise<ReadonlyMap<string, string[]>> {
  const devices = new Map<string, string[]>();
  for (const device of BUILTIN_DEVICES) {
    const id = (await adapterFor(device))?.id;
    if (id !== undefined) devices.set(id, [...(devices.get(id) ?? []), device.name]);
  }
  return devices;
}

async function examine(adapter: Adapter, devices: string[]): Promise<DoctorEntry> {
  try {
    const detection = await adapter.detect();
    if (!detection.found) return missing(adapter, devices, detection);
    const { tool, version, path } = detection.toolchain;
    const origin = await originOf(adapter, path);
    const found = { adapter: adapter.id, found: true, tool, version, path, devices };
    return { ...found, ...(origin === undefined ? {} : { origin }) };
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    const why = [error.message, ...(error.faults ?? []).map(({ message }) => message)].join('; ');
    return missing(adapter, devices, { why, install: `correct ${toolchainConfigFile()}` });
  }
}

function missing(
  { id, toolchain, capabilities }: Adapter,
  devices: string[],
  {
    why,
    install,
    tool: missingTool = toolchain?.tool,
  }: { readonly why: string; readonly install: string; readonly tool?: string },
): DoctorEntry {
  const tool = missingTool === undefined ? {} : { tool: missingTool };
  const platform = `${process.platform}-${process.arch}`;
  const canRun = capabilities.hosts.length === 0 || capabilities.hosts.includes(platform);
  return {
    adapter: id,
    found: false,
    ...tool,
    devices,
    ...(canRun
      ? { why, fix: install }
      : {
          why: `it does not run on ${platform}`,
          fix: `use a machine of one of these kinds: ${capabilities.hosts.join(', ')}`,
        }),
  };
}

/** How the Python environment that a tool lives in was found. */
async function originOf(adapter: Adapter, place: string): Promise<DoctorEntry['origin']> {
  if (adapter.toolchain === undefined) return undefined;
  const installations = await listPythonTools(adapter.toolchain);
  return installations.find(({ directory, python }) => place === directory || place === python)
    ?.origin;
}
