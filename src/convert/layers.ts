import { planAnalysis } from '../adapters/analyse.js';
import type { Adapter } from '../adapters/contract.js';
import { canRun } from '../adapters/runners.js';
import type { LayerComparison } from '../compare/layers/compare-layers.js';
import { percent } from '../compare/layers/describe-jump.js';
import type { Step } from '../host/run-step.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { Precision } from '../schema/generated/types.js';
import type { ProbedModel } from '../source/probe.js';
import { referenceRunner } from './checks.js';
import type { Route } from './plan.js';

/**
 * Refuse `--layers` where source or converted model show their outputs alone, before anything is run.
 * Where nothing is compared, because a runtime is missing or nothing is converted, the check itself says so.
 *
 * @returns the steps that the converter takes once more, where it is what shows them.
 * @throws ModelconvError `E_NOT_CONVERTIBLE`.
 */
export async function planLayers(
  request: CheckedRequest,
  route: Route,
  source: ProbedModel,
): Promise<readonly Step[]> {
  if (!request.layers || route.kind !== 'convert') return [];
  const runner = await referenceRunner(source.info.format);
  const stage = route.stages.findLast(({ adapter }) => isRunnable(adapter));
  if (runner === undefined || stage === undefined) return [];
  const { isAnalysed, noLayers, showLayers, showsLayers } = await import(
    '../compare/layers/see-layers.js'
  );
  const { adapter, toolchain, job } = stage;
  const reference = { runner, format: source.info.format };
  const made = { runner: { adapter, toolchain }, format: adapter.capabilities.output, job };
  if (!showLayers(reference, made))
    throw await (showsLayers(made)
      ? noLayers(request.source, reference, true)
      : noLayers(request.output, made, true));
  // what the converter refuses to show it refuses before it has converted
  return isAnalysed(made) ? planAnalysis(adapter, job).steps : [];
}

function isRunnable(adapter: Adapter): boolean {
  const { simulates, output } = adapter.capabilities;
  return simulates === true || canRun(adapter, output);
}

/** `13 tensors, none adds an error beyond rounding in int8, greatest relative error 4.2 % at logits (Gemm)` */
export function layersSummary(
  { tensors, unmatched, first, against }: LayerComparison,
  precision: Precision,
): string {
  const [worst] = [...tensors].sort((a, b) => b.relativeError - a.relativeError);
  const golden = against === undefined ? '' : ` with what ${against} computes in floating point`;
  const compared = `${tensors.length} tensor${tensors.length === 1 ? '' : 's'} compared${golden}, ${unmatched.length} without a counterpart`;
  if (worst === undefined) return compared;
  const { name, operator, relativeError } = first?.layer ?? worst;
  const place = `${percent(relativeError)} at ${name}${operator === undefined ? '' : ` (${operator})`}`;
  return first === undefined
    ? `${compared}; none adds an error beyond rounding in ${precision}, greatest relative error ${place}`
    : `${compared}; the first that differs by more than rounding in ${precision}: ${place}`;
}
