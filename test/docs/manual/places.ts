import { builtInAdapterIds, loadAdapter } from '../../../src/adapters/registry.js';

type Entries = readonly (readonly [term: string, meaning: string])[];

/** What modelconv reads and writes beside what the command line names. */
export const FILES: Entries = [
  ['modelconv.devices.yaml', 'Devices of the project, in the current directory.'],
  ['~/.config/modelconv/devices.yaml', 'Devices of the user.'],
  ['~/.config/modelconv/toolchains.yaml', 'Where tools of the user stand (docs/toolchains.md).'],
  [
    'modelconv.adapters/, ~/.config/modelconv/adapters/',
    'Descriptions of other converters (docs/adapters.md).',
  ],
  ['~/.local/share/modelconv/toolchains/', 'Tools that `modelconv toolchains install` made.'],
  ['~/.cache/modelconv/', 'Conversions that were made before (docs/cache.md).'],
  ['OUT.log', 'Beside an output: the log of a vendor tool that failed.'],
  [
    'OUT.parity.html, OUT.parity.json',
    'Beside an output: what was compared, where the result does not compute the same.',
  ],
];

const VARIABLES: Entries = [
  ['MODELCONV_HOME', 'Directory of what modelconv installs, in place of ~/.local/share/modelconv.'],
  ['MODELCONV_ADAPTERS', 'Directories of descriptions of converters, separated as in PATH.'],
  ['MODELCONV_PYTHON', 'Python that `toolchains install` makes environments with.'],
  ['MODELCONV_ONNXRUNTIME', 'Directory of the onnxruntime-node package to use.'],
  ['MODELCONV_CACHE_DIR', 'Directory of the cache of conversions, in place of ~/.cache/modelconv.'],
  ['MODELCONV_CACHE_SIZE', 'Bound of its size, e.g. 2GiB; 0 switches it off.'],
  ['MODELCONV_DEBUG', 'With any value, an error that is a bug shows where it came from.'],
  ['NO_COLOR', 'With any value, no colour.'],
  ['TERM', 'With the value dumb, no colour and no spinner.'],
  ['CI', 'With any value, no spinner.'],
  ['SOURCE_DATE_EPOCH', 'Time of the entries of a package, in seconds since 1970; 0 without it.'],
  ['XDG_CONFIG_HOME, XDG_DATA_HOME', 'In place of ~/.config and ~/.local/share.'],
];

/** Variables that modelconv reads, and one for each vendor tool. */
export async function variables(): Promise<Entries> {
  const adapters = await Promise.all(builtInAdapterIds().map(loadAdapter));
  const tools = adapters.flatMap((adapter) => {
    const { toolchain } = adapter ?? {};
    if (toolchain === undefined) return [];
    return [[toolchain.variable, `Python, or environment, that holds ${toolchain.tool}.`] as const];
  });
  return [...VARIABLES, ...tools];
}
