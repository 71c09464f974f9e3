import { describeConverter, describeDevice } from '../convert/describe.js';
import type { Stage } from '../convert/plan.js';
import { fieldsOf } from '../inspect/diff.js';
import { protocolName } from '../package/migrate/protocol.js';
import type { PackageHead } from '../package/read.js';
import type { Conversion, Descriptor, UpgradeChange } from '../schema/generated/types.js';
import type { Assessment } from './assess.js';
import { metadataOf } from './metadata.js';
import { optionsFor } from './recipe.js';
import type { UpgradeWish } from './request.js';

/** What the changes follow from. */
export interface ChangesInput {
  readonly head: PackageHead;
  readonly assessment: Assessment;
  readonly wish: UpgradeWish;
  /** SHA-256 of the old descriptor. */
  readonly sha256: string;
  /** The converters that would run; undefined: it is not known, for the source is not there. */
  readonly stages: readonly Stage[] | undefined;
}

/** Every field of the descriptor that the upgrade would change, with the reason. Pure. */
export function changesOf(input: ChangesInput): UpgradeChange[] {
  const { head, assessment, sha256 } = input;
  const { action } = assessment;
  if (action === 'none') return [];
  const { descriptor, protocolVersion } = head;
  const [first] = assessment.reasons.filter((reason) => reason.action === action);
  const main = first?.code ?? 'METADATA';
  const was = protocolName(protocolVersion);
  return [
    ...(was === descriptor.protocol
      ? []
      : [{ field: 'protocol', from: was, to: descriptor.protocol, reason: 'PROTOCOL' }]),
    ...between(
      metadataOf(descriptor),
      { ...metadataOf(descriptor), ...metadataOf(input.wish) },
      'METADATA',
    ),
    ...deviceChanges(input),
    ...(action === 'convert' ? conversionChanges(input, main) : []),
    {
      field: 'lineage.upgradedFrom',
      ...(descriptor.lineage?.upgradedFrom === undefined
        ? {}
        : { from: descriptor.lineage.upgradedFrom }),
      to: sha256,
      reason: main,
    },
  ];
}

function deviceChanges({ head: { descriptor }, assessment }: ChangesInput): UpgradeChange[] {
  const { target, reasons } = assessment;
  if (target === undefined) return [];
  const { device } = descriptor;
  const code = reasons.some((reason) => reason.code === 'DEVICE') ? 'DEVICE' : 'DEVICE_INFO';
  return between(
    device === undefined ? {} : { device },
    { device: describeDevice(target.device) },
    code,
  );
}

/** Sections that follow from what the converter makes. */
const MEASURED = ['model', 'software', 'verification', 'files'] as const;

function conversionChanges(input: ChangesInput, reason: string): UpgradeChange[] {
  const { head, assessment, stages } = input;
  const { descriptor } = head;
  const old = descriptor.conversion;
  const device = assessment.target?.device;
  const adapter = assessment.tools?.adapter?.id;
  const options = device === undefined ? {} : optionsFor({ descriptor, device, adapter });
  const converter = stages === undefined ? undefined : describeConverter(stages);
  const tool = assessment.tools?.toolchain;
  const known =
    converter ??
    (tool === undefined || adapter === undefined
      ? undefined
      : { adapter, tool: tool.tool, version: tool.version });
  const was =
    known === undefined ? undefined : withoutSteps(old?.converter, converter !== undefined);
  return [
    ...between(section(was, old?.options), section(known, options), reason),
    ...MEASURED.map((field) => ({ field, measured: true, reason })),
    ...(descriptor.measurements === undefined
      ? []
      : [
          {
            field: 'measurements',
            from: `${descriptor.measurements.length} of the old model`,
            reason,
          },
        ]),
  ];
}

function section(converter: object | undefined, options: object = {}): Partial<Descriptor> {
  const conversion = {
    ...(converter === undefined ? {} : { converter }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
  return Object.keys(conversion).length === 0
    ? {}
    : ({ conversion } as unknown as Partial<Descriptor>);
}

/** Steps that are not known yet are no change. */
function withoutSteps(converter: Conversion['converter'], areKnown: boolean): object | undefined {
  if (converter === undefined || areKnown) return converter;
  const { steps: _steps, via: _via, ...rest } = converter;
  return rest;
}

/** Fields that differ, by their dotted paths. */
function between(
  before: Partial<Descriptor>,
  after: Partial<Descriptor>,
  reason: string,
): UpgradeChange[] {
  const [from, to] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((field): UpgradeChange[] => {
    const [a, b] = [from.get(field), to.get(field)];
    if (a === b) return [];
    return [
      {
        field,
        ...(a === undefined ? {} : { from: JSON.parse(a) }),
        ...(b === undefined ? {} : { to: JSON.parse(b) }),
        reason,
      },
    ];
  });
}
