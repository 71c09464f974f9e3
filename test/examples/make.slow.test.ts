import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture } from '../support/files.js';
import { hasTool } from '../support/tools.js';
import { converted, exampleProject, type Project } from './project.js';

const FP32 = ['android-arm64', 'local', 'raspberry-pi-4'].map((name) => `digits.${name}.fp32.tar`);

describe.skipIf(!hasTool('make'))('examples/make, without a vendor tool', () => {
  it('converts for every device, and a second make runs nothing', () => {
    const { dir, run } = exampleProject('make');
    const first = run('make', '-j2', 'INT8=');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(converted(first)).toEqual(FP32);
    expect(readdirSync(path.join(dir, 'out')).sort()).toEqual(
      FP32.flatMap((name) => [name, `${name}.d`]).sort(),
    );
    expect(run('make', '-q', 'INT8=')).toMatchObject({ code: 0 });
    const second = run('make', 'INT8=');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(converted(second)).toEqual([]);
  });

  it('makes anew what depends on what changed', () => {
    const { dir, run } = exampleProject('make');
    run('make', '-j2', 'INT8=');
    // calibration data is nothing to fp32
    utimesSync(path.join(dir, 'calib/00.npy'), new Date(), new Date());
    expect(converted(run('make', 'INT8='))).toEqual([]);
    const model = path.join(dir, '../../fixtures/models/digits-cnn.onnx');
    utimesSync(model, new Date(), new Date());
    expect(converted(run('make', '-j2', 'INT8='))).toEqual(FP32);
  });

  it('stops at a target that fails, with the reason last, and leaves no file of it', () => {
    const { dir, run } = exampleProject('make');
    writeFileSync(path.join(dir, 'broken.onnx'), 'not a model');
    const result = run('make', '-j2', 'INT8=', 'FP32=local', 'MODEL=broken.onnx');
    expect(result.code).toBe(2);
    const last = result.stderr.trimEnd().split('\n').slice(-4);
    expect(last[0]).toMatch(/^error\[E_MODEL_INVALID\]: broken\.onnx /);
    expect(last.at(-1)).toMatch(/^make: \*\*\* .*digits\.local\.fp32\.tar\] Error 65$/);
    expect(readdirSync(path.join(dir, 'out'))).toEqual([]);
  });

  it('keeps the older package when its source is broken', () => {
    const { dir, run } = exampleProject('make');
    run('make', 'INT8=', 'FP32=local');
    const file = path.join(dir, 'out/digits.local.fp32.tar');
    const before = readFileSync(file);
    writeFileSync(path.join(dir, '../../fixtures/models/digits-cnn.onnx'), 'not a model');
    expect(run('make', 'INT8=', 'FP32=local').code).toBe(2);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file)).toEqual(before);
  });
});

/** The block of docs/make.md that holds some words. */
function documented(words: string): string {
  const text = readFileSync(fixture('../docs/make.md'), 'utf8');
  const blocks = [...text.matchAll(/```make\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.find((block) => block.includes(words)) ?? '';
}

/** A directory with the model under the name that the documentation uses. */
function documentedProject(): Project & { readonly model: string } {
  const project = exampleProject('make');
  const model = path.join(project.dir, 'digits.onnx');
  copyFileSync(path.join(project.dir, '../../fixtures/models/digits-cnn.onnx'), model);
  mkdirSync(path.join(project.dir, 'out'));
  return { ...project, model };
}

describe.skipIf(!hasTool('make'))('what docs/make.md says', () => {
  it('a stamp: what depends on a package is made anew only when its bytes change', () => {
    const { dir, run, model } = documentedProject();
    const rules = documented('out/%.stamp').replaceAll('door-camera', 'local').trimEnd();
    writeFileSync(path.join(dir, 'own.mk'), `${rules}\n\t@echo made $@; touch $@\n`);
    const build = (): string => run('make', '-f', 'own.mk', 'firmware.img').stdout;
    expect(build()).toContain('made firmware.img');
    expect(build()).toContain('up to date');
    utimesSync(model, new Date(), new Date());
    const same = build();
    expect(same).toContain('convert');
    expect(same).not.toContain('made firmware.img');
    // a producer_name: another digest of the source in the package
    appendFileSync(model, '\u0012\u0001x');
    expect(build()).toContain('made firmware.img');
  });

  it('--print-outputs gives make its list', () => {
    const { dir, run } = documentedProject();
    const list = documented('--print-outputs');
    writeFileSync(path.join(dir, 'own.mk'), `${list}all:\n\t@echo $(PACKAGES)\n`);
    expect(run('make', '-f', 'own.mk')).toEqual({
      code: 0,
      stdout: 'out/digits.local.tar out/digits.raspberry-pi-4.tar\n',
      stderr: '',
    });
  });

  it.skipIf(!hasTool('ninja'))('ninja with restat stops at a package that stays the same', () => {
    const { dir, run, model } = documentedProject();
    writeFileSync(
      path.join(dir, 'build.ninja'),
      `rule convert
  command = modelconv convert digits.onnx -d local -o $out --if-changed --quiet --depfile $out.d
  depfile = $out.d
  deps = gcc
  restat = 1
rule image
  command = echo made >> log; touch $out
build out/a.tar: convert
build firmware.img: image out/a.tar
`,
    );
    const build = (): [string, string] => {
      const { stdout } = run('ninja');
      return [stdout, readFileSync(path.join(dir, 'log'), 'utf8')];
    };
    expect(build()[1]).toBe('made\n');
    expect(build()[0]).toContain('no work to do');
    utimesSync(model, new Date(), new Date());
    const [said, log] = build();
    expect(said).toContain('modelconv convert');
    expect(log).toBe('made\n');
    expect(build()[0]).toContain('no work to do');
    appendFileSync(model, '\u0012\u0001x');
    expect(build()[1]).toBe('made\nmade\n');
  });
});

const GENERATORS = [
  ['Ninja', 'ninja'],
  ['Unix Makefiles', 'make'],
] as const;

describe.skipIf(!hasTool('cmake'))('examples/cmake, without a vendor tool', () => {
  it.skipIf(!hasTool('ninja')).each(GENERATORS)(
    '%s converts once, and anew what changed',
    (generator) => {
      const { dir, run } = exampleProject('cmake');
      const configured = run('cmake', '-G', generator, '-S', '.', '-B', 'build', '-DINT8=');
      expect(configured).toMatchObject({ code: 0, stderr: '' });
      const build = (): string[] => {
        const result = run('cmake', '--build', 'build');
        expect(result).toMatchObject({ code: 0, stderr: '' });
        return converted(result);
      };
      const all = ['digits.android-arm64.fp32.tar', 'digits.raspberry-pi-4.fp32.tar'];
      expect(build()).toEqual(all);
      expect(build()).toEqual([]);
      const model = path.join(dir, '../../fixtures/models/digits-cnn.onnx');
      utimesSync(model, new Date(), new Date());
      expect(build()).toEqual(all);
    },
  );
});
