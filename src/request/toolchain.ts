import { adapterFor } from '../adapters/registry.js';
import { ModelconvError } from '../errors.js';
import type { Device } from '../schema/generated/types.js';
import { didYouMean } from '../schema/nearest.js';

/** The version of the vendor tool for one device. */
export interface ChosenToolchain {
  /** A version, or its first parts; undefined: what fits the device. */
  readonly toolchain: string | undefined;
  /** The user's own word for it; undefined when the device says it, or nobody. */
  readonly askedToolchain: string | undefined;
}

interface Wish {
  readonly word: string;
  /** Adapter that it is for; undefined: for whichever there is. */
  readonly name: string | undefined;
  readonly version: string;
}

const NEXT = 'write --toolchain VERSION, or --toolchain NAME@VERSION once for each tool';

/**
 * What `--toolchain VERSION` and `--toolchain NAME@VERSION` mean for each device, in their order.
 *
 * @throws ModelconvError `E_USAGE` for a word that is not understood, that would mean a version of
 *   several tools, or of a tool that no device needs; `E_DEVICE_INVALID` for a device's own.
 */
export async function chooseToolchains(
  words: readonly string[],
  devices: readonly Device[],
): Promise<ChosenToolchain[]> {
  const own = devices.map(toolchainOf);
  if (words.length === 0) return own.map((toolchain) => ({ toolchain, askedToolchain: undefined }));
  const wishes = words.map(parseWish);
  refuseDoubled(wishes);
  const adapters = await Promise.all(devices.map(adapterIdOf));
  refuseUnneeded(wishes, adapters);
  refuseAmbiguous(wishes, adapters);
  return adapters.map((id, index) => {
    const wish = wishFor(wishes, id);
    return { toolchain: wish?.version ?? own[index], askedToolchain: wish?.word };
  });
}

/** The wish that names an adapter goes before the one that names none. */
function wishFor(wishes: readonly Wish[], id: string | undefined): Wish | undefined {
  const named = id === undefined ? undefined : wishes.find(({ name }) => name === id);
  return named ?? wishes.find(({ name }) => name === undefined);
}

function parseWish(word: string): Wish {
  const match = /^(?:([a-z0-9][a-z0-9-]*)@)?([0-9A-Za-z][0-9A-Za-z.+_~-]{0,63})$/.exec(word);
  const [, name, version] = match ?? [];
  if (version !== undefined) return { word, name, version };
  throw new ModelconvError('E_USAGE', {
    what: `--toolchain ${JSON.stringify(word)} is not understood`,
    next: NEXT,
  });
}

async function adapterIdOf(device: Device): Promise<string | undefined> {
  return (await adapterFor(device))?.id ?? device.converter?.adapter;
}

function refuseDoubled(wishes: readonly Wish[]): void {
  const twice = wishes.find(
    ({ name }, index) => wishes.findIndex((wish) => wish.name === name) !== index,
  );
  if (twice === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `--toolchain ${twice.word} is the second version ${twice.name === undefined ? 'without a name' : `of ${twice.name}`}`,
    next: NEXT,
  });
}

function refuseUnneeded(wishes: readonly Wish[], adapters: readonly (string | undefined)[]): void {
  const used = [...new Set(adapters.filter((id) => id !== undefined))];
  const idle = wishes.find(({ name }) => name !== undefined && !used.includes(name));
  if (idle?.name === undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `--toolchain ${idle.word} is for a tool that nothing is converted with here.${didYouMean(idle.name, used)}`,
    why: used.length === 0 ? undefined : `the devices are made for with: ${used.join(', ')}`,
    next: 'leave it out, or name one of these tools',
  });
}

/** One version for several tools would be right for one of them at most. */
function refuseAmbiguous(wishes: readonly Wish[], adapters: readonly (string | undefined)[]): void {
  const bare = wishes.find(({ name }) => name === undefined);
  if (bare === undefined) return;
  const meant = [...new Set(adapters)].filter(
    (id) => id !== undefined && wishFor(wishes, id) === bare,
  );
  if (meant.length < 2) return;
  throw new ModelconvError('E_USAGE', {
    what: `--toolchain ${bare.word} would be a version of several tools: ${meant.join(', ')}`,
    next: `name the tool: --toolchain ${meant[0]}@${bare.version}`,
  });
}

/** The version in `converter.toolchain`, which may stand behind the tool's name. */
function toolchainOf({ name, converter }: Device): string | undefined {
  const { toolchain, adapter } = converter ?? {};
  if (toolchain === undefined) return undefined;
  const [tool = '', version] = toolchain.split('@');
  if (version === undefined) return tool === adapter ? undefined : tool;
  if (tool === adapter) return version;
  throw new ModelconvError('E_DEVICE_INVALID', {
    what: `device "${name}" asks for the toolchain ${toolchain}`,
    why: `its adapter is ${adapter}`,
    next: `write converter.toolchain: ${adapter}@${version}`,
  });
}
