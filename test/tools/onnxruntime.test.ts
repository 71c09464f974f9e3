import path from 'node:path';
import { expect, it } from 'vitest';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { recurrentModel, reluModel } from './models.js';
import { askVendor, convertAndReport, expectSame, type VendorScales } from './scales.js';
import { describeRealConversions, type Suite } from './suite.js';
import { converted, describeTool, findTool } from './tool.js';
import { convertTrapped, expectQuiet } from './trapped.js';

const tool = await findTool('onnxruntime');
const CNN = fixture('models/digits-cnn-static.onnx');
const INT8 = ['--precision', 'int8', '--calibration', fixture('data/digits-calib.npy')];
const SUITE: Suite = {
  device: 'onnxruntime-mobile',
  format: 'ort',
  sources: {
    'a quantized source': 'int8',
    'a source in fp16': 'fp16',
    'a source with two inputs and two outputs': 'fp32',
    'a source with external data': 'fp32',
    'a TFLite source': 'refused',
    'a TFLite source in int8': 'refused',
  },
  fp32OfFp16: 'refused',
};

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);

  it('is never told to go on after a failed conversion, which ends with 0 and without a model', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([CNN], 'onnxruntime-mobile', output);
    const words = descriptor.conversion?.converter?.steps.flat() ?? [];
    expect(words.length).toBeGreaterThan(0);
    expect(words.join(' ')).not.toContain('allow');
    // one file, in one style: its script makes two of each unless it is told
    expect(descriptor.files.map((file) => file.path)).toEqual(['model/digits-cnn-static.ort']);
  });

  // a condition and not a skip: without the quantizer describeRealConversions says so
  if (!tool.python.found) return;

  it('leaves the machine alone when it quantizes and converts', () => {
    expectQuiet(convertTrapped(tool, CNN, ['-d', 'onnxruntime-mobile', ...INT8]));
  });

  it('refuses to quantize a model in which there is nothing to quantize', async () => {
    const box = sandbox();
    const flags = [reluModel(box.dir), '--precision', 'int8', '--calibration', 'synthetic'];
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', ...flags, '-d', 'onnxruntime-mobile', '-o', output]);
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE' });
    box.expectOnly();
  });

  it.each(['raspberry-pi-4', 'onnxruntime-cpu'])(
    'int8 for %s computes the same',
    async (device) => {
      const box = sandbox();
      const { descriptor } = await converted([CNN, ...INT8], device, path.join(box.out, 'a.tar'));
      expect(descriptor.model).toMatchObject({ precision: 'int8', type: 'quantized' });
      expect(descriptor.verification).toMatchObject({ passed: true });
    },
  );

  it('scales and zero points are those of the initializers that its own reader finds', async () => {
    const { report, file, warnings } = await convertAndReport([CNN, ...INT8], 'onnxruntime-cpu');
    expectSame(report, askVendor(tool, 'ort', file) as VendorScales);
    expect(report.summary).toMatchObject({
      type: 'int8',
      granularity: 'per-channel',
      calibration: { method: 'minmax', algorithm: 'CalibrationMethod.MinMax', samples: 100 },
      coverage: { floatShare: 0, multiplyAccumulates: { total: 538_240 } },
    });
    expect(warnings).toEqual([]);
  });

  it('int8 that leaves most of the work in floats is a warning, and stands in the package', async () => {
    const source = recurrentModel(tempDir());
    const flags = [source, '--precision', 'int8', '--calibration', 'synthetic', '--no-verify'];
    const { report, warnings } = await convertAndReport(flags, 'onnxruntime-cpu');
    expect(report.summary?.coverage).toMatchObject({
      // 4 steps of 4 gates of 32 x (32 + 32), and a product of 32 x 4
      multiplyAccumulates: { quantized: 128, total: 32_896 },
      floatShare: 0.9961,
      floatOperators: { count: 1, names: ['lstm'] },
    });
    expect(warnings.join('\n')).toMatch(
      /int8 left most of the model in floating point: 99\.61 % of its multiply-accumulates; among it lstm/,
    );
  });
});
