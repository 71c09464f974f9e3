import type { ErrorCode } from '../../src/errors.js';
import { BLOCK, base256, END, entry, header, padded, pax, record } from '../support/archive.js';
import { type Contents, descriptorOf, rawPackage } from '../support/package.js';

/**
 * Where the fault lies: in the archive, whatever the descriptor says; in the descriptor, whatever
 * follows; or only in that the two (or the data) do not agree.
 */
export type Place = 'archive' | 'descriptor' | 'agreement';

export interface Hostile {
  readonly title: string;
  readonly place: Place;
  readonly code: ErrorCode;
  readonly bytes: () => Uint8Array;
}

const A: Contents = { 'model/a.bin': 'aaaa' };
const DESCRIPTOR = descriptorOf(A);
const TEXT = DESCRIPTOR.toString();
const GOOD = entry({ name: 'model/a.bin' }, 'aaaa');

const row =
  (place: Place, code: ErrorCode) =>
  (title: string, bytes: () => Uint8Array): Hostile => ({ title, place, code, bytes });
const archive = row('archive', 'E_PACKAGE_INVALID');
const agreement = row('agreement', 'E_PACKAGE_INVALID');

/** A good package but for one more entry. */
const extra = (title: string, ...entries: Uint8Array[]): Hostile =>
  archive(title, () => rawPackage(DESCRIPTOR, GOOD, ...entries));

/** A package whose only file has `head` in place of its header. */
const instead = (title: string, ...head: Uint8Array[]): Hostile =>
  archive(title, () => rawPackage(DESCRIPTOR, ...head, padded('aaaa')));

const named = (title: string, name: string | Uint8Array): Hostile =>
  extra(`an entry whose name ${title}`, entry({ name }, 'evil'));

const paxNamed = (title: string, name: string | Uint8Array): Hostile =>
  extra(
    `an entry whose extended name ${title}`,
    pax([['path', name]]),
    entry({ name: 'ok' }, 'evil'),
  );

const HEADER = { name: 'model/a.bin', size: 4 };

const TYPES: readonly (readonly [title: string, type: string])[] = [
  ['a hard link', '1'],
  ['a symbolic link', '2'],
  ['a character device', '3'],
  ['a block device', '4'],
  ['a directory', '5'],
  ['a FIFO', '6'],
  ['a contiguous file', '7'],
  ['a GNU directory dump', 'D'],
  ['a GNU long link name', 'K'],
  ['a GNU long name', 'L'],
  ['a GNU continuation', 'M'],
  ['an old GNU long name', 'N'],
  ['a GNU sparse file', 'S'],
  ['a GNU volume label', 'V'],
  ['a Solaris extended header', 'X'],
  ['an entry of a type that nobody knows', 'z'],
  ['an entry of type space', ' '],
];

const LINKS: readonly Hostile[] = [
  ...TYPES.map(([title, type]) =>
    extra(title, entry({ name: 'model/b', type, linkName: 'a.bin' })),
  ),
  extra('a symbolic link to an absolute path', header({ type: '2', linkName: '/etc/passwd' })),
  extra(
    'a symbolic link to a directory, and a file through it',
    header({ name: 'model/out', type: '2', linkName: '../..' }),
    entry({ name: 'model/out/evil' }, 'evil'),
  ),
  extra(
    'a GNU long name in front of a file',
    entry({ name: '././@LongLink', type: 'L' }, '../../evil\u0000'),
    entry({ name: 'model/b' }, 'evil'),
  ),
  instead('a regular file that has a link name', header({ ...HEADER, linkName: '../../evil' })),
  instead('an extended header with a link name', pax([['linkpath', '../../evil']]), header(HEADER)),
  instead('a global extended header', pax([['path', 'evil']], { type: 'g' }), header(HEADER)),
  instead(
    'an extended header in front of a symbolic link',
    pax([['comment', 'x']]),
    header({ ...HEADER, type: '2', linkName: 'b' }),
  ),
];

const EXTENDED: readonly Hostile[] = [
  ...['3', '5', '0', '-4', '+4', ' 4', '4.0', '4 ', '0x4', '4e0', 'NaN', 'Infinity', ''].map(
    (size) =>
      instead(
        `an extended size of ${JSON.stringify(size)} for 4 bytes`,
        pax([['size', size]]),
        header(HEADER),
      ),
  ),
  instead('an extended size beyond all numbers', pax([['size', '9'.repeat(40)]]), header(HEADER)),
  instead(
    'an extended size given twice',
    pax([
      ['size', '4'],
      ['size', '4'],
    ]),
    header(HEADER),
  ),
  instead(
    'an extended path given twice',
    pax([
      ['path', 'model/a.bin'],
      ['path', '../evil'],
    ]),
    header(HEADER),
  ),
  ...['GNU.sparse.major', 'GNU.sparse.name', 'SCHILY.xattr.user.a', 'hdrcharset', 'Path', ''].map(
    (key) => instead(`the extended key ${JSON.stringify(key)}`, pax([[key, '1']]), header(HEADER)),
  ),
  ...[
    ['whose record is longer than it', '99 path=model/a.bin\n'],
    ['whose record is shorter than it', '9 path=model/a.bin\n'],
    ['whose record has length 0', '0 path=model/a.bin\n'],
    ['whose record has a negative length', '-20 path=model/a.bin\n'],
    ['whose record has a length with a leading zero', '020 path=model/a.bin\n'],
    ['whose record has no length', 'path=model/a.bin\n'],
    ['whose record has no key', '10 abcdef\n'],
    ['whose record ends without a line end', '19 path=model/a.binX'],
    ['whose records are followed by zeros', `${record('comment', 'x')}\u0000\u0000\u0000`],
    ['that holds random text', 'Hello, this is a readme.\n'],
  ].map(([title, body]) =>
    instead(`an extended header ${title}`, pax(Buffer.from(body ?? '')), header(HEADER)),
  ),
  instead(
    'two extended headers in a row',
    pax([['comment', 'x']]),
    pax([['comment', 'y']]),
    header(HEADER),
  ),
  instead(
    'an extended header of more than 64 KiB',
    pax([['comment', 'x'.repeat(65_536)]]),
    header(HEADER),
  ),
  instead(
    'an extended header that says it has 8 GiB',
    pax([['comment', 'x']], { size: '77777777777' }),
    header(HEADER),
  ),
  archive('an extended header at the end', () =>
    rawPackage(DESCRIPTOR, GOOD, pax([['comment', 'x']])),
  ),
  archive('an extended header cut off with the file', () =>
    Buffer.concat([
      entry({ name: 'modelconv.yaml' }, DESCRIPTOR),
      GOOD,
      header({ type: 'x', size: 2048 }),
      Buffer.alloc(BLOCK),
    ]),
  ),
];

const HEADERS: readonly Hostile[] = [
  ...(
    [
      ['with letters', 'garbage!!!!!'],
      ['with a digit 8', '00000000008\u0000'],
      ['that is negative', '-0000000004\u0000'],
      ['that is empty', ''],
      ['of spaces', '            '],
      ['in hexadecimal', '0x4\u0000'],
      ['in two parts', '0000 00004\u0000'],
      ['in base 256 that is negative', base256(-4n)],
      ['in base 256 beyond all numbers', base256(2n ** 80n)],
      ['in base 256 of 2^53', base256(2n ** 53n)],
      ['of 8 GiB in a file of 4 KiB', '77777777777\u0000'],
    ] as const
  ).map(([title, size]) => instead(`a size ${title}`, header({ ...HEADER, size }))),
  instead('a checksum that is one too high', header({ ...HEADER, checksumError: 1 })),
  instead('a checksum that is one too low', header({ ...HEADER, checksumError: -1 })),
  instead('a header without magic (older than POSIX)', header({ ...HEADER, magic: '' })),
  instead('a header with the magic of no tar', header({ ...HEADER, magic: 'ustar\u000001' })),
  instead('random bytes in place of a header', Buffer.alloc(BLOCK, 'random bytes, really. ')),
];

const NAMES: readonly Hostile[] = [
  named('is empty', ''),
  named('is absolute', '/tmp/modelconv-evil'),
  named('is the parent directory', '..'),
  named('leads out', '../evil'),
  named('leads out from within', 'model/../../evil'),
  named('leads out and in again', '../target/evil'),
  named('holds two slashes', 'model//evil'),
  named('ends in a slash', 'model/evil/'),
  named('starts with a dot part', './evil'),
  named('ends in a dot part', 'model/.'),
  named('holds a backslash', 'model\\..\\..\\evil'),
  named('is a Windows drive', 'C:evil'),
  named('is an alternate data stream', 'model/a.bin:evil'),
  named('holds a line feed', 'model/a\nb'),
  named('holds an escape sequence', 'model/\u001b[31mred'),
  named('holds DEL', 'model/\u007f'),
  named('is not UTF-8', Buffer.from([0x6d, 0xff, 0xfe])),
  named('is UTF-8 cut off', Buffer.from([0x6d, 0xe2, 0x82])),
  named('is UTF-8 in too many bytes', Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x78])),
  extra('an entry whose prefix leads out', entry({ name: 'evil', prefix: '../..' }, 'evil')),
  extra('an entry whose prefix is absolute', entry({ name: 'evil', prefix: '/tmp' }, 'evil')),
  paxNamed('is empty', ''),
  paxNamed('leads out', '../evil'),
  paxNamed('is absolute', '/tmp/modelconv-evil'),
  paxNamed('holds NUL', 'model/b\u0000../../evil'),
  paxNamed('is not UTF-8', Buffer.from([0x6d, 0xff])),
  paxNamed('has a part of 256 bytes', `model/${'x'.repeat(256)}`),
  paxNamed('has 1025 bytes', 'abcd/'.repeat(205)),
];

const pair = (title: string, first: string, second: string): Hostile =>
  extra(title, pax([['path', first]]), entry({}, '1'), pax([['path', second]]), entry({}, '2'));

const DOUBLES: readonly Hostile[] = [
  extra('the same file twice', GOOD),
  pair('two names that differ in case', 'model/b.bin', 'model/B.bin'),
  pair('two names that differ in the case of a directory', 'Labels/x', 'labels/x'),
  pair('two names that differ in the case of a Greek letter', 'model/ς', 'model/Σ'),
  pair('two names that differ in the case of a long s', 'model/ſ', 'model/S'),
  pair('two names of which one is in NFD', 'model/caf\u00e9', 'model/cafe\u0301'),
  pair('two names of which one has a ligature', 'model/\ufb01le', 'model/file'),
  pair('two names of which one has full-width letters', 'model/\uff41', 'model/a'),
  pair('two names of which one has the Kelvin sign', 'model/\u212a', 'model/k'),
  pair('two names of which one has a sharp s', 'model/stra\u00dfe', 'model/STRASSE'),
  pair('a file, and a file below it', 'labels', 'labels/x'),
  pair('a file below another, which comes later', 'labels/x', 'labels'),
  pair('a file, and a file below it in other case', 'Labels', 'labels/x'),
  extra('the descriptor twice', entry({ name: 'modelconv.yaml' }, DESCRIPTOR)),
  extra('the descriptor again in other case', entry({ name: 'MODELCONV.YAML' }, DESCRIPTOR)),
];

const ENDS: readonly Hostile[] = [
  archive('an empty file', () => Buffer.alloc(0)),
  archive('one byte', () => Buffer.alloc(1)),
  archive('zeros', () => Buffer.alloc(10 * BLOCK)),
  archive('only an end mark', () => END),
  archive('an archive without an end mark', () => rawPackage(DESCRIPTOR, GOOD).subarray(0, -1024)),
  archive('an archive with half an end mark', () => rawPackage(DESCRIPTOR, GOOD).subarray(0, -512)),
  archive('an archive whose end mark lacks a byte', () =>
    rawPackage(DESCRIPTOR, GOOD).subarray(0, -1),
  ),
  archive('an entry behind the end mark', () =>
    Buffer.concat([rawPackage(DESCRIPTOR, GOOD), entry({ name: '../evil' }, 'evil'), END]),
  ),
  archive('an entry behind one block of zeros', () =>
    rawPackage(DESCRIPTOR, GOOD, Buffer.alloc(BLOCK), entry({ name: '../evil' }, 'evil')),
  ),
  archive('one byte behind the end mark', () =>
    Buffer.concat([rawPackage(DESCRIPTOR, GOOD), Buffer.from('x')]),
  ),
  archive('64 KiB of zeros behind the end mark', () =>
    Buffer.concat([rawPackage(DESCRIPTOR, GOOD), Buffer.alloc(65_536)]),
  ),
  archive('a descriptor that is not first', () =>
    Buffer.concat([GOOD, entry({ name: 'modelconv.yaml' }, DESCRIPTOR), END]),
  ),
  archive('an archive without a descriptor', () => Buffer.concat([GOOD, END])),
  archive('a descriptor in a directory', () =>
    Buffer.concat([entry({ name: './modelconv.yaml' }, DESCRIPTOR), GOOD, END]),
  ),
  archive('a descriptor with an extended header', () =>
    Buffer.concat([pax([['path', 'modelconv.yaml']]), rawPackage(DESCRIPTOR, GOOD)]),
  ),
  archive('a descriptor that is a symbolic link', () =>
    Buffer.concat([header({ name: 'modelconv.yaml', type: '2', linkName: 'x' }), GOOD, END]),
  ),
  archive('a descriptor larger than the file', () =>
    Buffer.concat([entry({ name: 'modelconv.yaml', size: 100_000 }, DESCRIPTOR), GOOD, END]),
  ),
];

const AGREEMENT: readonly Hostile[] = [
  agreement('a file that the descriptor does not list', () =>
    rawPackage(DESCRIPTOR, GOOD, entry({ name: 'model/b' }, 'b')),
  ),
  agreement('a listed file that is not there', () =>
    rawPackage(descriptorOf({ ...A, 'model/b': 'b' }), GOOD),
  ),
  agreement('no file at all where one is listed', () => rawPackage(DESCRIPTOR)),
  agreement('a file that is listed in other case', () =>
    rawPackage(descriptorOf({ 'model/A.bin': 'aaaa' }), GOOD),
  ),
  agreement('a file that is listed twice', () => rawPackage(doubledList(TEXT), GOOD)),
  agreement('a file longer than listed', () =>
    rawPackage(DESCRIPTOR, entry({ name: 'model/a.bin' }, 'aaaab')),
  ),
  agreement('a file shorter than listed', () =>
    rawPackage(DESCRIPTOR, entry({ name: 'model/a.bin' }, 'aaa')),
  ),
  agreement('a file of other content than listed', () =>
    rawPackage(DESCRIPTOR, entry({ name: 'model/a.bin' }, 'aaab')),
  ),
  agreement('a signature that is not last', () =>
    rawPackage(DESCRIPTOR, entry({ name: 'signature/a' }, 's'), GOOD),
  ),
  agreement('a signature that is listed', () =>
    rawPackage(
      descriptorOf({ ...A, 'signature/a': 's' }),
      GOOD,
      entry({ name: 'signature/a' }, 's'),
    ),
  ),
];

function doubledList(text: string): string {
  const start = text.indexOf('  - path:');
  return text + text.slice(start);
}

const put = (from: string | RegExp, to: string): string => {
  const changed = TEXT.replace(from, to);
  if (changed === TEXT) throw new Error(`the descriptor has no ${String(from)}`);
  return changed;
};

const described = (title: string, text: string | Uint8Array): Hostile =>
  row('descriptor', 'E_DESCRIPTOR_INVALID')(`a descriptor ${title}`, () => rawPackage(text, GOOD));

const unreadable = (title: string, text: string | Uint8Array): Hostile =>
  row('descriptor', 'E_PACKAGE_INVALID')(`a descriptor ${title}`, () => rawPackage(text, GOOD));

const BOMB = [
  'x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(
    (name, i) => `x-${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`,
  ),
].join('\n');

const DESCRIPTORS: readonly Hostile[] = [
  described('that is empty', ''),
  described('that is a sentence', 'Hello, this is a readme.\n'),
  described('that is a list', '[1, 2, 3]\n'),
  described('that is null', 'null\n'),
  described('that is not YAML', 'protocol: [modelconv/1\nkind: }\n'),
  described('of two documents', `${TEXT}---\n${TEXT}`),
  described('with an alias bomb', `${TEXT}${BOMB}\n`),
  described('with one alias', `${TEXT}x-a: &a [1]\nx-b: *a\n`),
  described('with an alias to an empty list', `${TEXT}x-a: &a []\nx-b: *a\n`),
  described('with an alias to itself', `${TEXT}x-a: &a [*a]\n`),
  described('with a tag', `${TEXT}x-a: !!js/function 'function () { return 1 }'\n`),
  described('with a key twice', `${TEXT}name: other\n`),
  described('with a key twice in a nested map', `${TEXT}x-a: {b: 1, b: 2}\n`),
  described('nested 5000 levels deep in brackets', `${TEXT}x-a: ${'['.repeat(5000)}\n`),
  described('nested 5000 levels deep in braces', `${TEXT}x-a: ${'{a: '.repeat(5000)}\n`),
  described('nested 5000 levels deep in dashes', `${TEXT}x-a:\n${'- '.repeat(5000)}1\n`),
  described('nested 500 levels deep by indentation', `${TEXT}x-a:\n${stairs(500)}`),
  described('of a newer protocol', put('modelconv/1', 'modelconv/2')),
  described('of another kind', put('TargetModel', 'Device')),
  described('with a number as its version', put(/version: .*/, 'version: 1.2')),
  described('with a list as its name', put('name: digits-cnn', 'name: [digits-cnn]')),
  described('without a model', put(/model:\n( {2}.*\n)+/, '')),
  described('with an unknown key', `${TEXT}colour: red\n`),
  described('with __proto__ as a key', `${TEXT}__proto__: {polluted: true}\n`),
  described('with a number as its list of files', put(/files:[\s\S]*/, 'files: 7\n')),
  described('with a path that leads out', put('path: model/a.bin', 'path: ../evil')),
  described('with an absolute path', put('path: model/a.bin', 'path: /tmp/evil')),
  described('with a path of two slashes', put('path: model/a.bin', 'path: model//a.bin')),
  described('with a path that holds a backslash', put('path: model/a.bin', 'path: model\\a')),
  described('with a negative size', put('size: 4', 'size: -4')),
  described('with a broken size', put('size: 4', 'size: 4.5')),
  described('with an infinite size', put('size: 4', 'size: .inf')),
  described('with a size in quotes', put('size: 4', 'size: "4"')),
  described('with a digest in capitals', put(/sha256: "(.*)"/, `sha256: "${'A'.repeat(64)}"`)),
  described('with a digest too short', put(/sha256: "(.*)"/, 'sha256: "abc"')),
  described('with NUL in a name', put('name: digits-cnn', 'name: "digits\\0cnn"')),
  unreadable('that is not UTF-8', Buffer.concat([DESCRIPTOR, Buffer.from([0xff, 0xfe])])),
  unreadable('in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(TEXT, 'utf16le')])),
  unreadable('of more than 256 KiB', `${TEXT}# ${'x'.repeat(262_144)}\n`),
];

function stairs(levels: number): string {
  return Array.from({ length: levels }, (_, i) => `${' '.repeat(i + 1)}a:\n`).join('');
}

export const HOSTILE: readonly Hostile[] = [
  ...LINKS,
  ...EXTENDED,
  ...HEADERS,
  ...NAMES,
  ...DOUBLES,
  ...ENDS,
  ...AGREEMENT,
  ...DESCRIPTORS,
];

/** The package that all of these are made from, unspoilt. */
export const UNSPOILT: Buffer = rawPackage(DESCRIPTOR, GOOD);
