import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fittingVersions, updateRuntime } from '../../device/runtime-fit.js';
import type { Launcher } from '../../host/run-step.js';
import type { AdapterDescription } from '../../schema/generated/types.js';
import { satisfies } from '../../toolchain/releases.js';
import { which } from '../../toolchain/which.js';
import type { Detection, DetectWish } from '../contract.js';
import { EXPORT_PROGRAM } from './export-plan.js';
import { versionOf } from './version.js';

const EXPORT_DRIVER = fileURLToPath(new URL('./export-calibration.js', import.meta.url));

type Programs = NonNullable<Launcher['programs']>;

/** The environment variable that names a tool. */
export function variableOf({ id, find }: AdapterDescription): string {
  return find.variable ?? `MODELCONV_${id.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** Find the programs of a description, and their version. Never throws for absence. */
export async function detectDescribed(
  description: AdapterDescription,
  wish: DetectWish = {},
): Promise<Detection> {
  const { tool, find } = description;
  const absent = (why: string, others: readonly string[] = []): Detection => {
    return { found: false, tool, why, install: wayToGet(description, wish, others), others };
  };
  const [anchor, ...others] = find.programs;
  const place = await placeOf(description, anchor.file);
  if ('why' in place) {
    const install = wayToGet(description, wish, []);
    const { why, fix } = place;
    return {
      found: false,
      tool,
      why,
      install: fix === undefined ? install : `${fix}; without it: ${install}`,
    };
  }
  const programs: Record<string, Programs[string]> = {
    [EXPORT_PROGRAM]: [process.execPath, EXPORT_DRIVER],
    [anchor.name]: [place.file],
  };
  for (const { name, file } of others) {
    const found = (await which(file, [path.dirname(place.file)])) ?? (await which(file));
    if (found === undefined)
      return absent(`${file} is neither beside ${place.file} nor on PATH: ${tool} is not whole`);
    programs[name] = [found];
  }
  const env = passedOn(find.passEnvironment ?? []);
  const version = await versionOf(find.version, place.file, env);
  if ('why' in version)
    return absent(`the version of ${place.file} cannot be told: ${version.why}`);
  if (!satisfies(version.version, wish))
    return absent(`${tool} ${version.version} is there, in ${place.file}${wanted(wish)}`, [
      version.version,
    ]);
  return {
    found: true,
    toolchain: {
      tool,
      version: version.version,
      path: place.file,
      launcher: { command: [place.file], binDir: path.dirname(place.file), programs, env },
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

/** Where the first program is: what the user names counts, and is never passed over. */
async function placeOf(
  description: AdapterDescription,
  file: string,
): Promise<{ readonly file: string } | { readonly why: string; readonly fix?: string }> {
  const variable = variableOf(description);
  const { directories = ['.', 'bin'] } = description.find;
  const own = process.env[variable];
  if (own === undefined || own === '') {
    const found = await which(file);
    if (found !== undefined) return { file: found };
    return { why: `${file} is not on PATH, and ${variable} is not set` };
  }
  const named = path.resolve(own);
  const found = (await isDirectory(named))
    ? await which(
        file,
        directories.map((directory) => path.join(named, directory)),
      )
    : await which(path.basename(named), [path.dirname(named)]);
  if (found !== undefined) return { file: found };
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
