import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DocumentKind } from '../../src/schema/check.js';
import { validate as adapter } from '../../src/schema/generated/adapter.js';
import { validate as request } from '../../src/schema/generated/conversion-request.js';
import { validate as descriptor } from '../../src/schema/generated/descriptor.js';
import { validate as device } from '../../src/schema/generated/device.js';
import { validate as inventory } from '../../src/schema/generated/device-inventory.js';
import { validate as preprocess } from '../../src/schema/generated/preprocess.js';
import type { Validate } from '../../src/schema/validate.js';
import { descriptorOf } from '../support/package.js';

type Json = { readonly [key: string]: unknown };

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCHEMAS = new Map(
  readdirSync(`${ROOT}schemas`)
    .filter((name) => name.endsWith('.schema.json'))
    .map((name) => [name, JSON.parse(readFileSync(`${ROOT}schemas/${name}`, 'utf8')) as Json]),
);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every schema within a schema, with its place; not what only looks like one (examples, constants). */
function* within(schema: unknown, place: string): Generator<[place: string, schema: Json]> {
  if (!isObject(schema)) return;
  yield [place, schema];
  for (const key of ['properties', 'patternProperties', '$defs'])
    for (const [name, inner] of Object.entries(isObject(schema[key]) ? schema[key] : {}))
      yield* within(inner, `${place}/${key}/${name}`);
  for (const key of ['items', 'additionalProperties', 'if', 'then', 'else', 'not', 'propertyNames'])
    yield* within(schema[key], `${place}/${key}`);
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    const list = Array.isArray(schema[key]) ? schema[key] : [];
    for (const [i, inner] of list.entries()) yield* within(inner, `${place}/${key}/${i}`);
  }
}

const hasText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

/** Whether a schema, or the one that it refers to, has a description. */
function isDescribed(schema: Json, root: Json): boolean {
  if (hasText(schema['description'])) return true;
  const [file, pointer = ''] = String(schema['$ref'] ?? '').split('#');
  let target: unknown = file === '' ? root : SCHEMAS.get(file ?? '');
  for (const key of pointer.split('/').slice(1))
    target = isObject(target) ? target[key] : undefined;
  return isObject(target) && hasText(target['description']);
}

describe.each([...SCHEMAS])('%s', (file, schema) => {
  it('has a title, a description, and an $id that ends in its name', () => {
    expect(hasText(schema['title']) && hasText(schema['description'])).toBe(true);
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema['$id']).toMatch(new RegExp(`/${file.replaceAll('.', '\\.')}$`));
  });

  it('describes every property', () => {
    const bare: string[] = [];
    for (const [place, inner] of within(schema, ''))
      for (const [name, property] of Object.entries(
        isObject(inner['properties']) ? inner['properties'] : {},
      ))
        if (!isObject(property) || !isDescribed(property, schema)) bare.push(`${place}/${name}`);
    expect(bare).toEqual([]);
  });

  it('has a title for every object with properties, takes no unknown keys but x-', () => {
    const open: string[] = [];
    for (const [place, inner] of within(schema, '')) {
      if (!isObject(inner['properties'])) continue;
      const doors = Object.keys(
        isObject(inner['patternProperties']) ? inner['patternProperties'] : {},
      );
      const isClosed = inner['additionalProperties'] === false && doors.join() === '^x-';
      if (!isClosed || !hasText(inner['title'])) open.push(place);
    }
    expect(open).toEqual([]);
  });

  it('says the unit of a number of bytes, seconds or decibels', () => {
    const bare: string[] = [];
    const units: readonly (readonly [RegExp, RegExp])[] = [
      [/Bytes$|^size$/, /bytes/i],
      [/Seconds$/, /seconds/i],
      [/Ms$/, /milliseconds/i],
      [/Db$/, /decibel/i],
    ];
    for (const [place, inner] of within(schema, ''))
      for (const [suffix, unit] of units)
        if (suffix.test(place.split('/').at(-1) ?? '') && !unit.test(String(inner['description'])))
          bare.push(place);
    expect(bare).toEqual([]);
  });
});

describe('the generated validators', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  ajv.addKeyword('tsType');
  for (const schema of SCHEMAS.values()) ajv.addSchema(schema);

  const GENERATED: Readonly<Record<DocumentKind, Validate>> = {
    descriptor,
    device,
    'device-inventory': inventory,
    'conversion-request': request,
    adapter,
    preprocess,
  };

  const DEVICE = {
    name: 'a',
    class: 'edge',
    memoryBytes: 1,
    stack: { kind: 'b', version: '1' },
    formats: ['ort'],
    connection: { type: 'ssh', host: 'h', port: 22 },
    converter: { adapter: 'c', options: { level: 1 } },
  };
  const VALID: Readonly<Record<DocumentKind, Json>> = {
    descriptor: {
      ...(parse(descriptorOf({ 'model/a': 'a', 'labels.txt': 'b' }).toString()) as Json),
      conversion: {
        performed: true,
        source: { format: 'onnx', sha256: 'a'.repeat(64), size: 1, included: false, path: 'a' },
      },
      verification: {
        passed: true,
        metrics: { y: { elements: 1, cosine: 1 } },
        truth: {
          inputs: [
            {
              name: 'x',
              raw: { path: 'truth/raw-0.png', sha256: 'a'.repeat(64) },
              tensor: { path: 'truth/input-0.npy', sha256: 'b'.repeat(64) },
              from: 'given',
              maxAbs: 0.1,
            },
          ],
          outputs: [],
          tolerance: { cosine: 0.9 },
        },
      },
    },
    device: DEVICE,
    'device-inventory': { devices: [DEVICE, { name: 'b' }] },
    'conversion-request': {
      source: { path: 'a' },
      device: DEVICE,
      output: 'a.tar',
      verify: { seed: 1, tolerance: { cosine: 0.9 } },
      options: { a: 1, b: true },
    },
    adapter: parse(
      readFileSync(`${ROOT}src/adapters/described/catalogue/qairt.yaml`, 'utf8'),
    ) as Json,
    preprocess: {
      kind: 'Preprocess',
      inputs: {
        a: { mean: [1], scale: [2, 3], range: [0, 1], where: 'host' },
        '*': { colorOrder: 'bgr', where: { mean: 'npu', resize: 'host' } },
      },
    },
  };

  /** Places of all values of a document. */
  function* places(value: unknown, place: readonly string[] = []): Generator<readonly string[]> {
    yield place;
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) yield* places(inner, [...place, key]);
  }

  function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy = structuredClone(value) as Record<string, unknown>;
    const inner = replaced(copy[key], rest, by);
    if (inner === undefined) delete copy[key];
    else copy[key] = inner;
    return copy;
  }

  const junk = fc.oneof(
    fc.constantFrom(undefined, null, '', '../x', '/', 'x', '1.2', 0, -1, 1.5, 1e300, true, [], {}),
    fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, ['x', 'x'], { 'x-a': 1 }),
    fc.constantFrom<unknown>({ a: 1 }, [{}], { name: 'n' }, 'modelconv/1', 'A'.repeat(5000)),
    fc.jsonValue(),
  );

  const kinds = Object.keys(GENERATED) as DocumentKind[];
  it.each(kinds)('of %s find the same faults as ajv itself', (kind) => {
    const generated = GENERATED[kind];
    const { $id } = SCHEMAS.get(`${kind}.schema.json`) ?? {};
    const compiled = ajv.getSchema(String($id)) as ValidateFunction;
    const faults = ({ errors }: { errors?: unknown }): string =>
      JSON.stringify(
        ((errors ?? []) as Json[]).map(({ instancePath, keyword, params, schemaPath }) => ({
          instancePath,
          keyword,
          params,
          schemaPath,
        })),
      );
    expect(generated(VALID[kind]), faults(generated)).toBe(true);
    const property = fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places(VALID[kind])), junk), { maxLength: 3 }),
      (changes) => {
        const document = changes.reduce<unknown>((at, [place, by]) => {
          const isThere = [...places(at)].some((known) => known.join('\n') === place.join('\n'));
          return isThere ? replaced(at, place, by) : at;
        }, VALID[kind]);
        expect(generated(document)).toBe(compiled(document));
        expect(faults(generated)).toBe(faults(compiled));
      },
    );
    fc.assert(property, { numRuns: Number(process.env['MODELCONV_FUZZ_RUNS'] ?? 300) });
  });
});

it('what is generated from the schemas is up to date', () => {
  const script = `${ROOT}scripts/generate-schema.mjs`;
  const out = execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(out).toContain('up to date');
});
