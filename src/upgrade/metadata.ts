import type { Descriptor } from '../schema/generated/types.js';

/** What is said of a model for people, and follows from nothing else. */
export const METADATA = ['name', 'version', 'description', 'license'] as const;

export type Metadata = Partial<Pick<Descriptor, (typeof METADATA)[number]>>;

/** The metadata that a descriptor has, or that is asked for; what is absent or undefined is left out. */
export function metadataOf(
  holder: {
    readonly [Field in keyof Metadata]: Metadata[Field] | undefined;
  },
): Metadata {
  return Object.fromEntries(
    METADATA.flatMap((field) => (holder[field] === undefined ? [] : [[field, holder[field]]])),
  );
}
