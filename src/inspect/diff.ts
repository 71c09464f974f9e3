import { readHead } from '../package/read.js';
import type { Descriptor, DiffResult, FieldDifference } from '../schema/generated/types.js';

/** Lists whose members have a name of their own: compared by it, and not by their place. */
const NAMED: Readonly<Record<string, string>> = {
  files: 'path',
  'model.inputs': 'name',
  'model.outputs': 'name',
};

/**
 * Compare two packages field by field; files by their digests. Of each only the head is read.
 *
 * @throws ModelconvError as `readHead` does.
 */
export async function diffPackages(a: string, b: string): Promise<DiffResult> {
  const [first, second] = [await readHead(a), await readHead(b)];
  const [before, after] = [fieldsOf(first.descriptor), fieldsOf(second.descriptor)];
  const fields = [...new Set([...before.keys(), ...after.keys()])];
  const differences = fields.flatMap((field): FieldDifference[] => {
    const [left, right] = [before.get(field), after.get(field)];
    return left === right
      ? []
      : [
          {
            field,
            ...(left === undefined ? {} : { a: JSON.parse(left) }),
            ...(right === undefined ? {} : { b: JSON.parse(right) }),
          },
        ];
  });
  return { a, b, same: differences.length === 0, differences };
}

/** Every field that holds a value, by its dotted path; values as JSON, lists of plain values as one. */
export function fieldsOf(descriptor: Partial<Descriptor>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || isPlainList(value)) {
      found.set(path, JSON.stringify(value));
      return;
    }
    const members = Array.isArray(value) ? membersOf(value, path) : Object.entries(value);
    if (members.length === 0) found.set(path, JSON.stringify(value));
    for (const [key, member] of members) visit(member, path === '' ? key : `${path}.${key}`);
  };
  visit(descriptor, '');
  return found;
}

function isPlainList(value: object): boolean {
  return Array.isArray(value) && value.every((member) => typeof member !== 'object');
}

function membersOf(list: readonly unknown[], path: string): [string, unknown][] {
  const key = NAMED[path];
  return list.map((member, place) => {
    if (key === undefined) return [String(place), member];
    const { [key]: name, ...rest } = Object(member) as Record<string, unknown>;
    return [`[${String(name)}]`, rest];
  });
}
