import { homedir } from 'node:os';
import path from 'node:path';
import type { Fault } from '../errors.js';
import { exists, readSmallText } from '../host/files.js';
import { userConfigDir } from '../host/user-dirs.js';

const MAX_BYTES = 64 * 1024;
/** Same as in schemas/common.schema.json. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Where users name the tools that they have: `toolchains.yaml` in their configuration directory. */
export function toolchainConfigFile(): string {
  return path.join(userConfigDir(), 'toolchains.yaml');
}

/**
 * What the user's `toolchains.yaml` names: by toolchain, a Python or an environment's directory,
 * absolute. `~` is the home directory; relative paths start at the file.
 *
 * @returns an empty map when there is no such file.
 * @throws ModelconvError `E_INPUT`, or `E_CONFIG_INVALID` with every fault and its place.
 */
export async function readToolchainConfig(): Promise<ReadonlyMap<string, string>> {
  const file = toolchainConfigFile();
  if (!(await exists(file))) return new Map();
  const text = await readSmallText(file, MAX_BYTES, 'E_CONFIG_INVALID');
  // the YAML parser takes 20 ms to load: only those who have such a file pay for it
  const [{ parseYaml }, { invalidDocument }] = await Promise.all([
    import('../schema/parse.js'),
    import('../schema/check.js'),
  ]);
  const { data, place } = parseYaml(text, file, 'E_CONFIG_INVALID');
  const faults = faultsOf(data).map((fault) => ({
    ...fault,
    ...place(fault.path.split('/').slice(1)),
  }));
  if (faults.length > 0)
    throw invalidDocument(
      'E_CONFIG_INVALID',
      file,
      'it does not fit schemas/toolchains.schema.json',
      faults,
    );
  return new Map(
    pathsOf(data).map(([name, place]) => [name, absolute(String(place), path.dirname(file))]),
  );
}

/** Everything but extensions, which belong to other programs. */
function pathsOf(data: unknown): [name: string, place: unknown][] {
  return Object.entries(data ?? {}).filter(([name]) => !name.startsWith('x-'));
}

function faultsOf(data: unknown): Fault[] {
  // an empty file, or one of comments alone
  if (data === null || data === undefined) return [];
  if (typeof data !== 'object' || Array.isArray(data))
    return [{ path: '', message: 'must be a list of NAME: PATH lines' }];
  return pathsOf(data).flatMap(([name, place]): Fault[] => {
    if (!NAME.test(name))
      return [{ path: `/${name}`, message: `"${name}" is not a toolchain name` }];
    return typeof place === 'string' && place !== ''
      ? []
      : [
          {
            path: `/${name}`,
            message: 'must be the path of a Python or of an environment, as text',
          },
        ];
  });
}

function absolute(place: string, base: string): string {
  if (place === '~' || place.startsWith('~/')) return path.join(homedir(), place.slice(1));
  return path.resolve(base, place);
}
