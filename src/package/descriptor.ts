import { Document, isScalar, visit } from 'yaml';
import { ModelconvError } from '../errors.js';
import { checkDocument } from '../schema/check.js';
import type { Descriptor } from '../schema/generated/types.js';
import { parseYaml } from '../schema/parse.js';
import { MAX_DESCRIPTOR_BYTES } from './limits.js';
import { PROTOCOL_VERSION, protocolVersionOf } from './migrate/protocol.js';

/** Order of the first-level keys: what a reader looks for first stands first, whoever made the object. */
const ORDER: readonly (keyof Descriptor)[] = [
  'protocol',
  'kind',
  'name',
  'version',
  'description',
  'license',
  'model',
  'software',
  'device',
  'conversion',
  'verification',
  'measurements',
  'lineage',
  'files',
];

/** Text of several lines of which one begins with a blank: written as a block, the library loses blanks of it. */
function hasIndentedLine(text: string): boolean {
  return text.includes('\n') && /^[ \t]/m.test(text);
}

/** Text that needs no quotes wherever it stands (the library adds them where it reads as a number). */
const BARE = /^[A-Za-z0-9_./-]+$/;

function ordered(descriptor: Descriptor): Record<string, unknown> {
  const rest = Object.keys(descriptor)
    .filter((key) => !ORDER.some((known) => known === key))
    .sort();
  const entries = Object.entries(descriptor);
  return Object.fromEntries(
    [...ORDER, ...rest].flatMap((key) =>
      entries.filter(([name, value]) => name === key && value !== undefined),
    ),
  );
}

/**
 * The descriptor as YAML. The same object gives the same bytes; digests are always in quotes, so
 * that their length does not depend on their digits.
 *
 * @throws {@link ModelconvError} `E_DESCRIPTOR_INVALID` when it is longer than 256 KiB.
 */
export function renderDescriptor(descriptor: Descriptor): Buffer {
  const document = new Document(ordered(descriptor), {
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === 'sha256' && isScalar(pair.value))
        pair.value.type = 'QUOTE_DOUBLE';
    },
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && hasIndentedLine(node.value)) node.type = 'QUOTE_DOUBLE';
    },
    Seq: (_key, node) => {
      // short lists of numbers and names read best on one line
      if (!node.items.every((item) => isScalar(item))) return;
      node.flow = true;
      for (const item of node.items) {
        // the library leaves some texts bare that mean something else between brackets
        if (isScalar(item) && typeof item.value === 'string' && !BARE.test(item.value))
          item.type = 'QUOTE_DOUBLE';
      }
    },
  });
  const bytes = Buffer.from(document.toString({ lineWidth: 0, flowCollectionPadding: false }));
  if (bytes.length > MAX_DESCRIPTOR_BYTES) {
    throw new ModelconvError('E_DESCRIPTOR_INVALID', {
      what: `the descriptor of ${descriptor.name} is too long`,
      why: `it takes ${bytes.length} bytes, at most ${MAX_DESCRIPTOR_BYTES} are allowed`,
      next: 'move long lists into files of the package',
    });
  }
  return bytes;
}

/** A descriptor as the current protocol has it, and the version of the protocol that it was written in. */
export interface ParsedDescriptor {
  readonly descriptor: Descriptor;
  readonly protocolVersion: number;
}

/**
 * Parse and check a descriptor; one of an older protocol is brought to the current one.
 *
 * @param label - how messages name it.
 * @throws {@link ModelconvError} `E_DESCRIPTOR_INVALID`.
 */
export async function parseDescriptor(text: string, label: string): Promise<ParsedDescriptor> {
  const parsed = parseYaml(text, label, 'E_DESCRIPTOR_INVALID');
  const protocolVersion = protocolVersionOf(parsed.data) ?? PROTOCOL_VERSION;
  if (protocolVersion === PROTOCOL_VERSION)
    return {
      descriptor: await checkDocument('descriptor', parsed.data, label, parsed),
      protocolVersion,
    };
  const { migrate } = await import('./migrate/migrate.js');
  const migrated = migrate(parsed.data, protocolVersion, label);
  return { descriptor: await checkDocument('descriptor', migrated, label), protocolVersion };
}
