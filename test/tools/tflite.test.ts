import { copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { photoModel } from './models.js';
import { askVendor, convertAndReport, expectSame, type VendorScales } from './scales.js';
import {
  describeRealConversions,
  expectPhoto,
  expectTruth,
  photoTruth,
  type Suite,
} from './suite.js';
import { converted, describeTool, findTool, sha256 } from './tool.js';
import { convertTrapped, expectQuiet, runByHand, trappedEnvironment } from './trapped.js';

const tool = await findTool('tflite');
const CNN = fixture('models/digits-cnn-static.onnx');
const INT8 = ['--precision', 'int8', '--calibration', fixture('data/digits-calib.npy')];
const SUITE: Suite = {
  device: 'tflite-cpu',
  format: 'tflite',
  sources: {
    'a quantized source': 'refused',
    'a source in fp16': 'fp16',
    'a source with two inputs and two outputs': 'fp32',
    'a source with external data': 'fp32',
    'a TFLite source': 'unconverted',
    'a TFLite source in int8': 'unconverted',
  },
  fp32OfFp16: 'fp32',
};

/** onnx2tf itself on a copy of a model; what became of the copy, and what it wrote. */
function onnx2tfByHand(model: string): { changed: boolean; status: number | null; made: string[] } {
  const environment = trappedEnvironment(tool);
  const cwd = tempDir();
  const copy = path.join(cwd, 'm.onnx');
  copyFileSync(model, copy);
  const program = path.join(environment.binDir, 'onnx2tf');
  const { status } = runByHand(environment, program, ['-i', copy, '-o', 'made', '-n'], cwd);
  const changed = sha256(copy) !== sha256(model);
  return { changed, status, made: readdirSync(path.join(cwd, 'made')) };
}

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);

  it.each([
    { precision: 'fp32', flags: [] },
    { precision: 'int8', flags: INT8 },
  ])('leaves its source and the machine alone when it converts to $precision', ({ flags }) => {
    // Keras writes its defaults down
    expectQuiet(convertTrapped(tool, CNN, ['-d', 'tflite-cpu', ...flags]), /\.keras\/keras\.json$/);
  });

  it('the trap: onnx2tf writes over the model that it reads', () => {
    const { changed, status } = onnx2tfByHand(CNN);
    expect({ changed, status }).toEqual({ changed: true, status: 0 });
  });

  it('the trap: onnx2tf ends with 0 and a model of a custom operator that no runtime has', () => {
    const { status, made } = onnx2tfByHand(fixture('models/bad/custom-op.onnx'));
    expect(status).toBe(0);
    expect(made.filter((name) => name.endsWith('.tflite'))).not.toEqual([]);
  });

  it('without onnxsim, which onnx2tf starts, says that the tool is not complete', () => {
    const options = { without: ['onnxsim'] };
    const { status, stderr } = convertTrapped(tool, CNN, ['-d', 'tflite-cpu'], options);
    expectRefusal({ code: status ?? -1, stdout: '', stderr }, { exit: 69, code: 'E_TOOL_MISSING' });
  });

  it('with channels last says so, and compare knows it', async () => {
    const box = sandbox();
    const model = photoModel(box.dir);
    const output = path.join(box.out, 'a.tar');
    const flags = [model, '--precision', 'fp32', '--option', 'layout=nhwc', ...photoTruth(box.dir)];
    const { descriptor } = await converted(flags, 'tflite-cpu', output);
    expectPhoto(descriptor, [
      { name: 'photo', shape: [1, 8, 10, 3], layout: 'NHWC', axes: [0, 2, 3, 1] },
      { name: 'map', shape: [1, 8, 10, 4], layout: 'NHWC', axes: [0, 2, 3, 1] },
      { name: 'pooled', shape: [1, 4], axes: [0, 1] },
    ]);
    for (const pair of [
      [model, output],
      [output, model],
    ])
      expect(await run(['compare', ...pair])).toMatchObject({ code: 0 });
    await expectTruth(output, true);
  });

  it('packs the source as it was, and takes and gives its layout and types', async () => {
    const box = sandbox();
    const flags = [CNN, '--precision', 'fp16', '--source', 'include', '--no-verify'];
    const { descriptor } = await converted(flags, 'tflite-cpu', path.join(box.out, 'a.tar'));
    const source = descriptor.files.find(({ role }) => role === 'source');
    expect(source?.sha256).toBe(sha256(CNN));
    // onnx2tf turns images to NHWC unless it is told, and its own fp16 files take and give halves
    expect(descriptor.model.inputs).toMatchObject([
      { name: 'image', shape: [1, 1, 8, 8], dtype: 'float32' },
    ]);
    expect(descriptor.model.outputs).toMatchObject([{ name: 'logits', dtype: 'float32' }]);
  });

  it('scales, zero points and axes are those that the interpreter gives', async () => {
    const { report, file, warnings } = await convertAndReport([CNN, ...INT8], 'tflite-cpu');
    const vendor = askVendor(tool, 'tflite', file) as VendorScales;
    expect(Object.keys(vendor)).toHaveLength(report.tensors.length);
    expectSame(report, vendor);
    expect(report.summary).toMatchObject({
      type: 'int8',
      coverage: { floatShare: 0, multiplyAccumulates: { total: 538_240 } },
      calibration: { method: 'minmax', samples: 100 },
    });
    expect(warnings).toEqual([]);
  });
});
