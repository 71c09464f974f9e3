import type { Adapter } from '../../adapters/contract.js';
import { adapterIds, loadAdapter, serves } from '../../adapters/registry.js';
import { BUILTIN_DEVICES } from '../../device/builtin.js';
import { ModelconvError } from '../../errors.js';
import type { DoctorEntry, DoctorResult } from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import { toolchainConfigFile } from '../../toolchain/config.js';
import { configWarnings, knownToolchains } from './toolchains-known.js';
import { surveyToolchain } from './toolchains-survey.js';

/**
 * Look at the tools of all adapters, or of those named: whether each can be used, for which devices,
 * and the one thing that puts it right.
 *
 * @throws ModelconvError `E_USAGE` for a name that no adapter has.
 */
export async function examineAdapters(names: readonly string[]): Promise<DoctorResult> {
  const ids = await adapterIds();
  const unknown = names.find((name) => !ids.includes(name));
  if (unknown !== undefined)
    throw new ModelconvError('E_USAGE', {
      what: `there is no adapter named "${unknown}".${didYouMean(unknown, ids)}`,
      next: 'see all of them: modelconv toolchains doctor',
    });
  const wanted = names.length === 0 ? ids : ids.filter((id) => names.includes(id));
  const loaded = await Promise.all(ids.map(async (id) => ({ id, adapter: await tryLoad(id) })));
  const devices = devicesByAdapter(
    loaded.flatMap(({ adapter }) => ('id' in adapter ? adapter : [])),
  );
  const adapters = await Promise.all(
    loaded
      .filter(({ id }) => wanted.includes(id))
      .map(async ({ id, adapter }) =>
        'id' in adapter ? await examine(adapter, devices.get(id) ?? []) : adapter,
      ),
  );
  const warnings = await warningsOfConfig();
  return { adapters, ...(warnings.length === 0 ? {} : { warnings }) };
}

/** An adapter, or what is to be said of a description that is not valid: it hides nothing else. */
async function tryLoad(id: string): Promise<Adapter | DoctorEntry> {
  try {
    const adapter = await loadAdapter(id);
    if (adapter !== undefined) return adapter;
    return { adapter: id, found: false, devices: [], why: 'its description is gone' };
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    const fix = error.next ?? 'correct the description';
    return { adapter: id, found: false, devices: [], why: wholeReason(error), fix };
  }
}

/** What is wrong with a document, with the places. */
function wholeReason(error: ModelconvError): string {
  const faults = (error.faults ?? []).map(({ message, line }) =>
    line === undefined ? message : `line ${line}: ${message}`,
  );
  return [error.message, ...faults].join('; ');
}

/** A `toolchains.yaml` that cannot be read is told with every adapter that would read it. */
async function warningsOfConfig(): Promise<string[]> {
  const known = await knownToolchains();
  return await configWarnings(known.map(({ name }) => name)).catch(() => []);
}

/** Names of the built-in devices that each adapter makes models for. */
function devicesByAdapter(adapters: readonly Adapter[]): ReadonlyMap<string, string[]> {
  const devices = new Map<string, string[]>();
  for (const device of BUILTIN_DEVICES) {
    const id = adapters.find((adapter) => serves(adapter, device))?.id;
    if (id !== undefined) devices.set(id, [...(devices.get(id) ?? []), device.name]);
  }
  return devices;
}

async function examine(adapter: Adapter, devices: string[]): Promise<DoctorEntry> {
  try {
    const detection = await adapter.detect();
    const survey = await surveyToolchain(adapter);
    if (!detection.found) return { ...missing(adapter, devices, detection), ...survey };
    const { tool, version, path: place } = detection.toolchain;
    const origin = survey.installations?.find(
      ({ path, python }) => place === path || place === python,
    )?.origin;
    const found = { adapter: adapter.id, found: true, tool, version, path: place, devices };
    return {
      ...found,
      ...(origin === undefined ? {} : { origin }),
      ...described(adapter),
      ...survey,
    };
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    const install = `correct ${toolchainConfigFile()}`;
    return missing(adapter, devices, { why: wholeReason(error), install });
  }
}

/** The document that an adapter is made from, and whether it was ever run. */
function described({ description }: Adapter): Pick<DoctorEntry, 'description'> {
  return description === undefined
    ? {}
    : { description: { file: description.file, tried: [...description.tried] } };
}

function missing(
  adapter: Adapter,
  devices: string[],
  {
    why,
    install,
    tool: missingTool = adapter.toolchain?.tool,
  }: { readonly why: string; readonly install: string; readonly tool?: string },
): DoctorEntry {
  const { id, capabilities } = adapter;
  const tool = missingTool === undefined ? {} : { tool: missingTool };
  const platform = `${process.platform}-${process.arch}`;
  const canRun = capabilities.hosts.length === 0 || capabilities.hosts.includes(platform);
  return {
    adapter: id,
    found: false,
    ...tool,
    devices,
    ...described(adapter),
    ...(canRun
      ? { why, fix: install }
      : {
          why: `it does not run on ${platform}`,
          fix: `use a machine of one of these kinds: ${capabilities.hosts.join(', ')}`,
        }),
  };
}
