import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPythonTool } from '../../dist/toolchain/python-toolchain.js';
import { verifyPackage } from '../../src/package/verify.js';
import type { UpgradeResult } from '../../src/schema/generated/types.js';
import { expectRefusal, jsonResult, run, sandbox } from '../cli/run-main.js';
import { ownCache } from '../support/cache.js';
import { fixture } from '../support/files.js';
import { describeTool, findTool } from './tool.js';

const CNN = fixture('models/digits-cnn-static.onnx');
const CALIBRATION = fixture('data/digits-calib.npy');
const OTHER_DATA = fixture('data/digits-test.npy');
const OLDER = '2025.4.1';

const openvino = await findTool('openvino');
const rknn = await findTool('rknn');
const { toolchain } = openvino.adapter;
const older =
  toolchain === undefined ? { found: false } : await findPythonTool(toolchain, { version: OLDER });

async function packed(...words: string[]) {
  const box = sandbox();
  const file = path.join(box.out, 'p.tar');
  const { code, stderr } = await run(['convert', CNN, '-o', file, ...words]);
  expect(code, stderr).toBe(0);
  return { ...box, file, before: readFileSync(file) };
}

async function upgraded(...words: string[]): Promise<UpgradeResult> {
  const { stdout, stderr, code } = await run(['upgrade', ...words, '--json']);
  expect(code, stderr).toBe(0);
  return jsonResult({ code, stdout, stderr: '' }, 'upgrade-result') as UpgradeResult;
}

const OLD_OPENVINO = ['-d', 'openvino-cpu', '--toolchain', `openvino@${OLDER}`];

describeTool(openvino, () => {
  describe.skipIf(!older.found)(`a package made with openvino ${OLDER}`, () => {
    it('is made again with the current one, and computes what the old one and the source compute', async () => {
      const { file, before, expectOnly } = await packed(...OLD_OPENVINO, '--source', 'include');
      const result = await upgraded(file);
      expect(result).toMatchObject({
        status: 'upgraded',
        plan: { reasons: [{ code: 'TOOLCHAIN' }], source: { found: 'included' } },
        comparedWithOld: { passed: true },
      });
      const { descriptor } = await verifyPackage(file);
      expect(descriptor.verification?.passed).toBe(true);
      expect(descriptor.conversion?.converter?.version).not.toBe(OLDER);
      expect(descriptor.lineage).toMatchObject({
        reasons: ['TOOLCHAIN'],
        compared: { passed: true },
      });
      expect(readFileSync(`${file}.bak`)).toEqual(before);
      expect(await upgraded(file)).toMatchObject({ status: 'current' });
      expectOnly('p.tar', 'p.tar.bak');
    });

    it('in int8 wants the calibration data that it was quantized with', async () => {
      const int8 = ['--precision', 'int8', '--calibration', CALIBRATION, '--source', 'include'];
      const { file, before } = await packed(...OLD_OPENVINO, ...int8);
      const digest = (await verifyPackage(file)).descriptor.model.quantization?.calibration?.sha256;
      expect(digest).toBeDefined();
      expectRefusal(await run(['upgrade', file]), {
        exit: 66,
        code: 'E_CALIBRATION_MISSING',
        names: [digest ?? ''],
      });
      expectRefusal(await run(['upgrade', file, '--calibration', OTHER_DATA]), {
        exit: 65,
        code: 'E_CALIBRATION_INVALID',
        names: [digest ?? '', '--recalibrate'],
      });
      expect(readFileSync(file)).toEqual(before);
      const { descriptor } = await upgraded(file, '--calibration', CALIBRATION);
      expect(descriptor?.model.quantization?.calibration).toMatchObject({
        sha256: digest,
        samples: 100,
      });
      const other = await upgraded(file, '--rebuild', '--calibration', OTHER_DATA, '--recalibrate');
      expect(other.descriptor?.model.quantization?.calibration?.sha256).not.toBe(digest);
    });

    it('in int8 finds source and data where the cache saw them last', async () => {
      ownCache();
      const int8 = ['--precision', 'int8', '--calibration', CALIBRATION];
      const { file } = await packed(...OLD_OPENVINO, ...int8);
      const { plan, status } = await upgraded(file);
      expect(plan).toMatchObject({
        source: { found: 'cache' },
        calibration: { found: 'cache', path: CALIBRATION },
      });
      expect(status).toBe('upgraded');
    });

    it('calibrated on generated data makes the same data again', async () => {
      const synthetic = ['--precision', 'int8', '--calibration', 'synthetic', '--seed', '7'];
      const { file } = await packed(...OLD_OPENVINO, ...synthetic, '--source', 'include');
      const before = (await verifyPackage(file)).descriptor.model.quantization?.calibration;
      expect(before).toMatchObject({ synthetic: true, seed: 7 });
      const { plan, descriptor } = await upgraded(file);
      expect(plan.calibration).toMatchObject({ found: 'generated' });
      expect(descriptor?.model.quantization?.calibration).toEqual(before);
    });

    it('keeps preprocessing, fixed sizes, options, and the descriptor inside the model', async () => {
      const box = sandbox();
      const file = path.join(box.out, 'p.tar');
      const model = fixture('models/digits-cnn.onnx');
      const recipe = ['--input', 'image=1,1,8,8', '--mean', '3', '--scale', '0.5', '--embed'];
      const words = [
        'convert',
        model,
        ...OLD_OPENVINO,
        ...recipe,
        '--source',
        'include',
        '-o',
        file,
      ];
      const { code, stderr } = await run(words);
      expect(code, stderr).toBe(0);
      const before = (await verifyPackage(file)).descriptor;
      const { descriptor } = await upgraded(file);
      expect(descriptor?.model.inputs).toEqual(before.model.inputs);
      expect(descriptor?.conversion?.inputShapes).toEqual({ image: [1, 1, 8, 8] });
      const unpacked = path.join(box.dir, 'u');
      expect((await run(['unpack', file, '-C', unpacked])).code).toBe(0);
      const inspected = await run([
        'inspect',
        path.join(unpacked, 'model/digits-cnn.xml'),
        '--json',
      ]);
      expect(JSON.parse(inspected.stdout).model.embedded).toMatchObject({ kind: 'TargetModel' });
    });

    it('is listed as outdated', async () => {
      const { file, out } = await packed(...OLD_OPENVINO);
      const { stdout } = await run(['outdated', out]);
      expect(stdout).toContain(`next: modelconv upgrade ${file}`);
      expect(stdout).toContain(`made with OpenVINO ${OLDER}`);
    });
  });
  if (!older.found) it.skip(`openvino ${OLDER} is not installed: upgrades from it were not run`);
});

describeTool(rknn, () => {
  it('a package for rk3566 is moved to rk3588', async () => {
    const { file, before, dir, out, expectOnly } = await packed('-d', 'rk3566');
    expectRefusal(await run(['upgrade', file, '-d', 'rk3588']), {
      exit: 66,
      code: 'E_SOURCE_MISSING',
    });
    const source = path.join(dir, 'renamed.onnx');
    copyFileSync(CNN, source);
    const target = path.join(out, 'moved.tar');
    const result = await upgraded(file, '-d', 'rk3588', '--source', source, '-o', target);
    expect(result.plan.reasons.map(({ code }) => code)).toEqual(['DEVICE', 'SOC']);
    // no computer runs the file of an NPU: said, and kept
    expect(result.comparedWithOld?.skipped).toContain('rknn');
    const { descriptor } = await verifyPackage(target);
    expect(descriptor).toMatchObject({
      device: { name: 'rk3588', soc: 'rk3588' },
      verification: { passed: true, ranOn: 'simulator' },
      lineage: { reasons: ['DEVICE', 'SOC'], compared: { skipped: expect.any(String) } },
    });
    expect((await run(['check', target, '-d', 'rk3588', '-q'])).code).toBe(0);
    expect((await run(['check', target, '-d', 'rk3566', '-q'])).code).toBe(2);
    expect(readFileSync(file)).toEqual(before);
    expectOnly('moved.tar', 'p.tar');
  });
});
