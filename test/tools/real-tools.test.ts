import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Adapter, Detection } from '../../dist/adapters/contract.js';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { verifyPackage } from '../../dist/package/verify.js';
import type { ConvertResult, Precision } from '../../src/schema/generated/types.js';
import { expectRefusal, jsonResult, run, sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';

// Every adapter with the vendor's own tool. A tool that is not installed is skipped by name; with
// MODELCONV_REQUIRE_TOOLS=openvino,mnn,… a skip of one of these is a failure.

interface Case {
  readonly id: string;
  readonly device: string;
  /** Format that the package must hold. */
  readonly format: string;
}

const CASES: readonly Case[] = [
  { id: 'onnxruntime', device: 'onnxruntime-mobile', format: 'ort' },
  {
    id: 'openvino',
    device: 'openvino-cpu',
    format: 'openvino-ir',
  },
  { id: 'tflite', device: 'tflite-cpu', format: 'tflite' },
  { id: 'ncnn', device: 'ncnn-cpu', format: 'ncnn' },
  { id: 'mnn', device: 'mnn-cpu', format: 'mnn' },
  { id: 'rknn', device: 'rk3588', format: 'rknn' },
];

interface Model {
  readonly title: string;
  readonly flags: readonly string[];
  readonly calibration: string;
}

const MODELS: readonly Model[] = [
  {
    title: 'the digits CNN',
    flags: [fixture('models/digits-cnn-static.onnx')],
    calibration: fixture('data/digits-calib.npy'),
  },
  {
    title: 'the sequence model',
    flags: [fixture('models/digits-transformer.onnx'), '--input', 'tokens=1,64'],
    calibration: fixture('data/digits-calib-tokens.npy'),
  },
];

const REQUIRED = (process.env['MODELCONV_REQUIRE_TOOLS'] ?? '').split(',').filter(Boolean);

/** What is there; of onnxruntime its Python tool, which int8 needs. */
async function lookFor(adapter: Adapter): Promise<Detection> {
  if (adapter.toolchain === undefined) return await adapter.detect();
  const { findPythonTool } = await import('../../dist/toolchain/python-toolchain.js');
  const found = await findPythonTool(adapter.toolchain);
  return found.found ? await adapter.detect() : found;
}

/** Every precision that comes out of a source in fp32. */
function precisionsOf({ capabilities: { convertsTo, keeps } }: Adapter): Precision[] {
  const own: Precision[] = keeps.includes('fp32') ? ['fp32'] : [];
  return [...new Set([...own, ...convertsTo])];
}

const looked = await Promise.all(
  CASES.map(async (one) => {
    const adapter = await loadAdapter(one.id);
    if (adapter === undefined) throw new Error(`no adapter ${one.id}`);
    return {
      ...one,
      adapter,
      precisions: precisionsOf(adapter),
      detection: await lookFor(adapter),
    };
  }),
);

afterAll(() => {
  for (const { id, detection } of looked)
    process.stdout.write(
      detection.found
        ? `${id}: run for real, ${detection.toolchain.tool} ${detection.toolchain.version}\n`
        : `${id}: SKIPPED, ${detection.why}\n`,
    );
});

it('every tool that is required is one that there is', () => {
  const known = [...CASES.map(({ id }) => id), 'torch'];
  expect(REQUIRED.filter((id) => !known.includes(id))).toEqual([]);
});

it.each(looked)('$id is there when it is required', ({ id, detection }) => {
  if (REQUIRED.includes(id)) expect(detection).toMatchObject({ found: true });
});

async function convert(flags: readonly string[], device: string, output: string) {
  return await run(['convert', ...flags, '-d', device, '-o', output, '--json', '--quiet']);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** TorchScript, where the adapter takes it: the same CNN, traced, scripted and frozen, and a model with an integer input. */
const TORCHSCRIPT = [
  { id: 'ncnn', model: 'digits-cnn', inputs: ['image=1,1,8,8'], precisions: ['fp32', 'fp16'] },
  { id: 'ncnn', model: 'digits-cnn-scripted', inputs: ['image=1,1,8,8'], precisions: ['fp32'] },
  {
    id: 'ncnn',
    model: 'two-inputs',
    inputs: ['ids=1,6:int64', 'weights=1,6'],
    precisions: ['fp32'],
  },
  { id: 'rknn', model: 'digits-cnn', inputs: ['image=1,1,8,8'], precisions: ['fp16', 'int8'] },
  { id: 'rknn', model: 'digits-cnn-scripted', inputs: ['image=1,1,8,8'], precisions: ['fp16'] },
] as const;

const torch = await loadAdapter('torch');
const reference = await torch?.detect();

afterAll(() => {
  process.stdout.write(
    reference?.found === true
      ? `torch: run for real, ${reference.toolchain.tool} ${reference.toolchain.version}\n`
      : `torch: SKIPPED, ${reference?.why}\n`,
  );
});

it('torch is there when it is required', () => {
  if (REQUIRED.includes('torch')) expect(reference).toMatchObject({ found: true });
});

describe.runIf(reference?.found === true)('TorchScript', () => {
  const cases = TORCHSCRIPT.flatMap(({ precisions, ...one }) =>
    precisions.map((precision) => ({ ...one, precision })),
  ).filter(({ id }) => looked.some((one) => one.id === id && one.detection.found));

  it.each(cases)('$model to $id in $precision computes the same', async (one) => {
    const { device, format } = CASES.find(({ id }) => id === one.id) as Case;
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = [
      fixture(`models/torchscript/${one.model}.pt`),
      ...one.inputs.flatMap((input) => ['--input', input]),
      ...['--precision', one.precision],
      ...(one.precision === 'int8' ? ['--calibration', fixture('data/digits-calib.npy')] : []),
      // the same images that the ONNX model is judged by
      ...(one.model === 'two-inputs' ? [] : ['--samples', fixture('data/digits-test.npy')]),
    ];
    const result = jsonResult(await convert(words, device, output), 'convert-result');
    const [outcome] = (result as ConvertResult).results;
    expect(outcome).toMatchObject({ status: 'converted' });
    expect(outcome?.descriptor).toMatchObject({
      model: { format },
      conversion: { source: { format: 'torchscript' } },
      verification: { passed: true, reference: { runtime: 'torch' } },
    });
    expect((await verifyPackage(output)).descriptor).toEqual(outcome?.descriptor);
  });

  it.runIf(cases.some(({ id }) => id === 'ncnn'))(
    'an input that pnnx folds into a constant is found, whatever parity would say',
    async () => {
      const box = sandbox();
      const model = fixture('models/bad/folded-embedding.pt');
      const inputs = ['--input', 'ids=1,6:int64', '--input', 'weights=1,6', '--no-verify'];
      const words = ['convert', model, '-d', 'ncnn-cpu', ...inputs];
      const result = await run([...words, '-o', path.join(box.out, 'a.tar')]);
      expectRefusal(result, {
        exit: 78,
        code: 'E_NOT_CONVERTIBLE',
        names: ['ids', 'torch.jit.trace'],
      });
    },
  );
});

describe.each(looked.filter(({ detection }) => detection.found))('$id', (one) => {
  const { adapter, device, precisions, format } = one;
  const { needsCalibration, canEmbed, staticShapes } = adapter.capabilities;

  describe.each(MODELS)('converts $title', ({ flags, calibration }) => {
    it.each(precisions)('to %s, and it computes the same', async (precision) => {
      const box = sandbox();
      const data = needsCalibration.includes(precision) ? ['--calibration', calibration] : [];
      const words = [...flags, '--precision', precision, ...data];
      const output = path.join(box.out, 'a.tar');
      const result = jsonResult(await convert(words, device, output), 'convert-result');
      const [outcome] = (result as ConvertResult).results;
      if (outcome?.status !== 'converted' || outcome.descriptor === undefined)
        throw new Error(JSON.stringify(outcome));
      const { model, conversion, verification } = outcome.descriptor;
      expect(verification).toMatchObject({ passed: true });
      expect(model).toMatchObject({ format });
      // what a file does not say about itself is not guessed
      if (model.precision !== undefined) expect(model.precision).toBe(precision);
      if (data.length > 0)
        expect(model.quantization?.calibration).toMatchObject({ samples: 100, synthetic: false });
      expect((await verifyPackage(output)).descriptor).toEqual(outcome.descriptor);
      if (conversion?.deterministic === true) {
        const again = path.join(box.out, 'b.tar');
        expect(await convert(words, device, again)).toMatchObject({ code: 0 });
        expect(sha256(again)).toBe(sha256(output));
      }
    });
  });

  // a condition and not a skip: what an adapter does not have is not left out
  if (canEmbed)
    it('places the descriptor inside the model file', async () => {
      const box = sandbox();
      const [{ flags }] = MODELS as readonly [Model];
      const [precision = 'fp32'] = precisions;
      const output = path.join(box.out, 'a.tar');
      const result = await convert([...flags, '--precision', precision, '--embed'], device, output);
      expect(result).toMatchObject({ code: 0 });
      const { descriptor } = await verifyPackage(output);
      const { files, ...rest } = descriptor;
      const directory = path.join(box.dir, 'unpacked');
      expect(await run(['unpack', output, '-C', directory])).toMatchObject({ code: 0 });
      // OpenVINO and ncnn have a main file and one for the weights
      const main = files.find(({ path: name }) => !name.endsWith('.bin'))?.path ?? '';
      const inspected = await run([
        'inspect',
        path.join(directory, main),
        '--field',
        'embedded',
        '--json',
      ]);
      expect(JSON.parse(inspected.stdout)).toMatchObject({
        protocol: rest.protocol,
        name: rest.name,
        conversion: { source: rest.conversion?.source },
      });
    });

  it('refuses a custom operator by its name', async () => {
    const box = sandbox();
    const [precision = 'fp32'] = precisions;
    const model = fixture('models/bad/custom-op.onnx');
    const result = await run([
      'convert',
      model,
      '-d',
      device,
      '--precision',
      precision,
      '-o',
      path.join(box.out, 'a.tar'),
    ]);
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE' });
    // onnx2tf writes it in capitals
    expect(result.stderr.toUpperCase()).toContain('FROBNICATEXYZ');
    box.expectOnly();
  });

  if (staticShapes === true)
    it('refuses open sizes with the flag that fixes them', async () => {
      const box = sandbox();
      const model = fixture('models/digits-cnn.onnx');
      const result = await run(['convert', model, '-d', device, '-o', path.join(box.out, 'a.tar')]);
      expectRefusal(result, {
        exit: 78,
        code: 'E_NOT_CONVERTIBLE',
        names: ['--input image=1,1,8,8'],
      });
      box.expectOnly();
    });

  if (needsCalibration.length > 0)
    it('refuses int8 without calibration data', async () => {
      const box = sandbox();
      const [{ flags }] = MODELS as readonly [Model];
      const words = [...flags, '-d', device, '--precision', 'int8'];
      const result = await run(['convert', ...words, '-o', path.join(box.out, 'a.tar')]);
      expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['--calibration'] });
      box.expectOnly();
    });
});
