import type { CheckedRequest } from '../request/acquire.js';
import type { DevicePlan } from '../schema/generated/types.js';
import { probeModel } from '../source/probe.js';
import { checkPaths } from './convert.js';
import { planRoute } from './plan.js';
import { stagedPath } from './stage-source.js';
import { prepareSamples } from './verify-model.js';

/**
 * What `convertModel` would do, step by step, without doing it: the source is read, the tool looked for.
 *
 * @throws ModelconvError as `convertModel` does before its first step.
 */
export async function planConversion(request: CheckedRequest, force = false): Promise<DevicePlan> {
  const source = await probeModel(request.source);
  await checkPaths(request, source, { force });
  await prepareSamples(request, source);
  const route = await planRoute(request, source, stagedPath(source.file));
  const common = {
    device: request.device.name,
    output: request.output,
    precision: route.precision ?? 'fp32',
    source: source.info,
  };
  const match = [...route.match.reasons];
  if (route.kind === 'unconverted') return { ...common, match, unconverted: true, steps: [] };
  const { toolchain, plan, adapter } = route;
  // both models run in one start of the runtime
  const runStep = request.verify.enabled ? adapter.planRun?.(request.timeoutMs) : undefined;
  const parityStep = runStep === undefined ? [] : [runStep];
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
    steps: [...plan.steps, ...parityStep].map(({ label, args, timeoutMs }) => ({
      label,
      command: [...toolchain.launcher.command, ...args],
      timeoutMs,
    })),
  };
}
