import { readFileSync } from 'node:fs';
import { fixture } from '../support/files.js';

interface Expected {
  readonly jpeg: Readonly<
    Record<string, { width: number; height: number; channels: number; sha256: string }>
  >;
  readonly png: Readonly<Record<string, { channels: number; max: number; sha256: string }>>;
  readonly preprocess: Readonly<Record<string, readonly number[]>>;
}

/** What Pillow, OpenCV and NumPy make of the fixtures: fixtures/data/calibration/make.py. */
export const expected: Expected = JSON.parse(
  readFileSync(fixture('data/calibration/expected.json'), 'utf8'),
);

/** Absolute path of a calibration fixture. */
export const data = (name: string): string => fixture(`data/calibration/${name}`);
