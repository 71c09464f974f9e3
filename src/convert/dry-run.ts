import { commandOf } from '../host/run-step.js';
import type { CheckedRequest } from '../request/checked-request.js';
import type { DevicePlan } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';
import { expectConversion, isCached, isKept } from './cached.js';
import { checkPaths } from './convert.js';
import { planLayers } from './layers.js';
import { checkSource, planRoute } from './plan.js';
import { planInput } from './plan-input.js';
import { checkEvaluation, prepareData } from './prepare-data.js';

/**
 * What `convertModel` would do, step by step, without doing it: the source is read, the tool looked for.
 *
 * @throws ModelconvError as `convertModel` does before its first step.
 */
export async function planConversion(
  request: CheckedRequest,
  force = false,
  usesCache = true,
): Promise<DevicePlan> {
  const source = await probeModel(request.source);
  await checkPaths(request, source, { force });
  await checkSource(request, source);
  const { calibration, evaluation } = await prepareData(request, source);
  const route = await planRoute(request, source, planInput(request, source, calibration));
  await checkEvaluation(request, route, evaluation);
  const layerSteps = await planLayers(request, route, source);
  const looksIntoCache = usesCache && isKept(request) && request.report === undefined;
  const expected = looksIntoCache ? await expectConversion(request, source, true) : undefined;
  const common = {
    device: request.device.name,
    output: request.output,
    ...(expected !== undefined && (await isCached(expected)) ? { cached: true } : {}),
    precision: route.precision ?? 'fp32',
    source: source.info,
  };
  const match = [...route.match.reasons];
  if (route.kind === 'unconverted') return { ...common, match, unconverted: true, steps: [] };
  const { toolchain, adapter } = route.stages.at(-1) ?? route.stages[0];
  // both models run in one start of the runtime
  const runStep =
    request.verify.enabled || evaluation !== undefined
      ? adapter.planRun?.(request.timeoutMs)
      : undefined;
  const steps = [
    ...route.stages.flatMap((stage) =>
      stage.plan.steps.map((step) => ({ step, launcher: stage.toolchain.launcher })),
    ),
    ...[...(runStep === undefined ? [] : [runStep]), ...layerSteps].map((step) => ({
      step,
      launcher: toolchain.launcher,
    })),
  ];
  return {
    ...common,
    match,
    unconverted: false,
    converter: {
      adapter: adapter.id,
      tool: toolchain.tool,
      version: toolchain.version,
      path: toolchain.path,
    },
    steps: steps.map(({ step, launcher }) => ({
      label: step.label,
      command: [...commandOf(step, launcher), ...step.args],
      timeoutMs: step.timeoutMs,
    })),
  };
}
