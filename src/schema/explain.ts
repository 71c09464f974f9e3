import { readFileSync } from 'node:fs';
import { didYouMean } from './nearest.js';
import type { SchemaError } from './validate.js';

type Json = Readonly<Record<string, unknown>>;

const SCHEMA_DIR = new URL('../../schemas/', import.meta.url);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readSchema(file: string): Json {
  return JSON.parse(readFileSync(new URL(file, SCHEMA_DIR), 'utf8')) as Json;
}

function step(schema: unknown, key: string): unknown {
  if (Array.isArray(schema)) return schema[Number(key)];
  return isObject(schema) ? schema[key] : undefined;
}

/**
 * The schema object that a fault's `schemaPath` stands in.
 * ajv writes the path from the nearest `$ref` target on: `common.schema.json#/$defs/name/pattern`.
 */
function schemaAt(rootFile: string, schemaPath: string): Json | undefined {
  const [file, pointer = ''] = schemaPath.split('#');
  const keys = pointer.split('/').slice(1, -1).map(decodePointer);
  const name = file?.slice(file.lastIndexOf('/') + 1);
  let at: unknown = readSchema(name === undefined || name === '' ? rootFile : name);
  for (const key of keys) at = step(at, key);
  return isObject(at) ? at : undefined;
}

/** A schema, and the file that its own references start from. */
interface Found {
  readonly file: string;
  readonly schema: Json;
}

function resolved(file: string, schema: unknown): Found | undefined {
  if (!isObject(schema)) return undefined;
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return { file, schema };
  const [target = '', pointer = ''] = reference.split('#');
  const from = target === '' ? file : target;
  let at: unknown = readSchema(from);
  for (const key of pointer.split('/').slice(1).map(decodePointer)) at = step(at, key);
  return resolved(from, at);
}

/**
 * The schema of the value at an instance path, by the names of its keys. For references that ajv compiled
 * to functions of their own: their paths start in a file that they do not name.
 */
function schemaOfValue(rootFile: string, instancePath: string): Json | undefined {
  let at = resolved(rootFile, readSchema(rootFile));
  for (const key of instancePath.split('/').slice(1).map(decodePointer)) {
    if (at === undefined) return undefined;
    const { file, schema } = at;
    // `then`: an object beside a text, `type: [string, object]`
    const own = [schema, schema['then']].map((one) => resolved(file, one)?.schema);
    const inner = own
      .flatMap((one) => [
        step(one?.['properties'], key),
        one?.['additionalProperties'],
        one?.['items'],
      ])
      .find(isObject);
    at = resolved(file, inner);
  }
  return at?.schema;
}

function decodePointer(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}

function list(values: readonly unknown[]): string {
  return values
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function description(schema: Json | undefined): string {
  const text = schema?.['description'];
  return typeof text === 'string' ? ` (${text})` : '';
}

/** A version or a name written without quotes is read as a number: the most frequent slip in YAML. */
function typeHint(expected: unknown, value: unknown): string {
  const wantsText =
    expected === 'string' || (Array.isArray(expected) && expected.includes('string'));
  return wantsText && (typeof value === 'number' || typeof value === 'boolean')
    ? `: put it in quotes, "${String(value)}"`
    : '';
}

/**
 * One sentence about what would be right at the place of a schema fault.
 *
 * @param rootFile - file name of the schema that was checked, in `schemas/`; read only when a fault is explained.
 * @param value - the value that stands there.
 */
export function explainFault(rootFile: string, error: SchemaError, value: unknown): string {
  const isOwn = error.schemaPath.startsWith('#');
  const ofValue = isOwn ? schemaOfValue(rootFile, error.instancePath) : undefined;
  const schema = ofValue ?? schemaAt(rootFile, error.schemaPath);
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = isObject(schema?.['properties']) ? Object.keys(schema['properties']) : [];
      return `unknown key ${JSON.stringify(key)}.${didYouMean(key, known)} Allowed: ${list(known)}, or any key that starts with x-`;
    }
    case 'required': {
      const key = String(params['missingProperty']);
      const properties = isObject(schema?.['properties']) ? schema['properties'] : {};
      const wanted = properties[key];
      return `"${key}" is missing${description(isObject(wanted) ? wanted : undefined)}`;
    }
    case 'enum': {
      const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'] : [];
      const guess = typeof value === 'string' ? didYouMean(value, allowed.map(String)) : '';
      return `${show(value)} is not one of: ${list(allowed)}.${guess}`;
    }
    case 'const':
      return `must be ${show(params['allowedValue'])}, not ${show(value)}`;
    case 'type':
      return `must be ${list([params['type']].flat())}, not ${show(value)}${typeHint(params['type'], value)}`;
    case 'pattern':
      return `${show(value)} does not fit${description(schema)}`;
    default:
      return `${error.message ?? error.keyword}, not ${show(value)}${description(schema)}`;
  }
}
