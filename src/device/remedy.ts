import { shellWord } from '../printable.js';
import type { Device } from '../schema/generated/types.js';
import type { MatchSubject } from './match.js';

/** The commands that help where a model does not fit a device; `match` knows no files. */
export interface Remedy {
  /** Makes the model anew, for this device, the way that it was made. */
  readonly remake: string;
  /** Makes it anew from its source, in a precision that the device has. */
  readonly anew: string;
  /** Makes it anew from its source with integers. */
  readonly quantize: string;
  /** Tells which devices can run it. */
  readonly others: string;
  /** Says something about the device that it does not say of itself: `say('stack.version=2.3.2')`. */
  say(assignment: string): string;
}

/** What is known of the file and of the device beside the two. */
export interface RemedyFacts {
  /** The file; undefined where there is none, or none any more. */
  readonly file?: { readonly path: string; readonly kind: 'package' | 'model' } | undefined;
  /** Whether an adapter converts this model as it is. */
  readonly isSource?: boolean | undefined;
  /** Whether an adapter makes models for the device at all. */
  readonly hasConverter?: boolean | undefined;
  /** Whether a device file defines the device. */
  readonly isOwn?: boolean | undefined;
}

/** The commands for a model and a device. */
export function remedyFor(device: Device, facts: RemedyFacts = {}): Remedy {
  const path = facts.file === undefined ? 'FILE' : shellWord(facts.file.path);
  const say = (assignment: string): string =>
    facts.isOwn === true
      ? `modelconv devices edit ${device.name} --set ${assignment}`
      : `modelconv devices add NAME --extends ${device.name} --set ${assignment}`;
  return {
    remake: remakeOf(device, facts, path, say),
    // an upgrade keeps the precision of a package
    anew: remakeOf(device, { ...facts, file: modelOf(facts) }, path, say),
    quantize: `modelconv convert SOURCE -d ${device.name} --precision int8 --calibration DIR -o OUT`,
    others: `modelconv devices match ${path}`,
    say,
  };
}

function modelOf({ file }: RemedyFacts): RemedyFacts['file'] {
  return file?.kind === 'package' ? undefined : file;
}

function remakeOf(
  { name, stack }: Device,
  { file, isSource, hasConverter }: RemedyFacts,
  path: string,
  say: Remedy['say'],
): string {
  if (hasConverter === false)
    return stack === undefined
      ? `${name} does not say which software it has, and so which converter is for it: ${say('stack.kind=KIND')}`
      : `no adapter makes models for ${stack.kind}: convert it with the tool of the vendor, and pack what that made: modelconv pack FILE --descriptor pack.yaml -o OUT`;
  if (file?.kind === 'package') return `modelconv upgrade ${path} -d ${name}`;
  return `modelconv convert ${isSource === true ? path : 'SOURCE'} -d ${name} -o OUT`;
}

/** What helps where a model does not fit into memory. */
export function nextForMemory(
  { precision }: Pick<MatchSubject, 'precision'>,
  { precisions }: Device,
  { quantize, others }: Remedy,
): string {
  const isFloat = precision !== undefined && /^(?:fp|bf)/.test(precision);
  return isFloat && precisions?.includes('int8') === true
    ? `make it smaller: ${quantize}; or see which devices have room: ${others}`
    : `see which devices have room for it: ${others}`;
}
