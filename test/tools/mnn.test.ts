import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run, sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { reluModel } from './models.js';
import { askVendor, convertAndReport, expectSame, type VendorScales } from './scales.js';
import { describeRealConversions, describeVersionFit, type Suite } from './suite.js';
import { converted, describeTool, findTool } from './tool.js';
import { canTrace, convertTrapped, expectQuiet, runByHand, trappedEnvironment } from './trapped.js';

const tool = await findTool('mnn');
const CNN = fixture('models/digits-cnn-static.onnx');
const SUITE: Suite = {
  device: 'mnn-cpu',
  format: 'mnn',
  sources: {
    'a quantized source': 'refused',
    'a source in fp16': 'fp16',
    'a source with two inputs and two outputs': 'fp32',
    'a source with external data': 'fp32',
    'a TFLite source': 'fp32',
    'a TFLite source in int8': 'refused',
  },
  fp32OfFp16: 'fp32',
};

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);
  describeVersionFit(tool, SUITE, 'mnn');

  it.each(['fp32', 'int8'])('starts no pip and sends no usage report for %s', (precision) => {
    expectQuiet(convertTrapped(tool, CNN, ['-d', 'mnn-cpu', '--precision', precision]));
  });

  it('the trap: its script runs pip', () => {
    const environment = trappedEnvironment(tool);
    const script = path.join(environment.binDir, 'mnnconvert');
    runByHand(environment, script, ['--version'], tempDir());
    expect(environment.installerCalls().join('\n')).toContain('aliyun-log-python-sdk');
  });

  // a condition and not a skip: without strace the tests above look at less
  if (canTrace)
    it('a connection that something tries is seen', () => {
      const connect =
        "require('node:net').connect(9, '192.0.2.1').on('error', () => process.exit())";
      const before = `"${process.execPath}" -e "setTimeout(process.exit, 500); ${connect}"`;
      const { connections } = convertTrapped(tool, CNN, ['-d', 'mnn-cpu'], { before });
      expect(connections?.join('\n')).toContain('192.0.2.1');
    });

  it('the trap: its converter ends with 0 whatever happened', () => {
    const environment = trappedEnvironment(tool);
    const cwd = tempDir();
    const code =
      'import sys, MNN, _tools; _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", sys.argv[1], "--MNNModel", "m.mnn", "--bizCode", "none"])';
    const words = ['-c', code, fixture('models/bad/custom-op.onnx')];
    const { status, output } = runByHand(environment, environment.python, words, cwd);
    expect(status).toBe(0);
    expect(output).toMatch(/FrobnicateXYZ/);
    expect(existsSync(path.join(cwd, 'm.mnn'))).toBe(false);
  });

  it('makes the same file on a system that cannot fork', async () => {
    const environment = trappedEnvironment(tool);
    const driver = fileURLToPath(new URL('../../dist/adapters/mnn/driver.py', import.meta.url));
    const forkless = `import os, runpy, sys; del os.fork; sys.path.insert(0, os.path.dirname(sys.argv[1])); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__")`;
    const convert = ['convert', '--framework', 'ONNX', '--model', CNN, '--output', 'm.mnn'];
    const words = [...convert, '--shapes', '{}', '--biz-code', 'modelconv'];
    const made = [['-c', forkless, driver], [driver]].map((start) => {
      const cwd = tempDir();
      const { status, output } = runByHand(
        environment,
        environment.python,
        [...start, ...words],
        cwd,
      );
      expect(status, output).toBe(0);
      expect(output).toContain('Converted Success!');
      return readFileSync(path.join(cwd, 'm.mnn'));
    });
    expect(made[0]?.equals(made[1] ?? Buffer.of())).toBe(true);
  });

  it('says the types that its runtime gives, which the file does not hold', async () => {
    const box = sandbox();
    const flags = [fixture('models/two-inputs.onnx')];
    const { descriptor } = await converted(flags, 'mnn-cpu', path.join(box.out, 'a.tar'));
    expect(descriptor.model.outputs).toMatchObject([
      { name: 'pooled', dtype: 'float32', shape: [1, 8] },
      // int64 in the source
      { name: 'count', dtype: 'int32', shape: [1] },
    ]);
    expect(descriptor.model.facts).toMatchObject({ inputs: 'read', outputs: 'declared' });
  });

  it('--input fixes the sizes of the outputs, too', async () => {
    const box = sandbox();
    const flags = [fixture('models/digits-cnn.onnx'), '--input', 'image=1,1,8,8'];
    const { descriptor } = await converted(flags, 'mnn-cpu', path.join(box.out, 'a.tar'));
    expect(descriptor.model.outputs).toMatchObject([{ shape: [1, 10], dynamic: false }]);
  });

  it('refuses to quantize a model in which there is nothing to quantize', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = [reluModel(box.dir), '-d', 'mnn-cpu', '--precision', 'int8'];
    const result = await run(['convert', ...flags, '-o', output]);
    expect([65, 78]).toContain(result.code);
    expect(result.stderr).toContain('error[E_');
    box.expectOnly();
  });

  it('scales of channels and of blocks are those of its own dump', async () => {
    const flags = [CNN, '--precision', 'int4', '--option', 'weight-block=32'];
    const { report, file, warnings } = await convertAndReport(flags, 'mnn-cpu');
    // the dump has six digits
    expectSame(report, askVendor(tool, 'mnn', file) as VendorScales, 5);
    expect(report.tensors.some(({ blockSize }) => blockSize === 32)).toBe(true);
    expect(report.summary).toMatchObject({
      type: 'int4-weights',
      coverage: { measuredBy: 'parameters', floatShare: 0.0054 },
    });
    expect(report.summary).not.toHaveProperty('calibration');
    expect(warnings).toEqual([]);
  });
});
