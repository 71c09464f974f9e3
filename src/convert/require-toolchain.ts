import type { Adapter, Detection, DetectWish, Toolchain } from '../adapters/contract.js';
import {
  boundOf,
  fittingVersions,
  misfitOf,
  type RuntimeBound,
  updateRuntime,
} from '../device/runtime-fit.js';
import { ModelconvError } from '../errors.js';
import type { Device } from '../schema/generated/types.js';

type Wish = Pick<DetectWish, 'version' | 'quantizes'>;
type Absence = Extract<Detection, { readonly found: false }>;

/**
 * The tool of an adapter in a version that the device's runtime takes.
 *
 * @throws ModelconvError `E_NOT_CONVERTIBLE` when the version that is asked for cannot be one,
 *   `E_TOOL_MISSING` with the command that gets one.
 */
export async function requireToolchain(
  adapter: Adapter,
  device: Device,
  { version, quantizes }: Wish = {},
): Promise<Toolchain> {
  // the stack of the device says something about the converter that makes its files, and no other
  const isServed = adapter.capabilities.stacks.includes(device.stack?.kind ?? '');
  const bound = isServed ? boundOf(device.stack, adapter.fitRules) : undefined;
  if (version !== undefined && bound !== undefined)
    refuseContradiction(toolOf(adapter), device, version, bound);
  const detection = await adapter.detect({ version, quantizes, bound });
  if (detection.found) return detection.toolchain;
  throw new ModelconvError('E_TOOL_MISSING', {
    what: whatIsMissing(detection.tool ?? toolOf(adapter), device, version, bound, detection),
    why: [detection.why, ...(bound === undefined ? [] : [reasonOf(bound)])].join('; '),
    next: detection.install,
  });
}

function toolOf(adapter: Adapter): string {
  return adapter.toolchain?.tool ?? adapter.id;
}

/** No version that is asked for would fit: nothing that could be installed changes that. */
function refuseContradiction(
  tool: string,
  device: Device,
  version: string,
  bound: RuntimeBound,
): void {
  const misfit = misfitOf(version, bound);
  if (misfit === undefined) return;
  throw new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${tool} ${version} is ${misfit} for ${deviceWith(device, bound)}`,
    why: reasonOf(bound),
    next: `leave --toolchain out, give it ${fittingVersions(bound)}, or ${updateRuntime(version, bound)}`,
  });
}

/** A tool that is there and does not fit is not one that is missing. */
function whatIsMissing(
  tool: string,
  device: Device,
  version: string | undefined,
  bound: RuntimeBound | undefined,
  { others = [] }: Absence,
): string {
  const [misfit, ...further] = new Set(bound && others.map((found) => misfitOf(found, bound)));
  if (bound !== undefined && misfit !== undefined && further.length === 0)
    return `${tool} ${others.join(', ')} is ${misfit} for ${deviceWith(device, bound)}`;
  const wanted = version ?? (bound && fittingVersions(bound));
  return `${device.name} needs ${tool}${wanted === undefined ? '' : ` ${wanted}`}, which is not there`;
}

function deviceWith({ name }: Device, { stack, runtime }: RuntimeBound): string {
  return `${name}, which has ${stack} ${runtime}`;
}

function reasonOf({ stack, runtime, rule: { rule, source } }: RuntimeBound): string {
  return `the device has ${stack} ${runtime}, and ${rule} (${source})`;
}
