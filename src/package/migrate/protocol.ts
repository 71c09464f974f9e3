/** Version of the model management protocol that descriptors are written in. */
export const PROTOCOL_VERSION = 1;

const NAME = /^modelconv\/(0|[1-9][0-9]{0,5})$/;

/** The protocol of a version, as the first line of a descriptor says it. */
export function protocolName(version: number): string {
  return `modelconv/${version}`;
}

/** Version of the protocol that parsed data says it is of; undefined when it says none that could be one. */
export function protocolVersionOf(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('protocol' in data)) return undefined;
  const [, version] = NAME.exec(String(data.protocol)) ?? [];
  return version === undefined ? undefined : Number(version);
}
