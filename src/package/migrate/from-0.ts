type Fields = Readonly<Record<string, unknown>>;

/**
 * `modelconv/0`, the draft, as `modelconv/1` (docs/package.md, "Older protocols"):
 * digests were written `digest: sha256:HEX`, the oldest runtime `minimum`, whether a model is quantized
 * `quantized`, and the check against the source `parity`. Whatever else it holds is left as it is, for the
 * schema to judge.
 */
export function from0(descriptor: Fields): Fields {
  const { parity, ...rest } = descriptor;
  return {
    ...rest,
    protocol: 'modelconv/1',
    ...changed(descriptor, 'model', withType),
    ...changed(descriptor, 'software', (software) => ({
      ...software,
      ...changed(software, 'stack', (stack) => renamed(stack, 'minimum', 'minimumVersion')),
    })),
    ...changed(descriptor, 'conversion', (conversion) => ({
      ...conversion,
      ...changed(conversion, 'source', (source) => ({
        ...withDigest(source),
        ...listed(source, 'files', withDigest),
      })),
    })),
    ...(parity === undefined
      ? {}
      : {
          verification: isFields(parity)
            ? { ...parity, ...changed(parity, 'inputs', withDigest) }
            : parity,
        }),
    ...listed(descriptor, 'files', withDigest),
  };
}

function withType({ quantized, ...model }: Fields): Fields {
  if (quantized === undefined) return model;
  return { ...model, type: quantized === true ? 'quantized' : 'float' };
}

function withDigest(entry: Fields): Fields {
  const { digest, ...rest } = entry;
  const [, sha256] = /^sha256:(.*)$/.exec(String(digest)) ?? [];
  return sha256 === undefined ? entry : { ...rest, sha256 };
}

function renamed(fields: Fields, from: string, to: string): Fields {
  const { [from]: value, ...rest } = fields;
  return value === undefined ? fields : { ...rest, [to]: value };
}

/** A field with what `change` makes of it; nothing where it is no mapping. */
function changed(fields: Fields, key: string, change: (value: Fields) => Fields): Fields {
  const value = fields[key];
  return isFields(value) ? { [key]: change(value) } : {};
}

/** The same for every member of a list. */
function listed(fields: Fields, key: string, change: (value: Fields) => Fields): Fields {
  const value = fields[key];
  if (!Array.isArray(value)) return {};
  return { [key]: value.map((member: unknown) => (isFields(member) ? change(member) : member)) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
