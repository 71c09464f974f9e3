import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fittingVersions, updateRuntime } from '../../device/runtime-fit.js';
import type { Launcher } from '../../host/run-step.js';
import type { AdapterDescription } from '../../schema/generated/types.js';
import { satisfies } from '../../toolchain/releases.js';
import { which, whichAll } from '../../toolchain/which.js';
import type { Detection, DetectWish } from '../contract.js';
import { EXPORT_PROGRAM } from './export-plan.js';
import { versionOf } from './version.js';

const EXPORT_DRIVER = fileURLToPath(new URL('./export-calibration.js', import.meta.url));

type Programs = NonNullable<Launcher['programs']>;

/** The environment variable that names a tool. */
export function variableOf({ id, find }: AdapterDescription): string {
  return find.variable ?? `MODELCONV_${id.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** Find the programs of a description, and their version: the first that satisfies the wish. Never throws for absence. */
export async function detectDescribed(
  description: AdapterDescription,
  wish: DetectWish = {},
): Promise<Detection> {
  const places = await placesOf(description, description.find.programs[0].file);
  if ('why' in places) {
    const install = wayToGet(description, wish, []);
    const { why, fix } = places;
    return absent(description, why, fix === undefined ? install : `${fix}; without it: ${install}`);
  }
  const [first, ...others] = places.files;
  const detection = await detectAt(description, first, wish);
  for (const file of detection.found ? [] : others) {
    const other = await detectAt(description, file, wish);
    if (other.found) return other;
  }
  return detection;
}

function absent(
  { tool }: AdapterDescription,
  why: string,
  install: string,
  others: readonly string[] = [],
): Detection {
  return { found: false, tool, why, install, ...(others.length === 0 ? {} : { others }) };
}

/** The tool whose first program is this one. */
async function detectAt(
  description: AdapterDescription,
  place: string,
  wish: DetectWish,
): Promise<Detection> {
  const { tool, find } = description;
  const [anchor, ...others] = find.programs;
  const programs: Record<string, Programs[string]> = {
    [EXPORT_PROGRAM]: [process.execPath, EXPORT_DRIVER],
    [anchor.name]: [place],
  };
  for (const { name, file } of others) {
    const found = (await which(file, [path.dirname(place)])) ?? (await which(file));
    if (found === undefined)
      return absent(
        description,
        `${file} is neither beside ${place} nor on PATH: ${tool} is not whole`,
        wayToGet(description, wish, []),
      );
    programs[name] = [found];
  }
  const env = passedOn(find.passEnvironment ?? []);
  const version = await versionOf(find.version, place, env);
  if ('why' in version)
    return absent(
      description,
      `the version of ${place} cannot be told: ${version.why}`,
      wayToGet(description, wish, []),
    );
  if (!satisfies(version.version, wish))
    return absent(
      description,
      `${tool} ${version.version} is there, in ${place}${wanted(wish)}`,
      wayToGet(description, wish, [version.version]),
      [version.version],
    );
  return {
    found: true,
    toolchain: {
      tool,
      version: version.version,
      path: place,
      launcher: { command: [place], binDir: path.dirname(place), programs, env },
    },
  };
}

function wanted({ version }: DetectWish): string {
  return version === undefined ? ', which does not fit' : `; ${version} is asked for`;
}

/** What to do for a version that is as wished: the vendor's words, for nothing here installs it. */
function wayToGet(
  { tool, find }: AdapterDescription,
  { version, bound }: DetectWish,
  others: readonly string[],
): string {
  const wanted = version ?? (bound && fittingVersions(bound));
  const [found] = others;
  const ways = [
    wanted === undefined ? find.install : `get ${tool} ${wanted}: ${find.install}`,
    ...(bound === undefined || found === undefined ? [] : [updateRuntime(found, bound)]),
  ];
  return ways.join('; or ');
}

/** Where the first program may be: what the user names counts, and is never passed over. */
async function placesOf(
  description: AdapterDescription,
  file: string,
): Promise<
  | { readonly files: readonly [string, ...string[]] }
  | { readonly why: string; readonly fix?: string }
> {
  const variable = variableOf(description);
  const { directories = ['.', 'bin'] } = description.find;
  const own = process.env[variable];
  if (own === undefined || own === '') {
    const [found, ...others] = await whichAll(file);
    if (found !== undefined) return { files: [found, ...others] };
    return { why: `${file} is not on PATH, and ${variable} is not set` };
  }
  const named = path.resolve(own);
  const found = (await isDirectory(named))
    ? await which(
        file,
        directories.map((directory) => path.join(named, directory)),
      )
    : await which(path.basename(named), [path.dirname(named)]);
  if (found !== undefined) return { files: [found] };
  return {
    why: `${variable}=${own} names no program, and no directory with ${file} in it`,
    fix: `unset ${variable}, or let it name ${file}`,
  };
}

async function isDirectory(place: string): Promise<boolean> {
  return await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** What the vendor's set-up script exported. */
function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
