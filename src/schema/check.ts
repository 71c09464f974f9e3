import { type ErrorCode, type Fault, ModelconvError } from '../errors.js';
import { explainFault } from './explain.js';
import type {
  AdapterDescription,
  ConversionRequest,
  Descriptor,
  Device,
  DeviceInventory,
  PreprocessDocument,
} from './generated/types.js';
import type { SchemaError, Validate } from './validate.js';

/** What a document of each kind is parsed to. */
export interface DocumentTypes {
  descriptor: Descriptor;
  device: Device;
  'device-inventory': DeviceInventory;
  'conversion-request': ConversionRequest;
  adapter: AdapterDescription;
  preprocess: PreprocessDocument;
}

export type DocumentKind = keyof DocumentTypes;

const VALIDATORS: Record<DocumentKind, () => Promise<{ validate: Validate }>> = {
  descriptor: () => import('./generated/descriptor.js'),
  device: () => import('./generated/device.js'),
  'device-inventory': () => import('./generated/device-inventory.js'),
  'conversion-request': () => import('./generated/conversion-request.js'),
  adapter: () => import('./generated/adapter.js'),
  preprocess: () => import('./generated/preprocess.js'),
};

/** What a fault in a document of each kind is called. */
export const DOCUMENT_CODES: Record<DocumentKind, ErrorCode> = {
  descriptor: 'E_DESCRIPTOR_INVALID',
  device: 'E_DEVICE_INVALID',
  'device-inventory': 'E_DEVICE_INVALID',
  'conversion-request': 'E_REQUEST_INVALID',
  adapter: 'E_ADAPTER_INVALID',
  preprocess: 'E_PREPROCESS_INVALID',
};

/** Faults that are told at once; a document with more is not the right file. */
export const MAX_FAULTS = 500;

/** Where the values of a document stand in its text. */
export interface Places {
  /** Line and column (from 1) of the value at a JSON pointer, or of the nearest value around it. */
  place(path: readonly string[]): { line: number; column: number } | undefined;
}

/** The error of a document with faults, in the order of the text. */
export function invalidDocument(
  code: ErrorCode,
  label: string,
  why: string,
  faults: readonly Fault[],
): ModelconvError {
  const sorted = [...faults].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const isPlaced = sorted.some(({ line }) => line !== undefined);
  return new ModelconvError(code, {
    what: `${label} is not valid`,
    why,
    faults: sorted,
    next: isPlaced ? 'correct the places named above' : 'check whether it is the right file',
  });
}

/** The generated validator of a kind of document; the first call loads it. */
export function loadValidator(kind: DocumentKind): Promise<{ validate: Validate }> {
  return VALIDATORS[kind]();
}

/**
 * Check data against the schema of its kind. All faults are reported at once, each with its place.
 *
 * @param parsed - the YAML it came from, for lines and columns; the data may have been filled in since.
 * @returns the same data, typed.
 * @throws {@link ModelconvError} with the code of its kind ({@link DOCUMENT_CODES}).
 */
export async function checkDocument<K extends DocumentKind>(
  kind: K,
  data: unknown,
  label: string,
  parsed?: Places,
): Promise<DocumentTypes[K]> {
  const { validate } = await loadValidator(kind);
  if (validate(data)) return data as DocumentTypes[K];
  const faults = (validate.errors ?? [])
    .filter(isPrimary)
    .slice(0, MAX_FAULTS)
    .map((error) => toFault(kind, error, data, parsed));
  throw invalidDocument(
    DOCUMENT_CODES[kind],
    label,
    `it does not fit schemas/${kind}.schema.json`,
    faults,
  );
}

/** `if` only repeats the fault found in its `then`. */
function isPrimary(error: SchemaError): boolean {
  return error.keyword !== 'if';
}

function toFault(
  kind: DocumentKind,
  error: SchemaError,
  data: unknown,
  parsed: Places | undefined,
): Fault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const extra =
    error.keyword === 'additionalProperties' ? [String(error.params['additionalProperty'])] : [];
  const place = parsed?.place([...path, ...extra]);
  const value = path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined,
    data,
  );
  return {
    path: error.instancePath,
    message: explainFault(`${kind}.schema.json`, error, value),
    ...place,
  };
}
