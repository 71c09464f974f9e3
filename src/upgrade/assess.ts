import { describeDevice } from '../convert/describe.js';
import { match } from '../device/match.js';
import { subjectOfPackage } from '../device/subject.js';
import { PROTOCOL_VERSION, protocolName } from '../package/migrate/protocol.js';
import type { PackageHead } from '../package/read.js';
import type { Descriptor, Device, UpgradeReason } from '../schema/generated/types.js';
import { METADATA, metadataOf } from './metadata.js';
import type { UpgradeWish } from './request.js';
import { type Target, targetOf } from './target.js';
import { type ToolState, toolState } from './tools.js';

/** What `modelconv upgrade` would do with a package. */
export interface Assessment {
  readonly action: 'none' | 'rewrite' | 'convert';
  readonly target: Target | undefined;
  readonly reasons: readonly UpgradeReason[];
  /** What was seen besides, and changes nothing. */
  readonly notes: readonly string[];
  readonly tools: ToolState | undefined;
}

/**
 * Judge by its descriptor whether a package is current: protocol, device, vendor tool, and what is asked for.
 * Nothing is run but the look for the tools.
 *
 * @throws ModelconvError `E_USAGE` (`--toolchain`), `E_DEVICE_INVALID`, `E_ADAPTER_INVALID`.
 */
export async function assess(
  { descriptor, protocolVersion }: PackageHead,
  wish: UpgradeWish,
): Promise<Assessment> {
  const target = targetOf(descriptor, wish.device, wish.inventory);
  const tools =
    target === undefined ? undefined : await toolState(descriptor, target.device, wish.toolchains);
  const reasons = [
    ...protocolReasons(protocolVersion),
    ...(target === undefined ? [] : deviceReasons(descriptor, target.device)),
    ...(tools?.reasons ?? []),
    ...askedReasons(descriptor, wish),
  ];
  const notes = [
    ...(target === undefined ? [NO_DEVICE] : unknownDevice(target)),
    ...(tools?.notes ?? []),
  ];
  return { action: actionOf(reasons), target, reasons, notes, tools };
}

const NO_DEVICE = 'the package says no device: whether it fits one is told with -d DEVICE';

function unknownDevice({ device, knownFrom }: Target): string[] {
  return knownFrom === 'package'
    ? [`no device file has ${device.name}: what the package says of it is taken (--devices FILE)`]
    : [];
}

function actionOf(reasons: readonly UpgradeReason[]): Assessment['action'] {
  if (reasons.some(({ action }) => action === 'convert')) return 'convert';
  return reasons.length > 0 ? 'rewrite' : 'none';
}

function protocolReasons(version: number): UpgradeReason[] {
  if (version === PROTOCOL_VERSION) return [];
  const message = `its descriptor is of ${protocolName(version)}, the current one is ${protocolName(PROTOCOL_VERSION)}`;
  return [{ code: 'PROTOCOL', message, action: 'rewrite' }];
}

/** What speaks against the device as it is now, and what the package says otherwise of it. */
function deviceReasons(descriptor: Descriptor, device: Device): UpgradeReason[] {
  const against = match(subjectOfPackage(descriptor), device).reasons.filter(
    ({ ok }) => ok === false,
  );
  const misfits = against.map(
    ({ code, message }): UpgradeReason => ({ code, message, action: 'convert' }),
  );
  const was = descriptor.device;
  if (was?.name !== device.name) {
    const made = was === undefined ? 'it says no device' : `it was made for ${was.name}`;
    const action = isTiedTo(descriptor, device) ? 'convert' : 'rewrite';
    return [
      { code: 'DEVICE', message: `${made}, and is wanted for ${device.name}`, action },
      ...misfits,
    ];
  }
  const differing = differingFields(was, describeDevice(device));
  if (differing.length === 0) return misfits;
  const message = `the package says another ${differing.join(', ')} of ${device.name}`;
  return [...misfits, { code: 'DEVICE_INFO', message, action: 'rewrite' }];
}

/** Options arrange a model for the processor that it was made for: another one needs it made again. */
function isTiedTo({ device, conversion }: Descriptor, to: Device): boolean {
  const own = to.converter?.options ?? {};
  const used = conversion?.options ?? {};
  const keepsOptions = Object.entries(own).every(([key, value]) => used[key] === value);
  const hasOptions = Object.keys(used).length > 0;
  return !keepsOptions || (hasOptions && device?.arch !== to.arch);
}

function differingFields(was: object, now: object): string[] {
  const [before, after] = [new Map(Object.entries(was)), new Map(Object.entries(now))];
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) =>
      !key.startsWith('x-') && JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key)),
  );
}

function askedReasons(descriptor: Descriptor, wish: UpgradeWish): UpgradeReason[] {
  const asked = metadataOf(wish);
  const changed = METADATA.filter((field) => field in asked && asked[field] !== descriptor[field]);
  return [
    ...(changed.length === 0
      ? []
      : [
          {
            code: 'METADATA',
            message: `another ${changed.join(', ')} is asked for`,
            action: 'rewrite' as const,
          },
        ]),
    ...(wish.rebuild
      ? [{ code: 'REBUILD', message: 'it is asked for', action: 'convert' as const }]
      : []),
  ];
}
