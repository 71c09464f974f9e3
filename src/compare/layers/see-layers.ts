import path from 'node:path';
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

/** Whether the runtime of a model shows what is between its layers. */
export function showsLayers({ runner, format }: Pick<LayerSide, 'runner' | 'format'>): boolean {
  return runner.adapter.capabilities.layers?.includes(format) ?? false;
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
  const first = await layersOf(reference, 'results/layers-a', timeoutMs, context);
  const second = await layersOf(other, 'results/layers-b', timeoutMs, context);
  const count = Math.min(reference.samples.count, MAX_SAMPLES);
  const [graph, otherGraph] = [
    await graphOf(reference, context.workDir),
    await graphOf(other, context.workDir),
  ];
  return await compareLayers(
    { results: first, graph },
    { results: second, graph: otherGraph },
    count,
    precision,
  );
}

async function layersOf(
  { runner: { adapter, toolchain }, path: file, samples }: LayerSide,
  resultDir: string,
  timeoutMs: number,
  context: StepContext,
): Promise<OutputResult[]> {
  const models = [{ path: file, resultDir, layers: true }];
  const some = firstSamples(samples, MAX_SAMPLES);
  await adapter.run?.(toolchain, { models, samples: some, timeoutMs }, context);
  // hundreds of outputs, a few samples of each: nothing of them is held
  return await readResults(toolchain.runtime ?? toolchain.tool, context.workDir, resultDir, 0);
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
): Promise<ModelconvError> {
  const known: string[] = [];
  for (const id of builtInAdapterIds())
    known.push(...((await loadAdapter(id))?.capabilities.layers ?? []));
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `the layers of ${file} cannot be seen`,
    why: `${runner.toolchain.runtime ?? runner.toolchain.tool} shows the outputs of ${format} models alone`,
    next: `leave --layers out, or compare models of these formats: ${known.join(', ')}`,
  });
}
