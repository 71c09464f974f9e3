import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { FileWindow, MalformedError } from '../../src/source/file-window.js';
import { tempDir } from '../support/files.js';

const PAGE = 64 * 1024;

function windowOver(bytes: Uint8Array): { window: FileWindow; file: string } {
  const file = path.join(tempDir(), 'file');
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  onTestFinished(() => closeSync(fd));
  return { window: new FileWindow(fd, bytes.length), file };
}

/** Five MiB whose bytes differ from page to page: more than the window keeps. */
const large = Buffer.alloc(5 * 1024 * 1024);
for (let i = 0; i < large.length; i += 4) large.writeUInt32LE(i, i);

it('any range reads as the file has it, in any order', () => {
  const { window } = windowOver(large);
  const range = fc
    .tuple(fc.nat(large.length), fc.nat(3 * PAGE))
    .map(([start, length]) => [start, Math.min(length, large.length - start)] as const);
  fc.assert(
    fc.property(range, ([start, length]) => {
      expect(window.bytes(start, length).equals(large.subarray(start, start + length))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('a range across two pages reads as one', () => {
  const { window } = windowOver(large);
  expect(window.bytes(PAGE - 2, 4)).toEqual(large.subarray(PAGE - 2, PAGE + 2));
});

it('every page can be read again after others took its place', () => {
  const { window } = windowOver(large);
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < large.length; at += PAGE)
      expect(window.bytes(at, 4).readUInt32LE(0)).toBe(at);
  }
});

it.each([
  ['past the end', 9, 2],
  ['before the start', -1, 1],
  ['of negative length', 5, -1],
  ['at no whole number', 0.5, 1],
  ['at no number', Number.NaN, 1],
  ['beyond 2^53', 2 ** 60, 1],
  ['of endless length', 0, Infinity],
])('a range %s is malformed', (_what, position, length) => {
  const { window } = windowOver(Buffer.alloc(10));
  expect(() => window.bytes(position, length)).toThrow(MalformedError);
});

it('the end of the file is an empty range', () => {
  expect(windowOver(Buffer.alloc(10)).window.bytes(10, 0)).toHaveLength(0);
});

it('a file that became shorter is malformed', () => {
  const { window, file } = windowOver(large);
  truncateSync(file, 100);
  expect(() => window.bytes(PAGE, 10)).toThrow(MalformedError);
});
