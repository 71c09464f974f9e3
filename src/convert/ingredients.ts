import type { Adapter, Toolchain } from '../adapters/contract.js';
import type { DataFile } from '../calibration/data-files.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { ProbedModel } from '../source/probe.js';
import { stampTool, type ToolStamp } from '../toolchain/stamp.js';
import { referenceRunner } from './checks.js';
import type { Route } from './plan.js';
import { stagedPath } from './stage-source.js';

/** Data that is read besides the model, by what it is for. */
export type DataRole = 'calibration' | 'samples' | 'eval' | `truth.${string}`;

/** A tool that takes part, with the adapter that knows it. */
export interface UsedTool {
  readonly adapter: Adapter;
  readonly stamp: ToolStamp;
}

/** Everything that goes into one conversion. Paths are relative where the user gave them so. */
export interface Ingredients {
  /** The main file first; names are relative to it. */
  readonly source: readonly DataFile[];
  readonly data: readonly (DataFile & { readonly role: DataRole })[];
  /** Directories of data: their time changes with every file that comes or goes. */
  readonly directories: readonly string[];
  /** The request, preprocessing, devices. */
  readonly documents: readonly string[];
  /** The converters in their order. */
  readonly converters: readonly UsedTool[];
  /** What runs the source to compare with; undefined: nothing does, or nothing is run. */
  readonly reference: UsedTool | undefined;
}

/**
 * Gather what goes into a conversion; nothing of it is read but directories and list files.
 *
 * @throws ModelconvError `E_INPUT`; system errors.
 */
export async function gatherIngredients(
  request: CheckedRequest,
  source: ProbedModel,
  route: Route,
): Promise<Ingredients> {
  const places = dataPlaces(request);
  const { data, directories } = await gatherData(request, source);
  const isData = new Set(places.map(([, place]) => place));
  const stages = route.kind === 'convert' ? route.stages : [];
  return {
    source: [
      { file: source.file, name: stagedPath(source.file) },
      ...source.parts.map(({ file, path: name }) => ({ file, name })),
    ],
    data,
    directories,
    documents: request.reads.filter((file) => !isData.has(file)),
    converters: await Promise.all(
      stages.map(async ({ adapter, toolchain }) => await usedTool(adapter, toolchain)),
    ),
    reference: await usedReference(request, source),
  };
}

/**
 * Gather the data that a conversion reads besides the model; only directories and list files are read.
 *
 * @throws ModelconvError `E_INPUT`; system errors.
 */
export async function gatherData(
  request: CheckedRequest,
  source: ProbedModel,
): Promise<Pick<Ingredients, 'data' | 'directories'>> {
  const inputs = source.info.inputs.map(({ name }) => name);
  const data: Ingredients['data'][number][] = [];
  const directories: string[] = [];
  for (const [role, place] of dataPlaces(request)) {
    // image formats and lists are looked at by those who give data
    const { findDataFiles } = await import('../calibration/data-files.js');
    const found = await findDataFiles(place, inputs);
    data.push(...found.files.map((file) => ({ ...file, role })));
    directories.push(...found.directories);
  }
  return { data, directories };
}

async function usedTool(adapter: Adapter, toolchain: Toolchain): Promise<UsedTool> {
  return { adapter, stamp: await stampTool(toolchain) };
}

async function usedReference(
  { verify, eval: evaluation, truth }: CheckedRequest,
  { info }: ProbedModel,
): Promise<UsedTool | undefined> {
  if (!verify.enabled && evaluation === undefined && truth === undefined) return undefined;
  const runner = await referenceRunner(info.format);
  return runner && (await usedTool(runner.adapter, runner.toolchain));
}

function dataPlaces({
  calibration,
  verify: { samples },
  eval: evaluation,
  truth,
}: CheckedRequest): [DataRole, string][] {
  const places: [DataRole, string | undefined][] = [
    [
      'calibration',
      calibration !== undefined && 'path' in calibration ? calibration.path : undefined,
    ],
    ['samples', samples],
    ['eval', evaluation?.path],
    ...Object.entries(truth ?? {}).map(([key, place]): [DataRole, string] => [
      `truth.${key}`,
      place,
    ]),
  ];
  return places.filter((place): place is [DataRole, string] => place[1] !== undefined);
}

/** Every file of it, once: data, documents, tools and the descriptions of adapters. */
export function filesOfIngredients({
  source,
  data,
  documents,
  converters,
  reference,
}: Ingredients): string[] {
  const tools = [...converters, ...(reference === undefined ? [] : [reference])];
  return [
    ...new Set([
      ...[...source, ...data].map(({ file }) => file),
      ...documents,
      ...tools.flatMap(({ adapter, stamp }) => [
        ...(adapter.description === undefined ? [] : [adapter.description.file]),
        ...stamp.files,
      ]),
    ]),
  ];
}
