import { ModelconvError } from '../../errors.js';
import { from0 } from './from-0.js';
import { PROTOCOL_VERSION, protocolName } from './protocol.js';

/** What brings a descriptor of each older protocol to the next one; the place is the version. */
const STEPS: readonly ((descriptor: Readonly<Record<string, unknown>>) => unknown)[] = [from0];

/**
 * The data of a descriptor as the current protocol has it. Its schema is checked by whoever asks.
 *
 * @param version - of the protocol that the data is of.
 * @throws ModelconvError `E_DESCRIPTOR_INVALID` when it is newer than this program.
 */
export function migrate(data: unknown, version: number, label: string): unknown {
  if (version > PROTOCOL_VERSION)
    throw new ModelconvError('E_DESCRIPTOR_INVALID', {
      what: `${label} is of the protocol ${protocolName(version)}`,
      why: `this modelconv knows protocols up to ${protocolName(PROTOCOL_VERSION)}`,
      next: 'update modelconv: npm install -g modelconv@latest',
    });
  return STEPS.slice(version).reduce<unknown>(
    (older, step) => step(older as Readonly<Record<string, unknown>>),
    data,
  );
}
