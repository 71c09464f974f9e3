import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BUILTIN_DEVICES } from '../../dist/device/builtin.js';
import { sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';
import { describeRealConversions, describeVersionFit, type Suite } from './suite.js';
import { converted, describeTool, findTool } from './tool.js';
import { convertTrapped, expectQuiet } from './trapped.js';

const tool = await findTool('rknn');
const CNN = fixture('models/digits-cnn-static.onnx');
const INT8 = ['--precision', 'int8', '--calibration', fixture('data/digits-calib.npy')];
const SUITE: Suite = {
  device: 'rk3588',
  format: 'rknn',
  sources: {
    'a quantized source': 'int8',
    'a source in fp16': 'fp16',
    'a source with two inputs and two outputs': 'fp16',
    'a source with external data': 'fp16',
    'a TFLite source': 'refused',
  },
  fp32OfFp16: 'refused',
};

/** Every chip in every precision that it computes in; the suite has rk3588 already. */
const CHIPS = BUILTIN_DEVICES.filter(
  ({ name, stack }) => stack?.kind === 'rknn' && name !== SUITE.device,
).flatMap(({ name, soc, precisions = [] }) =>
  precisions.map((precision) => ({ name, soc, precision })),
);

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);
  describeVersionFit(tool, SUITE, 'rknn');

  it.each(CHIPS)('$name in $precision: compiled, and right in the simulator', async (chip) => {
    const { name, soc, precision } = chip;
    const box = sandbox();
    const flags = [CNN, ...(precision === 'int8' ? INT8 : ['--precision', precision])];
    const { descriptor } = await converted(flags, name, path.join(box.out, 'a.tar'));
    expect(descriptor).toMatchObject({
      model: { format: 'rknn', precision },
      device: { name, soc },
      verification: { passed: true, ranOn: 'simulator' },
    });
  });

  it('leaves the machine alone', () => {
    expectQuiet(convertTrapped(tool, CNN, ['-d', 'rk3588', ...INT8]));
  });

  it('succeeds although it prints an error of its own, and says that its bytes differ each time', async () => {
    const box = sandbox();
    const log = path.join(box.dir, 'log');
    const flags = [CNN, '--precision', 'fp16', '--log', log];
    const { descriptor } = await converted(flags, 'rk3588', path.join(box.out, 'a.tar'));
    expect(descriptor.conversion?.deterministic).toBe(false);
    expect(readFileSync(log, 'utf8')).toMatch(/^.*E RKNN: .*Unkown op target/m);
  });
});
