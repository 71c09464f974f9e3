import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { FileWindow, MalformedError } from '../../src/source/file-window.js';
import { probeModel } from '../../src/source/probe.js';
import type { ModelReader } from '../../src/source/structure.js';
import { tempDir } from '../support/files.js';
import { processorTime } from '../support/processor-time.js';

export interface Damage {
  readonly refused: number;
  readonly tried: number;
}

/** True when it was read, false when it was refused; fails for any other end, and after 2 s of processor time. */
function survives(read: ModelReader, fd: number, sizeBytes: number): boolean {
  const elapsedMs = processorTime();
  try {
    read(new FileWindow(fd, sizeBytes), undefined);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return false;
  } finally {
    expect(elapsedMs()).toBeLessThan(2000);
  }
}

function withCopy(file: string, work: (fd: number, whole: Buffer) => Damage): Damage {
  const copy = path.join(tempDir(), 'copy');
  copyFileSync(file, copy);
  const fd = openSync(copy, 'r+');
  try {
    return work(fd, readFileSync(file));
  } finally {
    closeSync(fd);
  }
}

/** How many of the files that end at every 97th byte are refused. */
export function cutEverywhere(read: ModelReader, file: string): Damage {
  return withCopy(file, (fd, whole) => {
    let refused = 0;
    let tried = 0;
    for (let length = 0; length < whole.length; length += 97) {
      tried++;
      if (!survives(read, fd, length)) refused++;
    }
    return { refused, tried };
  });
}

/** How many files with one changed byte are refused: at `places` places in turn, three changes each. */
export function flipEverywhere(read: ModelReader, file: string, places: number): Damage {
  return withCopy(file, (fd, whole) => {
    const step = Math.max(1, Math.floor(whole.length / places));
    let refused = 0;
    let tried = 0;
    for (let at = 0; at < whole.length; at += step) {
      const byte = whole[at] ?? 0;
      for (const mask of [0x01, 0x80, 0xff]) {
        writeSync(fd, Buffer.of(byte ^ mask), 0, 1, at);
        tried++;
        if (!survives(read, fd, whole.length)) refused++;
      }
      writeSync(fd, Buffer.of(byte), 0, 1, at);
    }
    return { refused, tried };
  });
}

/** The code of the error for a file that is cut off after a share of it. */
export async function codeOfCut(file: string, share: number): Promise<unknown> {
  const whole = readFileSync(file);
  const cut = path.join(tempDir(), `cut${path.extname(file)}`);
  writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * share)));
  return await probeModel(cut).then(
    () => 'read',
    (error: { code?: unknown }) => error.code,
  );
}
