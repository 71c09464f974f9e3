import { ModelconvError } from '../../errors.js';
import { valueAt, type YamlChange } from '../../schema/edit/change.js';
import { editYaml } from '../../schema/edit/edit-yaml.js';
import { parseYaml } from '../../schema/parse.js';
import { MARK } from '../device-file.js';
import type { Assignment } from './assignment.js';

/** A change of one device in a device file. */
export type DeviceChange =
  | { readonly kind: 'add'; readonly name: string; readonly fields: readonly Assignment[] }
  | {
      readonly kind: 'edit';
      readonly name: string;
      readonly set: readonly Assignment[];
      readonly unset: readonly (readonly string[])[];
    }
  | { readonly kind: 'remove'; readonly name: string };

const HEAD = '# Devices that modelconv converts for and checks against: modelconv devices --help\n';

/**
 * The text of a device file with one device changed. Nothing else of it is touched.
 *
 * @param text - undefined for a file that is not there.
 * @throws ModelconvError `E_USAGE` when the file has no such device, or has it already, or one of its own alone.
 */
export function changedFile(text: string | undefined, file: string, change: DeviceChange): string {
  if (text === undefined) return editYaml(emptyFile(file), file, addition(change));
  const [mark = ''] = MARK.exec(text) ?? [];
  const plain = text.slice(mark.length);
  const edit = (edited: string, step: YamlChange): string => editYaml(edited, file, step);
  return `${mark}${stepsOf(plain, file, change).reduce(edit, plain)}`;
}

function emptyFile(file: string): string {
  return /\.json$/i.test(file) ? '{\n  "devices": []\n}\n' : `${HEAD}devices: []\n`;
}

function stepsOf(text: string, file: string, change: DeviceChange): YamlChange[] {
  const { data } = parseYaml(text, file, 'E_DEVICE_INVALID');
  const names = namesIn(data);
  const own = names === undefined;
  const index = (names ?? [String((data as { name?: unknown }).name)]).indexOf(change.name);
  if (change.kind === 'add') {
    if (index >= 0) throw isThere(file, change.name);
    if (own) throw isAlone(file, 'another cannot be added');
    return [addition(change)];
  }
  if (index < 0) throw isNotThere(file, change.name);
  const place = own ? [] : ['devices', index];
  if (change.kind === 'remove') {
    if (own) throw isAlone(file, 'nothing of it would be left', `rm "${file}"`);
    return [{ kind: 'remove', path: place }];
  }
  const device = valueAt(data, place);
  for (const path of change.unset) requireField(device, path, file, change.name);
  for (const { path } of change.set) requirePlace(device, path, change.name);
  return [
    ...change.unset.map((path): YamlChange => ({ kind: 'remove', path: [...place, ...path] })),
    ...change.set.map(
      ({ path, value }): YamlChange => ({ kind: 'set', path: [...place, ...path], value }),
    ),
  ];
}

/** @throws ModelconvError `E_USAGE` for a field that the file does not give the device. */
function requireField(device: unknown, path: readonly string[], file: string, name: string): void {
  if (valueAt(device, path) !== undefined) return;
  throw new ModelconvError('E_USAGE', {
    what: `${name} has no field ${path.join('.')} in ${file}`,
    why: `it has: ${Object.keys(device as object).join(', ')}`,
    next: `what it extends may say it, and --set says otherwise: modelconv devices show ${name}`,
  });
}

/** @throws ModelconvError `E_USAGE` for a field of something that has no fields. */
function requirePlace(device: unknown, path: readonly string[], name: string): void {
  for (let depth = 1; depth < path.length; depth++) {
    const above = path.slice(0, depth);
    const holder = valueAt(device, above);
    if (holder === undefined) return;
    if (typeof holder === 'object' && holder !== null && !Array.isArray(holder)) continue;
    throw new ModelconvError('E_USAGE', {
      what: `there is no field ${path.join('.')}`,
      why: `${above.join('.')} of ${name} is ${Array.isArray(holder) ? 'a list' : 'one value'}`,
      next: `give it whole: --set ${above.join('.')}=VALUE`,
    });
  }
}

function addition(change: DeviceChange): YamlChange {
  const device = { name: change.name };
  const fields = change.kind === 'add' ? change.fields : [];
  for (const { path, value } of fields) assign(device, path, value);
  return { kind: 'append', path: ['devices'], value: device };
}

function assign(device: object, path: readonly string[], value: unknown): void {
  let at = device as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const below = at[key];
    at[key] = typeof below === 'object' && below !== null ? below : {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1) ?? ''] = value;
}

/** Names of the devices in a list; undefined where the file is one device. */
function namesIn(data: unknown): unknown[] | undefined {
  const { devices } = data as { devices?: unknown };
  return Array.isArray(devices)
    ? devices.map((device: { name?: unknown } | null) => device?.name)
    : undefined;
}

function isThere(file: string, name: string): ModelconvError {
  return new ModelconvError('E_USAGE', {
    what: `${file} has a device named "${name}" already`,
    next: `change it: modelconv devices edit ${name} --set KEY=VALUE; or choose another name`,
  });
}

function isNotThere(file: string, name: string): ModelconvError {
  return new ModelconvError('E_DEVICE_UNKNOWN', {
    what: `${file} has no device named "${name}"`,
    next: 'see where each one is defined: modelconv devices list',
  });
}

function isAlone(file: string, why: string, next?: string): ModelconvError {
  return new ModelconvError('E_USAGE', {
    what: `${file} is one device, not a list`,
    why,
    next: next ?? 'name another file with --to, or make it a list: devices: [...]',
  });
}
