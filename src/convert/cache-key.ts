import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hashFile } from '../host/files.js';
import { entryTime } from '../package/entry-time.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Device } from '../schema/generated/types.js';
import { MODELCONV_VERSION } from '../version.js';
import type { Ingredients, UsedTool } from './ingredients.js';
import type { Route } from './plan.js';

/** A digest over everything that a package depends on. */
export interface CacheKey {
  readonly key: string;
  /** Of the source's main file. */
  readonly sourceSha256: string;
}

/**
 * The key of a conversion: contents and settings that can change a byte of the package or a word of the
 * outcome, and nothing else. Where files lie, the output, the number of jobs and the log do not count.
 *
 * @throws ModelconvError `E_INPUT` when a file cannot be read, `E_USAGE` (SOURCE_DATE_EPOCH).
 */
export async function cacheKey(
  request: CheckedRequest,
  ingredients: Ingredients,
  route: Route,
): Promise<CacheKey> {
  const source = await digests(ingredients.source);
  const { converters, reference } = ingredients;
  const parts = {
    program: [MODELCONV_VERSION, await buildDigest(), process.platform, process.arch],
    environment: [process.env['LD_LIBRARY_PATH'], process.env['DYLD_LIBRARY_PATH']],
    time: entryTime(),
    request: settingsOf(request, route),
    source,
    data: await digests(ingredients.data),
    converters: await Promise.all(converters.map(toolIdentity)),
    reference: reference && (await toolIdentity(reference)),
  };
  return {
    key: createHash('sha256').update(canonical(parts)).digest('hex'),
    sourceSha256: source[0]?.sha256 ?? '',
  };
}

async function digests(
  files: readonly { readonly file: string; readonly name: string; readonly role?: string }[],
): Promise<{ readonly role?: string; readonly name: string; readonly sha256: string }[]> {
  const found = [];
  for (const { file, ...named } of files)
    found.push({ ...named, sha256: (await hashFile(file)).sha256 });
  return found;
}

function settingsOf(request: CheckedRequest, route: Route): unknown {
  const { calibration, verify, eval: evaluation } = request;
  const { name, version, license, description, framework, precision, inputs, inputDtypes } =
    request;
  const { preprocess, embed, packageSource, options, askedToolchain } = request;
  return {
    ...{ name, version, license, description, framework, precision, inputs, inputDtypes },
    ...{ preprocess, embed, packageSource, options },
    device: deviceFields(request.device),
    calibration: calibration && { ...calibration, path: 'path' in calibration },
    verify: { ...verify, samples: undefined },
    eval: evaluation && { ...evaluation, path: undefined },
    // it is warned of where nothing is converted; else the tool that was found counts
    askedToolchain: route.kind === 'unconverted' ? askedToolchain : undefined,
  };
}

/** What is written for people alone, and how the device is reached, is not in a package. */
function deviceFields(device: Device): unknown {
  const { description, references, connection, ...fields } = device;
  return { ...fields, connection: connection?.type };
}

async function toolIdentity({ adapter, stamp }: UsedTool): Promise<unknown> {
  const file = adapter.description?.file;
  const description = file === undefined ? undefined : (await hashFile(file)).sha256;
  return { id: adapter.id, description, stamp: stamp.identity };
}

/** Which code this is, beyond its version: a checkout changes without one. */
async function buildDigest(): Promise<string> {
  return await readFile(new URL('../build.json', import.meta.url), 'utf8').catch(() => '');
}

/** JSON with sorted keys: the order in which settings were given does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
