import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toolchain as mnn } from '../../dist/adapters/mnn/toolchain.js';
import { toolchain as rknn } from '../../dist/adapters/rknn/toolchain.js';
import { toolchain as torch } from '../../dist/adapters/torch/toolchain.js';
import type {
  CompareResult,
  ConvertPlan,
  ConvertResult,
} from '../../src/schema/generated/types.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn-static.onnx');
const rknnFakes = fakeEnvironments(rknn, 'rknn');
const mnnFakes = fakeEnvironments(mnn, 'mnn');
const torchFakes = fakeEnvironments(torch, 'torchscript');

function readReport(file: string): CompareResult {
  return expectValid('compare-result', JSON.parse(readFileSync(file, 'utf8')) as CompareResult);
}

async function convertRknn(behaviour: string, output: string, ...flags: readonly string[]) {
  vi.stubEnv('MODELCONV_RKNN', path.join(rknnFakes, behaviour));
  const words = [CNN, '-d', 'rk3588', '--precision', 'fp16', '-o', output];
  return await run(['convert', ...words, ...flags]);
}

describe('convert --layers', () => {
  it('writes the table into a report beside the output, and tells the greatest error', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { code, stderr } = await run(['convert', CNN, '-d', 'local', '-o', output, '--layers']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /layers +8 tensors compared, 4 without a counterpart; none adds an error beyond rounding in fp32, greatest relative error [\de.-]+ % at \S+/,
    );
    const { layers, passed } = readReport(`${output}.parity.json`);
    expect(passed).toBe(true);
    expect(layers?.first).toBeUndefined();
    expect(layers?.tensors.map(({ name }) => name)).toContain('logits');
    expect(readFileSync(`${output}.parity.html`, 'utf8')).toContain('Layer by layer');
    box.expectOnly('a.tar');
  });

  it('names the report in the result, one for each device, and --report moves it', async () => {
    const box = sandbox();
    const words = ['convert', CNN, '-d', 'local', '-d', 'raspberry-pi-4', '--layers', '--json'];
    const both = jsonResult(
      await run([...words, '-o', `${box.out}/`]),
      'convert-result',
    ) as ConvertResult;
    const reports = both.results.map((one) => ('report' in one ? one.report : undefined));
    expect(reports.map((file) => path.basename(file ?? ''))).toEqual(
      ['local', 'raspberry-pi-4'].map((device) => `digits-cnn-static.${device}.tar.parity.html`),
    );
    const report = path.join(box.dir, 'r.html');
    const output = path.join(box.out, 'moved.tar');
    const one = ['convert', CNN, '-d', 'local', '--layers', '--report', report, '-o', output, '-q'];
    expect((await run(one)).code).toBe(0);
    expect(readReport(path.join(box.dir, 'r.json')).layers?.tensors.length).toBeGreaterThan(5);
    expect(() => readFileSync(`${output}.parity.html`)).toThrow();
  });

  it('keeps a report that --report puts where that of a failure would be', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const report = `${output}.parity.html`;
    const words = ['convert', CNN, '-d', 'local', '-o', output, '--report', report, '-q'];
    expect((await run(words)).code).toBe(0);
    expect(readFileSync(report, 'utf8')).toContain('computes the same');
  });

  it('leaves a file of the user alone that has the name of the report', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    writeFileSync(`${output}.parity.html`, 'mine');
    const result = await run(['convert', CNN, '-d', 'local', '-o', output, '--layers']);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT_EXISTS', names: ['a.tar.parity.html'] });
    expect(readFileSync(`${output}.parity.html`, 'utf8')).toBe('mine');
  });

  it('is refused without the check that it belongs to', async () => {
    const box = sandbox();
    const words = [CNN, '-d', 'local', '-o', path.join(box.out, 'a.tar')];
    expectRefusal(await run(['convert', ...words, '--no-verify', '--layers']), {
      exit: 64,
      code: 'E_USAGE',
      names: ['--layers'],
    });
  });

  it('says that nothing is between the layers of a model that is packed as it is', async () => {
    const box = sandbox();
    const model = fixture('models/tflite/digits-cnn-fp32.tflite');
    const output = path.join(box.out, 'a.tar');
    const { code, stderr } = await run([
      'convert',
      model,
      '-d',
      'tflite-cpu',
      '-o',
      output,
      '--layers',
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('--layers had no effect');
    box.expectOnly('a.tar');
  });

  it('is refused before anything runs where the runtime shows the outputs alone', async () => {
    const box = sandbox();
    vi.stubEnv('MODELCONV_MNN', path.join(mnnFakes, 'crashes'));
    const words = [CNN, '-d', 'mnn-cpu', '-o', path.join(box.out, 'a.tar'), '--layers'];
    expectRefusal(await run(['convert', ...words]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['MNN shows the outputs', 'onnx', 'rknn'],
    });
    box.expectOnly();
  });
});

describe('layers of a model that only its converter runs', () => {
  it('are shown by the converter, which leaves the model as it is', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { code, stderr } = await convertRknn('succeeds', output, '--layers');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/layers +1 tensor compared, 11 without a counterpart; none adds/);
    expect(readReport(`${output}.parity.json`).layers?.tensors).toMatchObject([
      { name: 'logits', operator: 'Gemm', relativeError: 0, cosine: 1 },
    ]);
    const directory = path.join(box.dir, 'unpacked');
    await run(['unpack', output, '-C', directory, '-q']);
    expect(readFileSync(path.join(directory, 'model/digits-cnn-static.rknn'))).toEqual(
      readFileSync(fixture('models/rknn/digits-cnn-rk3588-fp16.rknn')),
    );
    box.expectOnly('a.tar');
  });

  it('explain a check that failed, without being asked for', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    expectRefusal(await convertRknn('wrong-numbers', output), {
      exit: 2,
      code: 'E_PARITY',
      names: ['the first layer that differs is logits (', 'what goes into it is the same'],
    });
    const { layers } = readReport(`${output}.parity.json`);
    expect(layers?.first).toMatchObject({ name: 'logits', operator: 'Gemm' });
    box.expectOnly();
  });

  it('of a source that shows none are compared with what the converter computes in floating point', async () => {
    const box = sandbox();
    vi.stubEnv('MODELCONV_TORCH', path.join(torchFakes, 'succeeds'));
    vi.stubEnv('MODELCONV_RKNN', path.join(rknnFakes, 'succeeds'));
    const output = path.join(box.out, 'a.tar');
    const model = fixture('models/torchscript/digits-cnn.pt');
    const words = [model, '-d', 'rk3588', '--precision', 'fp16', '--input', 'image=1,1,8,8'];
    const { code, stderr } = await run(['convert', ...words, '-o', output, '--layers']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/compared with what RKNN-Toolkit2 computes in floating point/);
    expect(readReport(`${output}.parity.json`).layers?.against).toBe('RKNN-Toolkit2');
    expect(readFileSync(`${output}.parity.html`, 'utf8')).toContain(
      'what RKNN-Toolkit2 computes in floating point stands in for it',
    );
  });

  it.each([
    ['analysis-fails', 70, 'E_TOOL_FAILED'],
    ['analysis-hangs', 75, 'E_TIMEOUT'],
    ['analysis-nothing', 65, 'E_TOOL_OUTPUT'],
  ])('that were asked for and cannot be had are an error (%s)', async (behaviour, exit, code) => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = ['--layers', ...(exit === 75 ? ['--timeout', '5'] : [])];
    expectRefusal(await convertRknn(behaviour, output, ...flags), {
      exit,
      code,
      names: exit === 75 ? [] : ['leave --layers out'],
    });
    box.expectOnly();
  });

  it('of a model that comes quantized are refused before it is converted', async () => {
    const box = sandbox();
    vi.stubEnv('MODELCONV_RKNN', path.join(rknnFakes, 'crashes'));
    const model = fixture('models/digits-cnn-int8.onnx');
    const words = [model, '-d', 'rk3588', '--input', 'image=1,1,8,8', '--layers'];
    expectRefusal(await run(['convert', ...words, '-o', path.join(box.out, 'a.tar')]), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['on a board alone'],
    });
  });

  it('are a step of --dry-run', async () => {
    const box = sandbox();
    vi.stubEnv('MODELCONV_RKNN', path.join(rknnFakes, 'succeeds'));
    const words = [CNN, '-d', 'rk3588', '--precision', 'fp16', '-o', path.join(box.out, 'a.tar')];
    const planned = jsonResult(
      await run(['convert', ...words, '--layers', '-n', '--json']),
      'convert-plan',
    ) as ConvertPlan;
    expect(planned.plans[0]?.steps.map(({ label }) => label)).toEqual(['convert', 'analyse']);
  });

  it('cannot be had of the file, and the error says how', async () => {
    sandbox();
    const file = fixture('models/rknn/digits-cnn-rk3588-fp16.rknn');
    expectRefusal(await run(['compare', CNN, file, '--layers']), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['modelconv convert SOURCE --layers'],
    });
  });
});
