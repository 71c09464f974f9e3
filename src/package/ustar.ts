import { ModelconvError } from '../errors.js';
import { BLOCK_BYTES } from './limits.js';

// A strict reader of tar headers. node-tar's own is made to get along with any archive; this one
// refuses whatever two programs could read in two ways (GHSA advisories of node-tar 2021 to 2026:
// links, extended headers that contradict the header, sizes that do not parse).

/** What one 512-byte header says. */
export interface UstarHeader {
  readonly type: 'file' | 'pax';
  readonly path: string;
  readonly sizeBytes: number;
}

const REFUSED: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a directory',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  g: 'a global extended header',
  D: 'a GNU directory dump',
  K: 'a GNU long link name',
  L: 'a GNU long name',
  M: 'a GNU continuation',
  S: 'a GNU sparse file',
  V: 'a GNU volume label',
  X: 'a Solaris extended header',
  N: 'an old GNU long name',
};

/** How a package that cannot be trusted is refused. */
export function invalidPackage(
  file: string,
  why: string,
  next = 'get the package again from where it came, or make it with: modelconv pack',
): ModelconvError {
  return new ModelconvError('E_PACKAGE_INVALID', {
    what: `${file} is not a valid package`,
    why,
    next,
  });
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

/** A number in octal digits with spaces around, or for large sizes in base 256; undefined when it is neither. */
function number(block: Buffer, start: number, length: number): number | undefined {
  const first = block[start] ?? 0;
  if (first === 0x80) {
    let value = 0n;
    for (const byte of block.subarray(start + 1, start + length))
      value = value * 256n + BigInt(byte);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
  }
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .replace(/^ +/, '');
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= 148 && i < 156 ? 0 : (block[i] ?? 0);
  return sum;
}

/** Whether the header is of POSIX ustar or of GNU tar; anything older says too little. */
function dialect(block: Buffer): 'posix' | 'gnu' | undefined {
  const magic = block.toString('latin1', 257, 265);
  if (magic === 'ustar\u000000') return 'posix';
  return magic === 'ustar  \0' ? 'gnu' : undefined;
}

/**
 * Decode one header block.
 *
 * @param where - for messages: the archive and the byte.
 * @throws {@link ModelconvError} `E_PACKAGE_INVALID` for anything but a regular file or an extended header.
 */
export function decodeHeader(block: Buffer, file: string, offset: number): UstarHeader {
  const kind = dialect(block);
  if (kind === undefined || number(block, 148, 8) !== checksum(block)) {
    throw invalidPackage(
      file,
      `byte ${offset}: there is no tar header where one must be: the file is damaged, or not a package`,
    );
  }
  const path = entryPath(block, kind);
  const flag = String.fromCharCode(block[156] ?? 0);
  const refused = REFUSED[flag];
  if (refused !== undefined || !['0', '\0', 'x'].includes(flag)) {
    throw invalidPackage(
      file,
      `entry "${path}" is ${refused ?? `of unknown type ${JSON.stringify(flag)}`}; a package holds regular files only`,
      'make the package with: modelconv pack',
    );
  }
  if (text(block, 157, 100) !== '')
    throw invalidPackage(file, `entry "${path}" is a file with a link name`);
  const sizeBytes = number(block, 124, 12);
  if (sizeBytes === undefined)
    throw invalidPackage(file, `entry "${path}" has a size that is not a number`);
  return { type: flag === 'x' ? 'pax' : 'file', path, sizeBytes };
}

function entryPath(block: Buffer, kind: 'posix' | 'gnu'): string {
  const name = text(block, 0, 100);
  // GNU keeps times where POSIX keeps the first half of a long path
  const prefix = kind === 'posix' ? text(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Keys of an extended header that are taken or harmless; any other could change what the entry is. */
const PAX_KEYS: ReadonlySet<string> = new Set([
  'path',
  'size',
  'comment',
  'mtime',
  'atime',
  'ctime',
  'uid',
  'gid',
  'uname',
  'gname',
]);

/**
 * Decode the body of a pax extended header: records of `LENGTH KEY=VALUE\n`.
 *
 * @throws {@link ModelconvError} `E_PACKAGE_INVALID`.
 * @see POSIX.1-2017, pax, "pax Extended Header".
 */
export function decodePax(body: Buffer, file: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space === -1 ? '' : body.toString('latin1', at, space);
    const length = /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = body.indexOf(0x3d, space);
    if (
      length === 0 ||
      end > body.length ||
      equals === -1 ||
      equals >= end ||
      body[end - 1] !== 0x0a
    )
      throw invalidPackage(file, 'an extended header is damaged');
    const key = body.toString('utf8', space + 1, equals);
    if (!PAX_KEYS.has(key))
      throw invalidPackage(
        file,
        `an extended header has the key ${JSON.stringify(key.slice(0, 60))}, which a package must not have`,
      );
    if (records.has(key))
      throw invalidPackage(file, `an extended header has the key "${key}" twice`);
    records.set(key, body.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}
