import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BUILTIN_DEVICES } from '../../dist/device/builtin.js';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { decodeElements } from '../../src/tensor/elements.js';
import { readNpy } from '../../src/tensor/npy.js';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { expectValid } from '../cli/schemas.js';
import { fixture, tempDir } from '../support/files.js';
import { float32, npy } from '../support/npy.js';
import { photoPng } from '../support/photo.js';
import { photoModel, sineModel, unusedInputModel } from './models.js';
import { askVendor, convertAndReport } from './scales.js';
import {
  describeRealConversions,
  describeVersionFit,
  expectTruth,
  photoTruth,
  type Suite,
} from './suite.js';
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
    'a TFLite source in int8': 'refused',
  },
  fp32OfFp16: 'refused',
};

/** Every chip in every precision that it computes in; the suite has rk3588 already. */
const CHIPS = BUILTIN_DEVICES.filter(
  ({ name, stack }) => stack?.kind === 'rknn' && name !== SUITE.device,
).flatMap(({ name, soc, precisions = [] }) =>
  precisions.map((precision) => ({ name, soc, precision })),
);

function readLayers(output: string): CompareResult['layers'] {
  const report = readFileSync(`${output}.parity.json`, 'utf8');
  return expectValid('compare-result', JSON.parse(report) as CompareResult).layers;
}

async function layersOf(words: readonly string[]) {
  const output = path.join(sandbox().out, 'a.tar');
  const args = ['convert', ...words, '-d', 'rk3588', '--layers', '-o', output];
  const { code, stderr } = await run(args);
  expect(code, stderr).toBe(0);
  return { stderr, layers: readLayers(output) };
}

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

  it.each([
    ['fp16', []],
    ['int8', ['--calibration', 'photos']],
  ])(
    'builds mean and scale into the model in %s, and a host that applies them again is caught',
    async (precision, flags) => {
      const box = sandbox();
      const output = path.join(box.out, 'a.tar');
      const photos = path.join(box.dir, 'photos');
      mkdirSync(photos);
      for (let n = 0; n < 8; n++)
        writeFileSync(path.join(photos, `${n}.png`), photoPng(20 + n, 15));
      const truth = photoTruth(box.dir, { where: 'npu' });
      const given = flags.map((word) => (word === 'photos' ? photos : word));
      const words = [photoModel(box.dir), '--precision', precision, ...given, ...truth];
      const { descriptor } = await converted(words, 'rk3588', output);
      // the simulator got bytes, the source what the model makes of them
      expect(descriptor.verification).toMatchObject({ passed: true, ranOn: 'simulator' });
      expect(descriptor.model.inputs[0]?.preprocess).toMatchObject({ where: 'npu' });
      await expectTruth(output, false);
      const directory = path.join(box.dir, 'unpacked');
      await run(['unpack', output, '-C', directory, '-q']);
      const { data } = await readNpy(path.join(directory, 'truth/input-0.npy'));
      expect(Math.max(...decodeElements('float32', data))).toBeGreaterThan(100);
      // the same package, with the host told to do it as well
      const draft = path.join(box.dir, 'draft.json');
      const [input] = descriptor.model.inputs;
      Object.assign(input?.preprocess ?? {}, { where: 'host' });
      const files = descriptor.files.map(({ path: name, role }) => ({ path: name, role }));
      writeFileSync(draft, JSON.stringify({ ...descriptor, files }));
      const twice = path.join(box.out, 'b.tar');
      const parts = ['model', 'truth'].map((name) => path.join(directory, name));
      await run(['pack', ...parts, '--descriptor', draft, '-o', twice, '-q']);
      const result = await run(['verify', twice, '--truth']);
      expect(result).toMatchObject({
        code: 2,
        stdout: expect.stringMatching(/double normalisation/),
      });
    },
  );

  it('says which input of the source is gone, and which one is left', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = [unusedInputModel(box.dir), '--precision', 'fp16'];
    const { descriptor } = await converted(words, 'rk3588', output);
    expect(descriptor.conversion?.source.droppedInputs).toEqual(['unused']);
    expect(descriptor.model.inputs).toMatchObject([
      { sourceName: 'x', source: { index: 1, matchedBy: 'name' } },
    ]);
    const { stdout } = await run(['inspect', output, '--io']);
    expect(stdout).toMatch(/^input unused of the source is gone/m);
  });

  it.each([
    ['fp16', ['--precision', 'fp16'], 1e-3],
    ['int8', INT8, 0.05],
  ])(
    'shows the layers of the digits in %s, each with a small error',
    async (_what, flags, most) => {
      const { layers, stderr } = await layersOf([CNN, ...flags]);
      expect(stderr).toMatch(/layers +\d+ tensors compared/);
      expect(layers?.first).toBeUndefined();
      expect(layers?.against).toBeUndefined();
      const names = layers?.tensors.map(({ name }) => name) ?? [];
      for (const name of ['/features/features.10/MaxPool_output_0', 'logits'])
        expect(names).toContain(name);
      for (const { relativeError } of layers?.tensors ?? []) {
        expect(relativeError).toBeGreaterThan(0);
        expect(relativeError).toBeLessThan(most);
      }
    },
  );

  it('follows the layers of a transformer, whose tensors it renames, moves and folds', async () => {
    const words = [fixture('models/digits-transformer.onnx'), '--input', 'tokens=1,64'];
    const { layers } = await layersOf([...words, '--precision', 'fp16']);
    expect(layers?.first).toBeUndefined();
    expect(layers?.tensors.length).toBeGreaterThan(30);
    for (const { relativeError } of layers?.tensors ?? []) expect(relativeError).toBeLessThan(0.01);
  });

  it('shows the layers of a model with two inputs that takes integers and flags', async () => {
    const { layers } = await layersOf([fixture('models/two-inputs.onnx'), '--precision', 'fp16']);
    expect(layers?.tensors.map(({ name }) => name)).toContain('pooled');
    expect(layers?.first).toBeUndefined();
  });

  it('shows the layers of a model with preprocessing in it, given what that takes', async () => {
    const box = sandbox();
    const truth = photoTruth(box.dir, { where: 'npu' });
    const { layers } = await layersOf([photoModel(box.dir), '--precision', 'fp16', ...truth]);
    expect(layers?.tensors.length).toBeGreaterThan(0);
    expect(layers?.first).toBeUndefined();
  });

  it('shows the layers of TorchScript beside what it computes in floating point itself', async () => {
    const words = [fixture('models/torchscript/digits-cnn.pt'), '--input', 'image=1,1,8,8'];
    const { layers } = await layersOf([...words, '--precision', 'fp16']);
    expect(layers).toMatchObject({ against: 'RKNN-Toolkit2', unmatched: [] });
    expect(layers?.first).toBeUndefined();
  });

  it('names the first layer that was quantized to a range it does not have', async () => {
    const box = sandbox();
    const digits = await readNpy(fixture('data/digits-calib.npy'));
    const values = decodeElements('float32', digits.data);
    // the factor of the calibration data, and that of the samples
    const [dark, real] = [0.2, 1].map((factor, at) => {
      const file = path.join(box.dir, `${at}.npy`);
      const data = float32(...values.map((one) => one * factor));
      writeFileSync(file, npy({ shape: [...digits.shape], data }));
      return file;
    }) as [string, string];
    const output = path.join(box.out, 'a.tar');
    const flags = ['--precision', 'int8', '--calibration', dark, '--samples', real];
    const result = await run(['convert', CNN, '-d', 'rk3588', ...flags, '-o', output]);
    expectRefusal(result, {
      exit: 2,
      code: 'E_PARITY',
      names: [
        'the first layer that differs is /features/features.2/Relu_output_0 (Conv, Relu)',
        'the range that it was quantized to does not fit',
      ],
    });
    expect(readLayers(output)?.first?.relativeError).toBeGreaterThan(0.2);
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

  it.each(['digits-cnn-static.onnx', 'faults/good.onnx', 'two-inputs.onnx'])(
    'operators of %s run where the compiler says that it puts them',
    async (name) => {
      const model = fixture(`models/${name}`);
      const { report } = await convertAndReport([model, '--precision', 'fp16'], 'rk3588');
      const placed = askVendor(tool, 'rknn', model) as [string, string, string][];
      expect(placed.length).toBeGreaterThan(5);
      expect(report.operators.map(({ name, type, unit }) => [name, type, unit])).toEqual(placed);
    },
  );

  it('scales are in the package, and how they were measured', async () => {
    const { report, warnings } = await convertAndReport([CNN, ...INT8], 'rk3588');
    const image = report.tensors.find(({ name }) => name === 'image');
    // samples of 0 to 1, in 255 steps from -128
    expect(image).toMatchObject({ role: 'activation', dtype: 'int8', zeroPoint: [-128] });
    expect(image?.scale?.[0]).toBeCloseTo(1 / 255, 8);
    expect(report.summary).toMatchObject({
      weightBits: 8,
      calibration: { method: 'own', algorithm: 'quantized_algorithm=normal', samples: 100 },
      coverage: { floatShare: 0 },
    });
    expect(warnings).toEqual([]);
  });

  it('a model that the compiler leaves to the CPU is a warning, with the share', async () => {
    const flags = [sineModel(tempDir()), '--precision', 'fp16', '--no-verify'];
    const { warnings, report } = await convertAndReport(flags, 'rk3588');
    expect(report.operators).toMatchObject([{ type: 'Sin', unit: 'cpu' }]);
    expect(warnings.join('\n')).toMatch(
      /put 0 % of the work on the NPU, and the rest on the CPU \(1 of 1 operators\)/,
    );
  });
});
