import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { converted, exampleProject, type Project } from '../examples/project.js';
import { hasTool } from '../support/tools.js';
import { findTool, skipByName } from './tool.js';

const { python } = await findTool('onnxruntime');

const INT8 = ['digits.android-arm64.int8.tar', 'digits.raspberry-pi-4.int8.tar'];

/** Each changes the calibration data in another way. */
const CHANGES: [what: string, change: (calib: string) => void][] = [
  ['a file is written', (calib) => utimesSync(path.join(calib, '07.npy'), new Date(), new Date())],
  ['a file goes', (calib) => rmSync(path.join(calib, '15.npy'))],
  ['a file comes', (calib) => writeFileSync(path.join(calib, 'readme.md'), '')],
];

function calibrationOf({ dir }: Project): string {
  return path.join(dir, '../make/calib');
}

if (!python.found) skipByName('onnxruntime', python.why, 'examples in int8');
else
  describe('examples in int8', () => {
    it.skipIf(!hasTool('make'))(
      'make: calibration data rebuilds the int8 packages, and no others',
      () => {
        const project = exampleProject('make');
        const first = project.run('make', '-j2');
        expect(first).toMatchObject({ code: 0, stderr: '' });
        expect(converted(first)).toHaveLength(5);
        expect(converted(project.run('make'))).toEqual([]);
        for (const [what, change] of CHANGES.slice(0, 2)) {
          change(calibrationOf(project));
          const again = project.run('make', '-j2');
          expect(again, what).toMatchObject({ code: 0, stderr: '' });
          expect(converted(again), what).toEqual(INT8);
          expect(converted(project.run('make')), what).toEqual([]);
        }
        // what is no data there ends the conversion, and says why in the last lines
        CHANGES[2]?.[1](calibrationOf(project));
        const failed = project.run('make');
        expect(failed.code).toBe(2);
        expect(failed.stderr).toMatch(/E_CALIBRATION_INVALID[\s\S]*readme\.md[\s\S]*Error 65\n$/);
      },
    );

    it.skipIf(!hasTool('cmake') || !hasTool('ninja')).each([
      ['Ninja', CHANGES.slice(0, 2)],
      // CMake's own makefiles keep a file that went as a dependency (3.25): docs/make.md
      ['Unix Makefiles', CHANGES.slice(0, 1)],
    ] as const)(
      'cmake with %s: calibration data rebuilds the int8 package, and no others',
      (generator, changes) => {
        const project = exampleProject('cmake');
        project.run('cmake', '-G', generator, '-S', '.', '-B', 'build');
        const build = (): string[] => {
          const result = project.run('cmake', '--build', 'build');
          expect(result).toMatchObject({ code: 0, stderr: '' });
          return converted(result);
        };
        expect(build()).toHaveLength(3);
        expect(build()).toEqual([]);
        for (const [what, change] of changes) {
          change(calibrationOf(project));
          expect(build(), what).toEqual(['digits.raspberry-pi-4.int8.tar']);
          expect(build(), what).toEqual([]);
        }
      },
    );
  });
