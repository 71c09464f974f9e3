import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toolchain } from '../../dist/adapters/openvino/toolchain.js';
import { verifyPackage } from '../../dist/package/verify.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';

const MODEL = fixture('models/digits-cnn-static.onnx');
const CALIBRATION = fixture('data/digits-calib.npy');
const fakes = fakeEnvironments(toolchain, 'openvino-ir');

function use(behaviour: string): void {
  vi.stubEnv(toolchain.variable, path.join(fakes, behaviour));
}

async function convert(output: string, ...flags: readonly string[]) {
  const words = ['convert', MODEL, '-d', 'openvino-cpu', '--precision', 'int8', '-o', output];
  return await run([...words, ...flags]);
}

describe('int8', () => {
  it('without calibration data is exit 64, and names the flag', async () => {
    const box = sandbox();
    use('succeeds');
    expectRefusal(await convert(path.join(box.out, 'a.tar')), {
      exit: 64,
      code: 'E_USAGE',
      names: ['openvino-cpu', '--calibration'],
    });
    box.expectOnly();
  });

  it('with data keeps its digest and number, and parity runs on it', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output, '--calibration', CALIBRATION)).toMatchObject({ code: 0 });
    const { model, verification } = (await verifyPackage(output)).descriptor;
    expect(model.quantization?.calibration).toEqual({
      method: 'own',
      algorithm: 'nncf.quantize preset=mixed fast_bias_correction=true',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      samples: 100,
      synthetic: false,
    });
    expect(verification).toMatchObject({
      passed: true,
      samples: 64,
      inputs: { kind: 'calibration' },
    });
  });

  it('says that parity was checked on calibration data', async () => {
    const box = sandbox();
    use('succeeds');
    const { stderr } = await convert(path.join(box.out, 'a.tar'), '--calibration', CALIBRATION);
    expect(stderr).toMatch(/parity .*64 calibration samples/);
  });

  it('takes as many samples as --calibration-samples says', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    const flags = ['--calibration', CALIBRATION, '--calibration-samples', '20'];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const { model, verification } = (await verifyPackage(output)).descriptor;
    expect(model.quantization?.calibration?.samples).toBe(20);
    expect(verification?.samples).toBe(20);
  });

  it('with generated numbers says so in the package', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output, '--calibration', 'synthetic')).toMatchObject({ code: 0 });
    const { model, verification } = (await verifyPackage(output)).descriptor;
    expect(model.quantization?.calibration).toMatchObject({ synthetic: true, samples: 32 });
    expect(verification?.inputs?.kind).toBe('generated');
  });

  it('that the tool did not make is refused, and no other precision is advised', async () => {
    const box = sandbox();
    use('quantizes-nothing');
    expectRefusal(await convert(path.join(box.out, 'a.tar'), '--calibration', CALIBRATION), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['OpenVINO', 'int8', 'leave --precision out to keep the model in fp32'],
    });
    box.expectOnly();
  });

  it('with bad data is refused before the tool is started, every fault at once', async () => {
    const box = sandbox();
    use('crashes');
    const data = path.join(box.dir, 'calib');
    mkdirSync(data);
    writeFileSync(path.join(data, 'a.npy'), 'no array');
    writeFileSync(path.join(data, 'b.txt'), 'no image');
    const result = await convert(path.join(box.out, 'a.tar'), '--calibration', data);
    expectRefusal(result, {
      exit: 65,
      code: 'E_CALIBRATION_INVALID',
      names: ['a.npy', 'b.txt'],
    });
    box.expectOnly();
  });
});

describe('preprocessing by flags', () => {
  const FLAGS = ['--mean', '8', '--scale', '0.125', '--color-order', 'gray'];
  const MORE = [
    ...['--resize', 'letterbox', '--padding', '0'],
    ...['--range', '0,16', '--layout', 'nchw'],
  ];

  it('stands with the input in the package', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    const flags = ['--calibration', 'synthetic', ...FLAGS, ...MORE];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const { model } = (await verifyPackage(output)).descriptor;
    expect(model.inputs[0]?.preprocess).toEqual({
      range: [0, 16],
      mean: [8],
      scale: [0.125],
      colorOrder: 'gray',
      resize: 'letterbox',
      padding: 0,
      layout: 'nchw',
      where: 'host',
    });
  });

  it('changes what is measured on', async () => {
    const box = sandbox();
    use('succeeds');
    const digests = [];
    for (const flags of [[], FLAGS.slice(0, 4)]) {
      const output = path.join(box.out, `${flags.length}.tar`);
      const result = await convert(output, '--calibration', CALIBRATION, '--no-verify', ...flags);
      expect(result).toMatchObject({ code: 0 });
      digests.push(
        (await verifyPackage(output)).descriptor.model.quantization?.calibration?.sha256,
      );
    }
    expect(new Set(digests).size).toBe(2);
  });
});

describe('--toolchain', () => {
  it('that is not there is exit 69, and says what there is', async () => {
    const box = sandbox();
    use('succeeds');
    const flags = ['--calibration', CALIBRATION, '--toolchain', '2020.1'];
    expectRefusal(await convert(path.join(box.out, 'a.tar'), ...flags), {
      exit: 69,
      code: 'E_TOOL_MISSING',
      names: ['2020.1', toolchain.releases[0]?.version ?? ''],
    });
  });

  it('takes the first part of a version', async () => {
    const box = sandbox();
    use('succeeds');
    const [release] = toolchain.releases;
    const flags = ['--calibration', CALIBRATION, '--toolchain', release?.version.slice(0, 4) ?? ''];
    expect(await convert(path.join(box.out, 'a.tar'), ...flags)).toMatchObject({ code: 0 });
  });

  it('is left to the runtime of the device: one that is too new is refused before any work', async () => {
    const box = sandbox();
    use('crashes');
    const device = path.join(box.dir, 'old.yaml');
    writeFileSync(
      device,
      'name: old-camera\nextends: openvino-cpu\nstack: {kind: openvino, version: "2023.1.0"}\n',
    );
    const output = path.join(box.out, 'a.tar');
    expectRefusal(await run(['convert', MODEL, '-d', device, '-o', output]), {
      exit: 69,
      code: 'E_TOOL_MISSING',
      names: ['is too new for old-camera', '2023.1.0', '"openvino<2023.2"', toolchain.variable],
    });
    const flags = ['--toolchain', toolchain.releases[0]?.version ?? ''];
    expectRefusal(await run(['convert', MODEL, '-d', device, '-o', output, ...flags]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['too new', 'leave --toolchain out'],
    });
    box.expectOnly();
  });
});

describe('--embed', () => {
  it('places the descriptor inside the model file', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    const flags = ['--calibration', CALIBRATION, '--embed'];
    expect(await convert(output, ...flags)).toMatchObject({ code: 0 });
    const unpacked = path.join(box.dir, 'unpacked');
    await run(['unpack', output, '-C', unpacked]);
    const xml = path.join(unpacked, 'model/digits-cnn-static.xml');
    expect(readFileSync(xml, 'utf8')).toContain('<modelconv value="');
    const { stdout } = await run(['inspect', xml, '--field', 'embedded', '--json']);
    const { files: _files, ...descriptor } = (await verifyPackage(output)).descriptor;
    expect(JSON.parse(stdout)).toEqual(descriptor);
  });
});
