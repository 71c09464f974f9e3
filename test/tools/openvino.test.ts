import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { probeModel } from '../../dist/source/probe.js';
import { run, sandbox } from '../cli/run-main.js';
import { fixture, tempDir } from '../support/files.js';
import { npy } from '../support/npy.js';
import { THREE_SIZES } from '../support/three-sizes.js';
import { reluModel, sumModel } from './models.js';
import { askVendor, convertAndReport, expectSame, type VendorScales } from './scales.js';
import { describeRealConversions, describeVersionFit, type Suite } from './suite.js';
import { converted, describeTool, findTool, pythonOf, unpackedModel } from './tool.js';
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
    'a TFLite source in int8': 'int8',
  },
  fp32OfFp16: 'refused',
};

const RUN_FILES = fileURLToPath(new URL('run-files.py', import.meta.url));
const DRIVERS = fileURLToPath(new URL('../../dist/adapters/python', import.meta.url));

/** The module that all Python drivers share, on samples of several shapes of which some may be refused. */
function runFiles(optional: readonly number[]): { status: number | null; dir: string } {
  const dir = tempDir();
  const words = [RUN_FILES, DRIVERS, JSON.stringify(optional)];
  const { status } = spawnSync(pythonOf(tool), words, { cwd: dir });
  return { status, dir };
}

describeTool(tool, () => {
  describeRealConversions(tool, SUITE);
  describeVersionFit(tool, SUITE, 'openvino');

  it('keeps open sizes, and each is tried at several', async () => {
    const box = sandbox();
    const model = fixture('models/digits-cnn.onnx');
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([model], 'openvino-cpu', output);
    expect(descriptor.verification).toMatchObject(THREE_SIZES);
  });

  it('gives the outputs of samples of several shapes, and says which were refused', async () => {
    const { status, dir } = runFiles([1, 3]);
    expect(status).toBe(0);
    const results = JSON.parse(readFileSync(path.join(dir, 'r/results.json'), 'utf8'));
    expect(results).toMatchObject({
      outputs: [
        { name: 'sums', dtype: 'float32', shapes: [[1], [0], [2], [0]] },
        { name: 'size', dtype: 'float32', shapes: [[], [0], [], [0]] },
      ],
      refused: [
        { sample: 1, message: 'three are one too many\nand more lines' },
        { sample: 3, message: 'what is wrong is in the log' },
      ],
    });
    // the sums of [0, 1], and of [8, 9] and [10, 11]
    const sums = readFileSync(path.join(dir, 'r/0.bin'));
    expect([0, 4, 8].map((at) => sums.readFloatLE(at))).toEqual([1, 17, 21]);
    expect(sums).toHaveLength(12);
  });

  it('ends where a sample is refused that has to be taken', () => {
    const { status, dir } = runFiles([1]);
    expect(status).toBe(1);
    expect(existsSync(path.join(dir, 'r/results.json'))).toBe(false);
  });

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

  it('says what the int8 outputs of a TFLite source stand for, which an IR does not', async () => {
    const box = sandbox();
    const source = fixture('models/tflite/digits-cnn-int8.tflite');
    const sample = path.join(box.dir, 'sample.npy');
    const data = Int8Array.from({ length: 64 }, (_none, at) => ((at * 37) % 256) - 128);
    const array = npy({ descr: '|i1', shape: [1, 8, 8, 1], data: new Uint8Array(data.buffer) });
    writeFileSync(sample, array);
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted([source, '--truth', sample], 'openvino-cpu', output);
    const [logits] = descriptor.model.outputs;
    const told = descriptor.model.quantization?.tensors?.[logits?.name ?? ''];
    expect(logits?.dtype).toBe('int8');
    const own = (await probeModel(source)).info.quantization?.tensors?.['PartitionedCall:0'];
    expect(told).toMatchObject({ from: 'source', scale: own?.scale, zeroPoint: own?.zeroPoint });
    expect(await run(['verify', output, '--truth', '-q'])).toMatchObject({ code: 0, stderr: '' });
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
