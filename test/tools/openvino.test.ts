import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { probeModel } from '../../dist/source/probe.js';
import { sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { reluModel, sumModel } from './models.js';
import { askVendor, convertAndReport, expectSame, type VendorScales } from './scales.js';
import { describeRealConversions, describeVersionFit, type Suite } from './suite.js';
import { converted, describeTool, findTool, unpackedModel } from './tool.js';
import { convertTrapped, expectQuiet, runByHand, trappedEnvironment } from './trapped.js';

const tool = await findTool('openvino');
const CNN = fixture('models/digits-cnn-static.onnx');
const INT8 = ['--precision', 'int8', '--calibration', fixture('data/digits-calib.npy')];
const SUITE: Suite = {
  device: 'openvino-cpu',
  format: 'openvino-ir',
  sources: {
    'a quantized source': 'int8',
    'a source in fp16': 'fp16',
    'a source with two inputs and two outputs': 'fp32',
    'a source with external data': 'fp32',
    'a TFLite source': 'fp32',
  },
  fp32OfFp16: 'refused',
};

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);
  describeVersionFit(tool, SUITE, 'openvino');

  it.each([
    { precision: 'fp32', flags: [] },
    { precision: 'int8', flags: INT8 },
  ])(
    'sends no usage report and leaves no identifier when it converts to $precision',
    ({ flags }) => {
      expectQuiet(convertTrapped(tool, CNN, ['-d', 'openvino-cpu', ...flags]));
    },
  );

  it('the trap: ovc makes fp16 unless it is told', async () => {
    const environment = trappedEnvironment(tool);
    const cwd = tempDir();
    const { status } = runByHand(environment, path.join(environment.binDir, 'ovc'), [CNN], cwd);
    expect(status).toBe(0);
    const { info } = await probeModel(path.join(cwd, 'digits-cnn-static.xml'));
    expect(info.precision).toBe('fp16');
  });

  it('leaves no path of this machine in the model', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    await converted([CNN], 'openvino-cpu', output);
    const xml = readFileSync(await unpackedModel(output, path.join(box.dir, 'unpacked')), 'utf8');
    expect(xml).not.toContain(box.dir);
    expect(xml).not.toContain('modelconv-');
  });

  it('converts a model without weights, whose .bin is empty', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([reluModel(box.dir)], 'openvino-cpu', output);
    expect(descriptor.verification).toMatchObject({ passed: true });
    expect(descriptor.files.map(({ size }) => size)).toContain(0);
  });

  it('gives a scalar the shape of one, which an IR does not say', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([sumModel(box.dir)], 'openvino-cpu', output);
    expect(descriptor.model.outputs).toMatchObject([{ name: 'sum', shape: [], dtype: 'float32' }]);
    expect(descriptor.model.facts).toMatchObject({ outputs: 'declared' });
  });

  it.each(['digits-cnn-static.onnx', 'digits-transformer.onnx'])(
    'the scales of %s are those of the FakeQuantize layers and weights that OpenVINO reads',
    async (name) => {
      const tokens = name.startsWith('digits-transformer') ? '-tokens' : '';
      const data = fixture(`data/digits-calib${tokens}.npy`);
      const flags = [fixture(`models/${name}`), '--precision', 'int8', '--calibration', data];
      const { report, file, warnings } = await convertAndReport(flags, 'openvino-cpu');
      const vendor = askVendor(tool, 'openvino', file) as VendorScales;
      expectSame(report, vendor);
      expect(report.operators.every(({ computes }) => computes === 'integer')).toBe(true);
      expect(report.summary).toMatchObject({
        coverage: { floatShare: 0 },
        calibration: { method: 'own', samples: 100 },
      });
      expect(warnings).toEqual([]);
    },
  );
});
