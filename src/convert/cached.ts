import { hasPackage, keepPackage, takePackage } from '../cache/packages.js';
import { cacheSettings } from '../cache/settings.js';
import { fileStamp } from '../host/file-stamp.js';
import { checkOutput } from '../host/outputs.js';
import type { Progress } from '../host/progress.js';
import type { Replacement } from '../host/write-unless-same.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ConvertOutcome } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { type CacheKey, cacheKey } from './cache-key.js';
import { filesOfIngredients, gatherIngredients, type Ingredients } from './ingredients.js';
import { planRoute, type Route } from './plan.js';
import { planInput } from './plan-input.js';

/** What is known of a conversion before its data is read: enough to find it in the cache. */
export interface Expected {
  readonly route: Route;
  readonly ingredients: Ingredients;
  /** undefined: the cache is not used. */
  readonly cached: (CacheKey & { readonly stamps: string }) | undefined;
}

/** What is told of a package that was made before. */
export type CachedOutcome = Required<
  Pick<ConvertOutcome, 'status' | 'sizeBytes' | 'descriptorSha256' | 'match' | 'descriptor'>
> &
  Pick<ConvertOutcome, 'warnings'>;

/** Whether a conversion may be kept: what is between the layers is compared anew each time. */
export function isKept({ layers }: Pick<CheckedRequest, 'layers'>): boolean {
  return !layers && cacheSettings().maxBytes > 0;
}

/**
 * Plan a conversion and gather what goes into it. Data is not looked into, and no tool is started.
 *
 * @returns undefined when it cannot be planned: the conversion itself tells why.
 */
export async function expectConversion(
  request: CheckedRequest,
  source: ProbedModel,
  usesCache: boolean,
): Promise<Expected | undefined> {
  try {
    const count = request.calibration?.samples ?? 1;
    const calibration = request.calibration === undefined ? undefined : { count };
    const route = await planRoute(request, source, planInput(request, source, calibration));
    const ingredients = await gatherIngredients(request, source, route);
    if (!usesCache) return { route, ingredients, cached: undefined };
    // before they are read: what changes meanwhile is seen
    const stamps = await stampsOf(ingredients);
    return {
      route,
      ingredients,
      cached: { ...(await cacheKey(request, ingredients, route)), stamps },
    };
  } catch {
    return undefined;
  }
}

async function stampsOf(ingredients: Ingredients): Promise<string> {
  const files = [...filesOfIngredients(ingredients), ...ingredients.directories];
  return (await Promise.all(files.map(fileStamp))).join('\n');
}

/** Whether the package of a conversion is there already. */
export async function isCached({ cached }: Expected): Promise<boolean> {
  return cached !== undefined && (await hasPackage(cached.key));
}

/**
 * Copy the package of the same conversion to the output, by the same rules as a new one.
 *
 * @returns undefined when it was not made before, or what was kept is damaged.
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`.
 */
export async function takeCached(
  { output }: Pick<CheckedRequest, 'output'>,
  { cached, ingredients }: Expected,
  { force, ifChanged }: Replacement,
  progress: Progress,
): Promise<(CachedOutcome & Pick<ConvertOutcome, 'unchanged'>) | undefined> {
  if (cached === undefined || !(await hasPackage(cached.key))) return undefined;
  await checkOutput(output, filesOfIngredients(ingredients), force);
  const place = { file: output, force, ifChanged };
  const taken = await takePackage<CachedOutcome>(cached.key, place, (what) => {
    progress.warn(`what the cache kept of this conversion is damaged, so it is made anew: ${what}`);
  });
  return taken && { ...taken.note, ...(taken.isUnchanged ? { unchanged: true } : {}) };
}

/** Keep a complete package, unless something that went into it changed on the way. A cache that cannot be written fails no conversion. */
export async function keepCached(
  { cached, ingredients }: Expected,
  file: string,
  sourceSha256: string,
  outcome: CachedOutcome,
): Promise<void> {
  if (cached === undefined || cached.sourceSha256 !== sourceSha256) return;
  if ((await stampsOf(ingredients)) !== cached.stamps) return;
  await keepPackage(cached.key, file, outcome).catch(() => {});
}
