import { copyFileSync, existsSync, readdirSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { probeModel } from '../../dist/source/probe.js';
import { generateSamples } from '../../dist/tensor/generate.js';
import type { SampleSet } from '../../dist/tensor/samples.js';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { reluModel } from './models.js';
import { describeRealConversions, type Suite } from './suite.js';
import { converted, describeTool, findTool, pythonOf, unpackedModel } from './tool.js';
import { convertTrapped, expectQuiet, runByHand, trappedEnvironment } from './trapped.js';

const tool = await findTool('ncnn');
const CNN = fixture('models/digits-cnn-static.onnx');
const SUITE: Suite = {
  device: 'ncnn-cpu',
  format: 'ncnn',
  sources: {
    'a quantized source': 'refused',
    'a source in fp16': 'refused',
    // one of them is boolean
    'a source with two inputs and two outputs': 'refused',
    'a source with external data': 'refused',
    'a TFLite source': 'refused',
    'a TFLite source in int8': 'refused',
  },
  fp32OfFp16: 'refused',
  // ncnn has no batch axis, and calls what it has by numbers
  photo: [
    { name: 'in0', shape: [3, 8, 10], layout: 'CHW', axes: [1, 2, 3] },
    { name: 'out0', shape: [4, 8, 10], layout: 'CHW', axes: [1, 2, 3] },
    { name: 'out1', shape: [4], axes: [1] },
  ],
};

/** pnnx itself, called as its README says: `pnnx MODEL inputshape=…`. */
function pnnxByHand(model: string, ...words: string[]): { cwd: string; status: number | null } {
  const environment = trappedEnvironment(tool);
  const cwd = tempDir();
  copyFileSync(model, path.join(cwd, 'm.onnx'));
  const lib = path.join(path.dirname(pythonOf(tool)), '../lib');
  const [python = ''] = readdirSync(lib).filter((name) => name.startsWith('python3'));
  const program = path.join(lib, python, 'site-packages/pnnx/pnnx');
  return { cwd, status: runByHand(environment, program, ['m.onnx', ...words], cwd).status };
}

/** A model in ncnn's runtime, as the parity check runs it. */
async function runNcnn(model: string, samples: SampleSet): Promise<void> {
  if (!tool.detection.found) throw new Error('ncnn is not there');
  const workDir = tempDir();
  for (const end of ['param', 'bin'])
    copyFileSync(model.replace(/param$/, end), path.join(workDir, `m.${end}`));
  const models = [{ path: 'm.param', resultDir: 'results' }];
  const context = { workDir, logFile: path.join(workDir, 'log') };
  const request = { models, samples, timeoutMs: 60_000 };
  await tool.adapter.run?.(tool.detection.toolchain, request, context);
}

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);

  it('leaves the machine alone, and nothing beside the source', () => {
    expectQuiet(convertTrapped(tool, CNN, ['-d', 'ncnn-cpu', '--precision', 'fp32']));
  });

  it('the trap: pnnx writes files beside its source, and makes fp16 unless it is told', async () => {
    const { cwd, status } = pnnxByHand(CNN, 'inputshape=[1,1,8,8]');
    expect(status).toBe(0);
    expect(readdirSync(cwd).length).toBeGreaterThan(8);
    const { info } = await probeModel(path.join(cwd, 'm.ncnn.param'));
    expect(info.precision).toBe('fp16');
  });

  it.each([
    ['a custom operator', 'bad/custom-op.onnx', []],
    ['external data', 'digits-cnn-external/digits-cnn.onnx', ['inputshape=[1,1,8,8]']],
  ])('the trap: pnnx crashes on %s', (_title, name, words) => {
    const { cwd, status } = pnnxByHand(fixture(`models/${name}`), ...words);
    expect(status).toBeNull();
    expect(existsSync(path.join(cwd, 'm.ncnn.param'))).toBe(false);
  });

  it('packs the model and its weights alone, under the names of the source', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([CNN, '--precision', 'fp32'], 'ncnn-cpu', output);
    expect(descriptor.files.map((file) => file.path)).toEqual([
      'model/digits-cnn-static.bin',
      'model/digits-cnn-static.param',
    ]);
    // ncnn has no batch axis
    expect(descriptor.model.inputs).toMatchObject([{ sourceName: 'image', shape: [1, 8, 8] }]);
    expect(descriptor.model.outputs).toMatchObject([{ sourceName: 'logits', shape: [10] }]);
  });

  it('says of a source with external data how to make one file of it', async () => {
    const box = sandbox();
    const flags = ['--input', 'image=1,1,8,8', '-d', 'ncnn-cpu', '-o', path.join(box.out, 'a.tar')];
    const model = fixture('models/digits-cnn-external/digits-cnn.onnx');
    const result = await run(['convert', model, ...flags]);
    expectRefusal(result, {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['digits-cnn.weights', 'onnx.save'],
    });
    box.expectOnly();
  });

  it('converts a model without weights, whose .bin is empty', async () => {
    const box = sandbox();
    const flags = [reluModel(box.dir), '--precision', 'fp32'];
    const { descriptor } = await converted(flags, 'ncnn-cpu', path.join(box.out, 'a.tar'));
    expect(descriptor.verification).toMatchObject({ passed: true });
  });

  it('a model that it made runs again from its files, and not with half of its weights', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    await converted([CNN, '--precision', 'fp32'], 'ncnn-cpu', output);
    const model = await unpackedModel(output, path.join(box.dir, 'unpacked'));
    const { outcome } = await converted([model], 'ncnn-cpu', path.join(box.out, 'b.tar'));
    expect(outcome).toMatchObject({ status: 'unconverted' });
    expect(outcome.descriptor?.verification).toMatchObject({ ranOn: 'runtime' });
    const { info } = await probeModel(model);
    truncateSync(model.replace(/param$/, 'bin'), 1000);
    const flags = ['-d', 'ncnn-cpu', '-o', path.join(box.out, 'c.tar')];
    expectRefusal(await run(['convert', model, ...flags]), { exit: 65, code: 'E_MODEL_INVALID' });
    box.expectOnly('a.tar', 'b.tar');
    // load_param of ncnn finds nothing wrong, load_model does
    await expect(runNcnn(model, generateSamples(info.inputs, new Map(), 1))).rejects.toMatchObject({
      logTail: expect.stringContaining('its weights are refused'),
    });
  });
});
