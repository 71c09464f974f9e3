import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { toolchain as ncnn } from '../../dist/adapters/ncnn/toolchain.js';
import { toolchain as torch } from '../../dist/adapters/torch/toolchain.js';
import { verifyPackage } from '../../dist/package/verify.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture, tempDir } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';

const TRACED = fixture('models/torchscript/digits-cnn.pt');
const SCRIPTED = fixture('models/torchscript/digits-cnn-scripted.pt');
const SIZES = ['--input', 'image=1,1,8,8'];
const converters = fakeEnvironments(ncnn, 'ncnn');
const references = fakeEnvironments(torch, 'torchscript');

function use(converter: string, reference?: string): void {
  vi.stubEnv(ncnn.variable, path.join(converters, converter));
  vi.stubEnv(torch.variable, reference === undefined ? '' : path.join(references, reference));
}

beforeEach(() => {
  // no torch of the machine's own
  vi.stubEnv('MODELCONV_HOME', tempDir());
  vi.stubEnv('PATH', '/usr/bin:/bin');
});

async function convert(model: string, output: string, ...flags: readonly string[]) {
  return await run(['convert', model, '-d', 'ncnn-cpu', '-o', output, ...flags]);
}

describe('a TorchScript source without sizes', () => {
  it.each([
    ['traced', TRACED, '--input image=1,1,8,8'],
    ['scripted', SCRIPTED, '--input image='],
  ])('is refused before any tool is started, with the flag: %s', async (_how, model, flag) => {
    const box = sandbox();
    use('crashes', 'crashes');
    expectRefusal(await convert(model, path.join(box.out, 'a.tar')), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: [flag],
    });
    box.expectOnly();
  });
});

describe('a TorchScript source', () => {
  it('is compared with what PyTorch computes', async () => {
    const box = sandbox();
    use('succeeds', 'succeeds');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(TRACED, output, ...SIZES)).toMatchObject({ code: 0 });
    const { conversion, verification } = (await verifyPackage(output)).descriptor;
    expect(conversion?.source).toMatchObject({ format: 'torchscript', path: 'digits-cnn.pt' });
    expect(conversion?.inputShapes).toEqual({ image: [1, 1, 8, 8] });
    expect(conversion).not.toHaveProperty('inputDtypes');
    expect(verification).toMatchObject({
      passed: true,
      reference: { runtime: 'torch', version: '2.13.0' },
    });
  });

  it('that becomes another model is not packed', async () => {
    const box = sandbox();
    use('wrong-numbers', 'succeeds');
    expectRefusal(await convert(TRACED, path.join(box.out, 'a.tar'), ...SIZES), {
      exit: 2,
      code: 'E_PARITY',
      names: ['digits-cnn.pt'],
    });
    box.expectOnly();
  });

  it('is converted without PyTorch, too, and the warning says how to get it', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    const result = await convert(TRACED, output, ...SIZES);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stderr).toContain('no runtime for torchscript on this machine');
    expect(result.stderr).toContain('modelconv toolchains install torch');
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification?.skipped).toBe('no runtime for torchscript on this machine');
  });

  it.each(['openvino-cpu', 'mnn-cpu', 'tflite-cpu', 'onnxruntime-cpu'])(
    'has no way to %s, and the line of Python that makes one is printed',
    async (device) => {
      const box = sandbox();
      const output = path.join(box.out, 'a.tar');
      expectRefusal(await run(['convert', TRACED, '-d', device, '-o', output]), {
        exit: 78,
        code: 'E_NOT_CONVERTIBLE',
        names: [
          'torch.onnx.export(torch.jit.load("digits-cnn.pt"), (torch.zeros(1, 1, 8, 8),), "digits-cnn.onnx", input_names=["image"], dynamo=False)',
        ],
      });
      box.expectOnly();
    },
  );

  it('has its types in the plan and in the package, from the flag or the document', async () => {
    const box = sandbox();
    use('succeeds');
    const output = path.join(box.out, 'a.tar');
    const request = path.join(box.dir, 'request.yaml');
    writeFileSync(
      request,
      [
        'protocol: modelconv/1',
        'kind: ConversionRequest',
        `source: {path: ${JSON.stringify(SCRIPTED)}}`,
        'device: ncnn-cpu',
        `output: ${JSON.stringify(output)}`,
        'inputs: {image: [1, 1, 8, 8]}',
        'inputDtypes: {image: float64}',
      ].join('\n'),
    );
    const words = ['convert', '--request', request];
    const planned = await run([...words, '--dry-run', '--input', 'image=1,1,8,8:int32']);
    expect(planned.stdout).toContain('"type":"i32"');
    expect(planned.stdout).toContain('--torchscript');
    expect(await run(words)).toMatchObject({ code: 0 });
    const { conversion } = (await verifyPackage(output)).descriptor;
    expect(conversion?.inputDtypes).toEqual({ image: 'float64' });
  });

  it('whose type is known takes no other one', async () => {
    const box = sandbox();
    const model = fixture('models/digits-cnn-static.onnx');
    const flags = ['--input', 'image=1,1,8,8:int64'];
    expectRefusal(await convert(model, path.join(box.out, 'a.tar'), ...flags), {
      exit: 64,
      code: 'E_USAGE',
      names: ['image', 'float32'],
    });
    box.expectOnly();
  });
});

describe('a device that runs TorchScript', () => {
  const device = (dir: string): string => {
    const file = path.join(dir, 'server.yaml');
    writeFileSync(
      file,
      'name: server\nclass: cloud\nstack: {kind: torch}\nformats: [torchscript]\n',
    );
    return file;
  };

  it('gets the traced model as it is, once it has run on what it was traced with', async () => {
    const box = sandbox();
    use('crashes', 'succeeds');
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', TRACED, '-d', device(box.dir), '-o', output]);
    expect(result).toMatchObject({ code: 0 });
    const { model, conversion, verification } = (await verifyPackage(output)).descriptor;
    expect(model).toMatchObject({ format: 'torchscript', precision: 'fp32' });
    expect(conversion?.performed).toBe(false);
    expect(verification).toMatchObject({ reference: { runtime: 'torch' }, samples: 8 });
  });

  it('gets nothing else: PyTorch converts nothing', async () => {
    const box = sandbox();
    const model = fixture('models/digits-cnn-static.onnx');
    const words = ['convert', model, '-d', device(box.dir), '-o', path.join(box.out, 'a.tar')];
    expectRefusal(await run(words), { exit: 78, code: 'E_NOT_CONVERTIBLE', names: ['torch'] });
    box.expectOnly();
  });
});
