import { ModelconvError } from '../errors.js';
import { readSmallText } from '../host/files.js';
import { checkDocument } from '../schema/check.js';
import type { Device } from '../schema/generated/types.js';
import { type ParsedYaml, parseYaml } from '../schema/parse.js';

const MAX_BYTES = 1024 * 1024;
/** Byte order mark, which some editors write. */
export const MARK: RegExp = /^\uFEFF/;

/**
 * Read a device file: one device, or a list under `devices:`.
 *
 * @throws {@link ModelconvError} `E_INPUT` or `E_DEVICE_INVALID`, with every fault and its place.
 */
export async function readDeviceFile(file: string): Promise<Device[]> {
  return await parseDeviceFile(await readDeviceText(file), file);
}

/** The text of a device file, its byte order mark included. @throws {@link ModelconvError} `E_INPUT`, `E_DEVICE_INVALID` for one that is too large. */
export async function readDeviceText(file: string): Promise<string> {
  return await readSmallText(file, MAX_BYTES, 'E_DEVICE_INVALID', { keepsMark: true });
}

/**
 * The devices in the text of a device file.
 *
 * @throws {@link ModelconvError} `E_DEVICE_INVALID`, with every fault and its place.
 */
export async function parseDeviceFile(text: string, file: string): Promise<Device[]> {
  const parsed = parseYaml(text.replace(MARK, ''), file, 'E_DEVICE_INVALID');
  if (!isList(parsed.data)) return [await checkDocument('device', parsed.data, file, parsed)];
  const { devices } = await checkDocument('device-inventory', parsed.data, file, parsed);
  refuseDoubles(file, devices, parsed);
  return devices;
}

function isList(data: unknown): boolean {
  return (
    typeof data === 'object' &&
    data !== null &&
    ('devices' in data || ('kind' in data && data.kind === 'DeviceInventory'))
  );
}

function refuseDoubles(file: string, devices: readonly Device[], parsed: ParsedYaml): void {
  const places = new Map<string, number>();
  const faults = devices.flatMap(({ name }, index) => {
    const first = places.get(name);
    if (first === undefined) {
      places.set(name, index);
      return [];
    }
    return [
      {
        path: `/devices/${index}/name`,
        message: `"${name}" is already the name of device ${first + 1} of this file`,
        ...parsed.place(['devices', String(index), 'name']),
      },
    ];
  });
  if (faults.length > 0)
    throw new ModelconvError('E_DEVICE_INVALID', {
      what: `${file} is not valid`,
      why: 'device names must differ',
      faults,
    });
}
