import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

const DIRECTORY = new URL('../../schemas/', import.meta.url);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addKeyword('tsType');

export const SCHEMA_FILES: readonly string[] = readdirSync(DIRECTORY).sort();

for (const file of SCHEMA_FILES)
  ajv.addSchema(JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as object);

/** A schema by its file name; throws when it, or one that it refers to, does not compile. */
export function compiled(file: string): unknown {
  return ajv.getSchema(`https://modelconv.dev/schemas/${file}`)?.schema;
}

/** Fails, with every fault, when the value does not fit `schemas/NAME.schema.json`. */
export function expectValid<T>(name: string, value: T): T {
  const validate = ajv.getSchema(`https://modelconv.dev/schemas/${name}.schema.json`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value;
}
