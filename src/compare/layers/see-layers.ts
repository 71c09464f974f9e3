import path from 'node:path';
import { type AnalysedModel, analyseModel } from '../../adapters/analyse.js';
import type { ConversionJob } from '../../adapters/contract.js';
import { builtInAdapterIds, loadAdapter } from '../../adapters/registry.js';
import { type OutputResult, readResults } from '../../adapters/run-files.js';
import { ModelconvError } from '../../errors.js';
import { withInput } from '../../host/files.js';
import type { StepContext } from '../../host/run-step.js';
import type { Precision } from '../../schema/generated/types.js';
import { FileWindow } from '../../source/file-window.js';
import type { LayerTensor } from '../../source/layers.js';
import { firstSamples, type SampleSet } from '../../tensor/samples.js';
import type { Runner } from '../subject.js';
import { compareLayers, type LayerComparison } from './compare-layers.js';

/** One of two models whose layers are looked at. */
export interface LayerSide {
  readonly runner: Runner;
  /** Relative to the work directory. */
  readonly path: string;
  readonly format: string;
  readonly samples: SampleSet;
  /** What converted the model: a converter may show what nothing shows of the file. */
  readonly job?: ConversionJob | undefined;
}

export interface LayersRequest {
  readonly reference: LayerSide;
  readonly other: LayerSide;
  /** Of the other model. */
  readonly precision: Precision | undefined;
  readonly timeoutMs: number;
}

/** Every tensor of a model is written for each of them. */
const MAX_SAMPLES = 4;

/** Whether the runtime of a model, or its converter, shows what is between its layers. */
export function showsLayers(side: ShownSide): boolean {
  const { layers = [] } = side.runner.adapter.capabilities;
  return layers.includes(side.format) || isAnalysed(side);
}

type ShownSide = Pick<LayerSide, 'runner' | 'format' | 'job'>;

/** Whether two models can be compared layer by layer: of one that its converter analyses the reference need show none. */
export function showLayers(reference: ShownSide, other: ShownSide): boolean {
  return isAnalysed(other) || (showsLayers(reference) && showsLayers(other));
}

/** Whether the converter shows the layers. */
export function isAnalysed({ runner, job }: ShownSide): boolean {
  return job !== undefined && runner.adapter.capabilities.analyses === true;
}

/**
 * Run two models once more, and compare every tensor that their runtimes show.
 *
 * @throws ModelconvError as `runStep` does; `E_TOOL_OUTPUT`.
 */
export async function seeLayers(
  { reference, other, precision, timeoutMs }: LayersRequest,
  context: StepContext,
): Promise<LayerComparison> {
  const count = Math.min(reference.samples.count, MAX_SAMPLES);
  const analysed = await analysedLayers(other, context);
  const results =
    analysed?.layers ?? (await layersOf(other, 'results/layers-b', timeoutMs, context));
  if (analysed !== undefined && !showsLayers(reference)) {
    const golden = { results: analysed.golden };
    const compared = await compareLayers(golden, { results }, { count, precision });
    return { ...compared, against: other.runner.toolchain.tool };
  }
  const layers = await layersOf(reference, 'results/layers-a', timeoutMs, context);
  const graph = await graphOf(reference, context.workDir);
  const otherGraph = await graphOf(other, context.workDir);
  const golden = analysed?.golden;
  return await compareLayers(
    { results: layers, graph },
    { results, graph: otherGraph },
    { count, precision, golden },
  );
}

async function layersOf(
  { runner: { adapter, toolchain }, path: file, samples: all }: LayerSide,
  resultDir: string,
  timeoutMs: number,
  context: StepContext,
): Promise<OutputResult[]> {
  const models = [{ path: file, resultDir, layers: true }];
  const samples = firstSamples(all, MAX_SAMPLES);
  await adapter.run?.(toolchain, { models, samples, timeoutMs }, context);
  // hundreds of outputs, a few samples of each: nothing of them is held
  return await readResults(toolchain.runtime ?? toolchain.tool, context.workDir, resultDir, 0);
}

/** What the converter of a model shows of it; undefined: it shows nothing. */
async function analysedLayers(
  side: LayerSide,
  context: StepContext,
): Promise<AnalysedModel | undefined> {
  if (side.job === undefined || !isAnalysed(side)) return undefined;
  const samples = firstSamples(side.samples, MAX_SAMPLES);
  return await analyseModel(side.runner.adapter, side.job, samples, context);
}

/** How the tensors of a model follow from each other, where its file says it in words that are read here. */
async function graphOf(
  { path: file, format }: LayerSide,
  workDir: string,
): Promise<LayerTensor[] | undefined> {
  if (format !== 'onnx' && format !== 'ort') return undefined;
  return await withInput(path.join(workDir, file), async (handle, sizeBytes) => {
    const window = new FileWindow(handle.fd, sizeBytes);
    if (format === 'onnx') return (await import('../../source/onnx/expose.js')).onnxLayers(window);
    return (await import('../../source/ort/read.js')).readOrtLayers(window).layers;
  });
}

/** The error of a model whose layers nothing here shows. */
export async function noLayers(
  file: string,
  { runner, format }: Pick<LayerSide, 'runner' | 'format'>,
  isConverted = false,
): Promise<ModelconvError> {
  const known: string[] = [];
  for (const id of builtInAdapterIds()) {
    const { layers = [], analyses, output } = (await loadAdapter(id))?.capabilities ?? {};
    known.push(...layers, ...(isConverted && analyses === true && output ? [output] : []));
  }
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `the layers of ${file} cannot be seen`,
    why: `${runner.toolchain.runtime ?? runner.toolchain.tool} shows the outputs of ${format} models alone`,
    next: `leave --layers out, or ${isConverted ? 'convert from and to' : 'compare models of'} these formats: ${known.join(', ')}`,
  });
}
