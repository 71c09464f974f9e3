import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHead } from '../../src/package/read.js';
import { verifyPackage } from '../../src/package/verify.js';
import type { UpgradeResult } from '../../src/schema/generated/types.js';
import { entry } from '../support/archive.js';
import { ownCache } from '../support/cache.js';
import { fixture } from '../support/files.js';
import {
  DRAFT as DRAFT_DESCRIPTOR,
  descriptorOf,
  packContents,
  rawPackage,
  sha256,
} from '../support/package.js';
import { CNN, edit, madeWith, packed, packedAnew } from '../upgrade/older.js';
import { packOtherModel, withLabels } from '../upgrade/other-model.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';

const OF_A_SOURCE = {
  performed: false,
  source: { format: 'onnx', sha256: sha256('s'), size: 1, included: false, path: 's.onnx' },
} as const;
const GOOD = fixture('models/faults/good.onnx');
const DRAFT = fixture('packages/digits-cnn.modelconv-0.tar');

async function upgraded(...words: string[]): Promise<UpgradeResult> {
  const { stdout, stderr, code } = await run(['upgrade', ...words, '--json']);
  expect(code, stderr).toBe(0);
  return jsonResult({ code, stdout, stderr: '' }, 'upgrade-result') as UpgradeResult;
}

/** A package that a newer version of its tool would make again. */
async function outdated(words?: readonly string[], source?: string) {
  const box = sandbox();
  const file = await packed(box.out, words, source);
  await madeWith(file, '1.20.0');
  return { ...box, file, before: readFileSync(file) };
}

describe('a package that is current', () => {
  it('is left alone, and that is said', async () => {
    const box = sandbox();
    const file = await packed(box.out);
    const before = readFileSync(file);
    const result = await run(['upgrade', file]);
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('nothing moved on');
    expect(readFileSync(file)).toEqual(before);
    expect(await upgraded(file)).toMatchObject({
      status: 'current',
      plan: { action: 'none', reasons: [], changes: [] },
    });
    expect(await run(['upgrade', file, '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    box.expectOnly('digits.tar');
  });

  it('is converted again with --rebuild, to the same bytes but for its lineage', async () => {
    const box = sandbox();
    const file = await packed(box.out);
    const before = await readHead(file);
    const { descriptor, plan } = await upgraded(file, '--rebuild');
    expect(plan.reasons.map(({ code }) => code)).toEqual(['REBUILD']);
    const { lineage, ...rest } = descriptor ?? {};
    expect(rest).toEqual(before.descriptor);
    expect(lineage).toMatchObject({
      upgradedFrom: sha256(before.text),
      reasons: ['REBUILD'],
      compared: { passed: true },
    });
  });
});

describe('a newer tool', () => {
  it('makes the package again, compares it with the source and with the old one, and keeps the old one', async () => {
    const { out, file, before, expectOnly } = await outdated();
    const old = await readHead(file);
    const result = await upgraded(file);
    expect(result).toMatchObject({
      status: 'upgraded',
      package: file,
      backup: `${file}.bak`,
      comparedWithOld: { passed: true, samples: 8 },
      plan: {
        action: 'convert',
        source: { found: 'included' },
        reasons: [{ code: 'TOOLCHAIN', action: 'convert' }],
      },
    });
    expect(readFileSync(`${file}.bak`)).toEqual(before);
    const { descriptor } = await verifyPackage(file);
    expect(descriptor).toEqual(result.descriptor);
    expect(descriptor).toMatchObject({
      verification: { passed: true },
      conversion: { converter: { version: expect.not.stringContaining('1.20.0') } },
      lineage: { upgradedFrom: sha256(old.text), reasons: ['TOOLCHAIN'] },
    });
    expect(await upgraded(file)).toMatchObject({ status: 'current' });
    expect(path.dirname(file)).toBe(out);
    expectOnly('digits.tar', 'digits.tar.bak');
  });

  it('is planned field by field, and nothing is done', async () => {
    const { file, before, expectOnly } = await outdated();
    const { status, plan } = await upgraded(file, '--plan');
    expect(status).toBe('planned');
    expect(plan.changes).toContainEqual({
      field: 'conversion.converter.version',
      from: '1.20.0',
      to: expect.stringMatching(/^1\./),
      reason: 'TOOLCHAIN',
    });
    expect(plan.changes).toContainEqual({
      field: 'verification',
      measured: true,
      reason: 'TOOLCHAIN',
    });
    expect(
      plan.changes.find(({ field }) => field === 'conversion.converter.steps.0'),
    ).toBeUndefined();
    const text = await run(['upgrade', file, '--plan']);
    expect(text.stdout).toMatch(/TOOLCHAIN\s+made with onnxruntime-node 1\.20\.0; \S+ is here/);
    expect(text.stdout).toMatch(/conversion\.converter\.version\s+1\.20\.0\s+->/);
    expect(readFileSync(file)).toEqual(before);
    expectOnly('digits.tar');
  });

  it('is no reason when it is older than the one that made the package', async () => {
    const box = sandbox();
    const file = await packed(box.out);
    await madeWith(file, '99.1.0');
    const { status, plan } = await upgraded(file);
    expect(status).toBe('current');
    expect(plan.notes.join()).toContain('is older');
  });
});

describe('the old package', () => {
  it('is kept under --backup, under the next free name, or not at all', async () => {
    const { out, file, before } = await outdated();
    await upgraded(file, '--backup', path.join(out, 'kept.tar'));
    expect(readFileSync(path.join(out, 'kept.tar'))).toEqual(before);
    expectRefusal(
      await run(['upgrade', file, '--rebuild', '--backup', path.join(out, 'kept.tar')]),
      {
        exit: 73,
        code: 'E_OUTPUT_EXISTS',
      },
    );
    const second = readFileSync(file);
    await upgraded(file, '--rebuild', '--backup', path.join(out, 'kept.tar'), '-f');
    expect(readFileSync(path.join(out, 'kept.tar'))).toEqual(second);
    writeFileSync(`${file}.bak`, 'of somebody else');
    expect(await upgraded(file, '--rebuild')).toMatchObject({ backup: `${file}.bak.2` });
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe('of somebody else');
    const { backup } = await upgraded(file, '--rebuild', '--no-backup');
    expect(backup).toBeUndefined();
  });

  it('stays where it is with -o', async () => {
    const { out, file, before } = await outdated();
    const output = path.join(out, 'new.tar');
    const { backup } = await upgraded(file, '-o', output);
    expect(backup).toBeUndefined();
    expect(readFileSync(file)).toEqual(before);
    expect((await readHead(output)).descriptor.lineage?.upgradedFrom).toMatch(/^[0-9a-f]{64}$/);
    expectRefusal(await run(['upgrade', file, '-o', output]), {
      exit: 73,
      code: 'E_OUTPUT_EXISTS',
    });
    expectRefusal(await run(['upgrade', file, '-o', output, '--backup', 'b']), {
      exit: 64,
      code: 'E_USAGE',
    });
  });

  it('is replaced behind a link, which stays one', async () => {
    const { out, file } = await outdated();
    const link = path.join(out, 'link.tar');
    symlinkSync(file, link);
    await upgraded(link, '--no-backup');
    expect((await readHead(file)).descriptor.lineage).toBeDefined();
    expect(await upgraded(link)).toMatchObject({ status: 'current' });
  });

  it('is what is kept where a link leads to it, not the link', async () => {
    const { out, file, before } = await outdated();
    const link = path.join(out, 'link.tar');
    symlinkSync(file, link);
    for (const words of [['--rebuild'], ['--model-version', '2.0.0']]) {
      const old = readFileSync(file);
      const { backup = '' } = await upgraded(link, ...words);
      expect(lstatSync(backup).isFile()).toBe(true);
      expect(readFileSync(backup)).toEqual(old);
      expect(readFileSync(file)).not.toEqual(old);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    }
    expect(readFileSync(`${link}.bak`)).toEqual(before);
  });

  it('is not there behind a link that leads nowhere', async () => {
    const { out } = sandbox();
    const link = path.join(out, 'link.tar');
    symlinkSync('nowhere.tar', link);
    expectRefusal(await run(['upgrade', link]), { exit: 66, code: 'E_INPUT', names: [link] });
  });

  it('and the new one never take the place of what is read', async () => {
    const { dir, file, before } = await outdated([]);
    const source = path.join(dir, 'source.onnx');
    copyFileSync(CNN, source);
    const fleet = path.join(dir, 'fleet.yaml');
    const text = 'devices:\n  - {name: cam, stack: {kind: onnxruntime}, formats: [ort]}\n';
    writeFileSync(fleet, text);
    const recipe = ['-d', 'cam', '--devices', fleet, '--source', source, '-f'];
    for (const [flag, input] of [
      ['--backup', source],
      ['--backup', fleet],
      ['-o', fleet],
      ['-o', source],
    ] as const)
      expectRefusal(await run(['upgrade', file, ...recipe, flag, input]), {
        exit: 73,
        code: 'E_OUTPUT',
        names: [input],
      });
    expect(readFileSync(source)).toEqual(readFileSync(CNN));
    expect(readFileSync(fleet, 'utf8')).toBe(text);
    expect(readFileSync(file)).toEqual(before);
  });

  it('stays when the new model does not compute the same as the source', async () => {
    const { file, before, expectOnly } = await outdated();
    const failed = await run(['upgrade', file, '--tolerance', 'snrDb=1000']);
    expectRefusal(failed, { exit: 2, code: 'E_PARITY' });
    expect(readFileSync(file)).toEqual(before);
    expectOnly('digits.tar');
  });

  it('stays when the new model does not compute what the old one does', async () => {
    const { file, out, expectOnly } = await outdated(['--source', 'include'], GOOD);
    // another model under the same recipe
    await packOtherModel(file, out);
    const before = readFileSync(file);
    const failed = await run(['upgrade', file]);
    expectRefusal(failed, {
      exit: 2,
      code: 'E_PARITY',
      names: ['does not compute what the model in'],
    });
    expect(readFileSync(file)).toEqual(before);
    expectOnly('digits.tar');
  });
});

describe('the source', () => {
  it('that is missing is named with its digest', async () => {
    const { file, before } = await outdated([]);
    const digest = sha256(readFileSync(CNN));
    expectRefusal(await run(['upgrade', file]), {
      exit: 66,
      code: 'E_SOURCE_MISSING',
      names: [digest, 'digits-cnn.onnx', '--source FILE'],
    });
    const { plan } = await upgraded(file, '--plan');
    expect(plan).toMatchObject({
      source: { found: 'missing', sha256: digest },
      blockers: [{ code: 'E_SOURCE_MISSING' }],
    });
    expect(plan.changes.map(({ field }) => field)).toContain('conversion.converter.version');
    expect(readFileSync(file)).toEqual(before);
  });

  it('is the one that is given, under whatever name', async () => {
    const { file, dir } = await outdated([]);
    const other = path.join(dir, 'renamed.bin');
    copyFileSync(CNN, other);
    const { plan, descriptor } = await upgraded(file, '--source', other);
    expect(plan.source).toMatchObject({ found: 'given', path: other });
    expect(descriptor?.conversion?.source).toMatchObject({
      path: 'digits-cnn.onnx',
      included: false,
    });
  });

  it('that is given and is another one is refused', async () => {
    const { file } = await outdated([]);
    const result = await run(['upgrade', file, '--source', fixture('models/two-inputs.onnx')]);
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names: ['is not the source of'] });
    expectRefusal(await run(['upgrade', file, '--source', 'nowhere.onnx']), {
      exit: 66,
      code: 'E_INPUT',
    });
  });

  it('is looked for by its digest below --search', async () => {
    const { file, dir } = await outdated([]);
    const deep = path.join(dir, 'models/a/b');
    mkdirSync(deep, { recursive: true });
    const changed = readFileSync(CNN);
    changed[100] = (changed[100] ?? 0) ^ 1;
    writeFileSync(path.join(dir, 'models/a/a.onnx'), changed);
    copyFileSync(CNN, path.join(deep, 'old-name.onnx'));
    const { plan } = await upgraded(file, '--search', path.join(dir, 'models'), '--plan');
    expect(plan.source).toMatchObject({ found: 'search', path: path.join(deep, 'old-name.onnx') });
    await upgraded(file, '--search', path.join(dir, 'models'));
    expectRefusal(
      await run(['upgrade', file, '--rebuild', '--search', path.join(dir, 'nowhere')]),
      { exit: 66, code: 'E_INPUT' },
    );
  });

  it('of several files has to be whole', async () => {
    const box = sandbox();
    const file = path.join(box.out, 'e.tar');
    const source = fixture('models/digits-cnn-external/digits-cnn.onnx');
    expect((await run(['convert', source, '-d', 'local', '-o', file])).code).toBe(0);
    await madeWith(file, '1.20.0');
    const { status } = await upgraded(file, '--source', source);
    expect(status).toBe('upgraded');
    await madeWith(file, '1.20.0');
    const alone = path.join(box.dir, path.basename(source));
    copyFileSync(source, alone);
    expectRefusal(await run(['upgrade', file, '--source', alone]), {
      exit: 66,
      code: 'E_INPUT',
      names: ['there is no file'],
    });
  });
});

describe('an older protocol', () => {
  it('is migrated: only the descriptor changes', async () => {
    const box = sandbox();
    const file = path.join(box.out, 'draft.tar');
    copyFileSync(DRAFT, file);
    const { plan, status } = await upgraded(file);
    expect(status).toBe('upgraded');
    expect(plan).toMatchObject({ action: 'rewrite', reasons: [{ code: 'PROTOCOL' }] });
    expect(plan.changes[0]).toEqual({
      field: 'protocol',
      from: 'modelconv/0',
      to: 'modelconv/1',
      reason: 'PROTOCOL',
    });
    const { lineage, ...rest } = (await verifyPackage(file)).descriptor;
    expect(rest).toEqual(
      (await readHead(fixture('packages/digits-cnn.modelconv-1.tar'))).descriptor,
    );
    expect(lineage).toEqual({
      upgradedFrom: sha256((await readHead(DRAFT)).text),
      reasons: ['PROTOCOL'],
    });
    expect(readFileSync(file, 'latin1')).toContain('protocol: modelconv/1');
    expect(readFileSync(`${file}.bak`)).toEqual(readFileSync(DRAFT));
    box.expectOnly('draft.tar', 'draft.tar.bak');
  });

  it('is told by inspect', async () => {
    expect((await run(['inspect', DRAFT])).stdout).toMatch(
      /protocol\s+modelconv\/0, older than modelconv\/1/,
    );
    expect(
      (await run(['inspect', fixture('packages/digits-cnn.modelconv-1.tar')])).stdout,
    ).not.toContain('protocol');
  });
});

describe('metadata', () => {
  it('is changed alone, without a conversion', async () => {
    const box = sandbox();
    const file = await packed(box.out, []);
    const model = (await readHead(file)).descriptor.files;
    const words = [
      '--name',
      'other',
      '--model-version',
      '2.0.0',
      '--description',
      'For doors.',
      '--license',
      'MIT',
    ];
    const { plan, descriptor } = await upgraded(file, ...words, '--no-backup');
    expect(plan).toMatchObject({ action: 'rewrite', reasons: [{ code: 'METADATA' }] });
    expect(plan.changes.map(({ field }) => field)).toEqual([
      'name',
      'version',
      'description',
      'license',
      'lineage.upgradedFrom',
    ]);
    expect(descriptor).toMatchObject({
      name: 'other',
      version: '2.0.0',
      description: 'For doors.',
      license: 'MIT',
      files: model,
    });
    expect(await upgraded(file, ...words)).toMatchObject({ status: 'current' });
    expectRefusal(await run(['upgrade', file, '--name', 'no name']), { exit: 64, code: 'E_USAGE' });
    expectRefusal(await run(['upgrade', file, '--model-version', ' ']), {
      exit: 64,
      code: 'E_USAGE',
    });
  });

  it('of a device that takes the model as it is, is all that changes', async () => {
    const box = sandbox();
    const file = await packed(box.out, []);
    const { plan, descriptor } = await upgraded(file, '-d', 'android-arm64', '--no-backup');
    expect(plan.action).toBe('rewrite');
    expect(plan.reasons.map(({ code }) => code)).toEqual(['DEVICE']);
    expect(descriptor?.device?.name).toBe('android-arm64');
  });

  it('that the inventory knows otherwise by now is brought up to date', async () => {
    const box = sandbox();
    const file = await packed(box.out, []);
    await edit(file, (descriptor) => ({ ...descriptor, device: { name: 'cam', arch: 'arm64' } }));
    const fleet = path.join(box.dir, 'fleet.yaml');
    writeFileSync(
      fleet,
      'devices:\n  - {name: cam, arch: arm64, soc: s1, stack: {kind: onnxruntime, version: "1.20"}, formats: [ort]}\n',
    );
    const { plan, descriptor } = await upgraded(file, '--devices', fleet, '--no-backup');
    expect(plan.reasons.map(({ code }) => code)).toEqual(['DEVICE_INFO']);
    expect(plan.changes).toContainEqual({ field: 'device.soc', to: 's1', reason: 'DEVICE_INFO' });
    expect(descriptor?.device).toEqual({ name: 'cam', arch: 'arm64', soc: 's1' });
  });
});

describe('a device that does not take the package any more', () => {
  it('has it converted again', async () => {
    const box = sandbox();
    const file = await packed(box.out);
    const fleet = path.join(box.dir, 'fleet.yaml');
    // the same runtime takes ONNX files alone by now
    writeFileSync(
      fleet,
      'devices:\n  - {name: cam, stack: {kind: onnxruntime, version: "1.20"}, formats: [onnx]}\n',
    );
    const { plan, descriptor } = await upgraded(file, '-d', 'cam', '--devices', fleet);
    expect(plan.reasons.map(({ code }) => code)).toEqual(['DEVICE', 'FORMAT']);
    expect(descriptor).toMatchObject({
      model: { format: 'onnx' },
      conversion: { performed: false },
      device: { name: 'cam' },
    });
  });

  it('cannot be served by the same recipe where memory or precision do not fit', async () => {
    const box = sandbox();
    const file = await packed(box.out);
    const fleet = path.join(box.dir, 'fleet.yaml');
    writeFileSync(
      fleet,
      'devices:\n  - {name: small, stack: {kind: onnxruntime}, formats: [ort], memoryBytes: 10}\n',
    );
    expectRefusal(await run(['upgrade', file, '-d', 'small', '--devices', fleet]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['would not make it fit small'],
    });
  });
});

describe('what cannot be upgraded', () => {
  it('is a package of files that were converted elsewhere', async () => {
    const box = sandbox();
    const descriptor = path.join(box.dir, 'd.yaml');
    writeFileSync(
      descriptor,
      'name: a\nversion: "1"\nmodel: {format: raw, type: float, inputs: [], outputs: []}\nsoftware: {stack: {kind: none}}\n',
    );
    const weights = path.join(box.dir, 'w.bin');
    writeFileSync(weights, 'w');
    const file = path.join(box.out, 'p.tar');
    expect((await run(['pack', weights, '--descriptor', descriptor, '-o', file])).code).toBe(0);
    expect(await upgraded(file)).toMatchObject({ status: 'current', plan: { device: 'none' } });
    expectRefusal(await run(['upgrade', file, '--rebuild']), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['does not say how it was made'],
    });
    expect(await upgraded(file, '--model-version', '2', '--no-backup')).toMatchObject({
      status: 'upgraded',
    });
  });

  it.each([[CNN], ['nowhere.tar'], [fixture('models')]])('is no package: %s', async (file) => {
    const { code, stderr, stdout } = await run(['upgrade', file]);
    expect([65, 66]).toContain(code);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/next: /);
  });
});

it('files that people added, and extensions, are taken over', async () => {
  const box = sandbox();
  const file = await packed(box.out);
  await withLabels(file, box.dir);
  await madeWith(file, '1.20.0');
  const { descriptor } = await upgraded(file);
  expect(descriptor?.files.find(({ role }) => role === 'labels')).toMatchObject({
    path: 'labels.txt',
    sha256: sha256('zero\none\n'),
  });
  expect(descriptor).toMatchObject({ 'x-team': 'doors' });
  expect((await run(['verify', file])).code).toBe(0);
});

describe('with the cache', () => {
  it('the source of an earlier conversion is found, though the file is gone', async () => {
    ownCache();
    const box = sandbox();
    const source = path.join(box.dir, 'gone.onnx');
    copyFileSync(CNN, source);
    const file = await packedAnew(box.out, [], source);
    await madeWith(file, '1.20.0');
    rmSync(source);
    const { plan, status } = await upgraded(file);
    expect(status).toBe('upgraded');
    expect(plan.source).toMatchObject({ found: 'cache', name: 'gone.onnx' });
  });

  it('an upgrade is never answered from it', async () => {
    ownCache();
    const box = sandbox();
    const file = await packedAnew(box.out, ['--source', 'include'], CNN);
    const { descriptor } = await upgraded(file, '--rebuild');
    expect(descriptor?.lineage).toMatchObject({ compared: { passed: true } });
    // and leaves nothing of its lineage to a later conversion
    const again = path.join(box.out, 'again.tar');
    const args = ['convert', CNN, '-d', 'local', '--source', 'include', '-o', again];
    expect((await run(args)).code).toBe(0);
    expect((await readHead(again)).descriptor.lineage).toBeUndefined();
  });
});

describe('what is read or written besides', () => {
  it('is never the old package that -o leaves where it is', async () => {
    const { out, file, before } = await outdated();
    const output = path.join(out, 'new.tar');
    for (const flag of ['--report', '--log']) {
      const result = await run(['upgrade', file, '-o', output, flag, file, '-f']);
      expectRefusal(result, { exit: 73, code: 'E_OUTPUT' });
      expect(readFileSync(file)).toEqual(before);
    }
  });

  it('is never the backup, and that is told before any work', async () => {
    const { out, file, before } = await outdated();
    const kept = path.join(out, 'kept');
    for (const flag of ['--report', '--log']) {
      const result = await run(['upgrade', file, '--backup', kept, flag, kept]);
      expectRefusal(result, { exit: 73, code: 'E_OUTPUT' });
      expect(result.stderr).not.toContain('convert ');
      expect(readFileSync(file)).toEqual(before);
    }
  });
});

it('an encrypted package that has to change is planned, and not done', async () => {
  const box = sandbox();
  const draft = { ...DRAFT_DESCRIPTOR, conversion: OF_A_SOURCE, device: { name: 'local' } };
  const { file } = await packContents(box.dir, { 'payload.age': 'secret' }, draft);
  const { plan } = await upgraded(file, '--plan', '--model-version', '2.0.0');
  expect(plan.blockers).toMatchObject([{ code: 'E_INPUT', message: `${file} is encrypted` }]);
  const result = await run(['upgrade', file, '--model-version', '2.0.0']);
  expectRefusal(result, { exit: 66, code: 'E_INPUT', names: ['modelconv decrypt'] });
});

it('what to do next holds for names that a shell would split', async () => {
  const box = sandbox();
  const file = await packed(box.out, []);
  await madeWith(file, '1.20.0');
  const odd = path.join(box.out, 'my gate.tar');
  copyFileSync(file, odd);
  const { stderr } = await run(['upgrade', odd]);
  expect(stderr).toContain(`modelconv upgrade '${odd}' --source FILE`);
  expect((await run(['outdated', odd])).stdout).toContain(`next: modelconv upgrade '${odd}'`);
});

it('signatures are left behind, and that is said', async () => {
  const box = sandbox();
  const file = path.join(box.out, 'signed.tar');
  const model = { 'model/a.ort': 'weights' };
  const entries = [
    entry({ name: 'model/a.ort' }, 'weights'),
    entry({ name: 'signature/model.sig' }, 'signature'),
  ];
  writeFileSync(file, rawPackage(descriptorOf(model), ...entries));
  const before = readFileSync(file);
  const { plan } = await upgraded(file, '--model-version', '2.0.0', '--plan');
  expect(plan.notes.join()).toContain('signatures');
  expect(readFileSync(file)).toEqual(before);
  await upgraded(file, '--model-version', '2.0.0');
  expect(readFileSync(file, 'latin1')).not.toContain('signature/model.sig');
  expect((await verifyPackage(file)).descriptor.version).toBe('2.0.0');
  expect(readFileSync(`${file}.bak`)).toEqual(before);
});
