import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Adapter } from '../../dist/adapters/contract.js';
import { verifyPackage } from '../../dist/package/verify.js';
import type { Descriptor, Precision, VerifyResult } from '../../src/schema/generated/types.js';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';
import { digitsArchive } from '../support/labelled.js';
import { npy } from '../support/npy.js';
import { photoPng } from '../support/photo.js';
import { photoModel } from './models.js';
import { convert, converted, sha256, skipByName, type Tool, unpackedModel } from './tool.js';

/** What comes of a source: a converted model of a precision, the source itself, or a refusal before any work. */
type End = Precision | 'unconverted' | 'refused';

/** What an adapter makes of the tensors of `photoModel`: `photo`, and `map` with `pooled`. */
export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout?: string;
  readonly axes: readonly number[];
}

export interface Suite {
  readonly device: string;
  /** Format that the package must hold. */
  readonly format: string;
  readonly sources: Readonly<Record<keyof typeof SOURCES, End>>;
  /** Tensors of `photoModel` once they are converted; absent: as in the source. */
  readonly photo?: readonly ExpectedTensor[];
  /** What comes of a source in fp16 that is asked for in fp32. */
  readonly fp32OfFp16: 'fp32' | 'refused';
}

const CNN = fixture('models/digits-cnn-static.onnx');
const CALIBRATION = fixture('data/digits-calib.npy');
const FIXED = ['--input', 'image=1,1,8,8'];

const MODELS = [
  { title: 'the digits CNN', flags: [CNN], calibration: CALIBRATION },
  {
    title: 'the sequence model',
    flags: [fixture('models/digits-transformer.onnx'), '--input', 'tokens=1,64'],
    calibration: fixture('data/digits-calib-tokens.npy'),
  },
] as const;

const SOURCES = {
  'a quantized source': [fixture('models/digits-cnn-int8.onnx'), ...FIXED],
  'a source in fp16': [fixture('models/digits-cnn-fp16.onnx'), ...FIXED],
  'a source with two inputs and two outputs': [fixture('models/two-inputs.onnx')],
  'a source with external data': [fixture('models/digits-cnn-external/digits-cnn.onnx'), ...FIXED],
  'a TFLite source': [fixture('models/tflite/digits-cnn-fp32.tflite')],
  'a TFLite source in int8': [fixture('models/tflite/digits-cnn-int8.tflite')],
} as const;

/** Every precision that comes out of a source in fp32, as far as its tools are there. */
function precisionsOf({ adapter, python }: Tool): Precision[] {
  const { convertsTo, keeps, needsCalibration } = adapter.capabilities;
  const own: Precision[] = keeps.includes('fp32') ? ['fp32'] : [];
  return [...new Set([...own, ...convertsTo])].filter(
    (precision) => python.found || !needsCalibration.includes(precision),
  );
}

/** The first precision that an adapter makes of a source in fp32, without data. */
export function plainPrecision({ capabilities }: Adapter): Precision {
  const { convertsTo, keeps, needsCalibration } = capabilities;
  const free = convertsTo.find((precision) => !needsCalibration.includes(precision));
  return keeps.includes('fp32') ? 'fp32' : (free ?? 'fp32');
}

/** What every adapter with its real tool has to hold to. */
export function describeRealConversions(tool: Tool, suite: Suite): void {
  describePrecisions(tool, suite);
  describeSources(suite);
  describeIoMap(tool, suite);
  describeTruth(tool, suite);
  describeWishes(tool, suite);
  describeRefusals(tool, suite);
  describeAccuracy(tool, suite);
  // a condition and not a skip: what an adapter does not have is not left out
  if (tool.adapter.capabilities.canEmbed) describeEmbedding(tool, suite);
}

function describePrecisions(tool: Tool, { device, format }: Suite): void {
  const { needsCalibration } = tool.adapter.capabilities;
  if (!tool.python.found)
    for (const precision of needsCalibration)
      skipByName(tool.id, tool.python.why, `${tool.id} to ${precision}`);
  describe.each(MODELS)('converts $title', ({ flags, calibration }) => {
    it.each(precisionsOf(tool))('to %s, and it computes the same', async (precision) => {
      const box = sandbox();
      const data = needsCalibration.includes(precision) ? ['--calibration', calibration] : [];
      const words = [...flags, '--precision', precision, ...data];
      const output = path.join(box.out, 'a.tar');
      const { outcome, descriptor } = await converted(words, device, output);
      expect(outcome.status).toBe('converted');
      const { model, conversion, verification } = descriptor;
      expect(verification).toMatchObject({ passed: true });
      // read back from the file: two converters make fp16 of everything unless they are told
      expect(model).toMatchObject({ format, precision });
      if (data.length > 0)
        expect(model.quantization?.calibration).toMatchObject({ samples: 100, synthetic: false });
      for (const tensor of [...model.inputs, ...model.outputs])
        expect(tensor).toMatchObject({ dtype: expect.not.stringMatching('unknown') });
      expect((await verifyPackage(output)).descriptor).toEqual(descriptor);
      if (conversion?.deterministic === true) {
        const again = path.join(box.out, 'b.tar');
        expect(await convert(words, device, again)).toMatchObject({ code: 0 });
        expect(sha256(again)).toBe(sha256(output));
      }
    });
  });
}

/** Held-out digits: what quantizing costs in the vendor's own runtime. */
function describeAccuracy({ adapter, python }: Tool, { device }: Suite): void {
  // a condition and not a skip: describePrecisions names what is not there
  if (!adapter.capabilities.needsCalibration.includes('int8') || !python.found) return;

  it('measures what int8 costs on labelled data, and keeps it in the package', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const int8 = [CNN, '--precision', 'int8', '--calibration', CALIBRATION];
    const labelled = ['--eval', digitsArchive(box.dir), '--max-drop', '1%'];
    const { descriptor } = await converted([...int8, ...labelled], device, output);
    const { accuracy } = descriptor.verification ?? {};
    expect(accuracy).toMatchObject({ data: { samples: 360 }, maxDrop: 0.01, passed: true });
    // what the model scored when it was trained, and no less than that minus the bound
    expect(accuracy?.before.top1).toBeGreaterThan(0.97);
    expect(accuracy?.after?.top1).toBeGreaterThan(0.96);
  });

  it('ends an int8 conversion that loses more than is allowed', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    // ranges of noise a thousand times too small: nearly every value saturates
    const int8 = [CNN, '--precision', 'int8', '--calibration', tinyCalibration(box.dir)];
    const labelled = ['--no-verify', '--eval', digitsArchive(box.dir), '--max-drop', '1%'];
    const result = await run(['convert', ...int8, ...labelled, '-d', device, '-o', output]);
    expectRefusal(result, { exit: 2, code: 'E_ACCURACY', names: ['top-1', 'points lost'] });
    box.expectOnly();
  });
}

/** The calibration images of the digits at a thousandth of their brightness. */
function tinyCalibration(directory: string): string {
  const bytes = readFileSync(CALIBRATION);
  const start = 10 + bytes.readUInt16LE(8);
  for (let at = start; at < bytes.length; at += 4)
    bytes.writeFloatLE(bytes.readFloatLE(at) / 1000, at);
  const file = path.join(directory, 'tiny.npy');
  writeFileSync(file, bytes);
  return file;
}

function describeSources({ device, sources, fp32OfFp16 }: Suite): void {
  const all = Object.entries(sources).map(([title, end]) => ({
    title,
    end,
    flags: SOURCES[title as keyof typeof SOURCES],
  }));
  it.each(all)('of $title comes: $end', async ({ end, flags }) => {
    await expectEnd(flags, device, end);
  });

  it(`of a source in fp16 that is asked for in fp32 comes: ${fp32OfFp16}`, async () => {
    await expectEnd([...SOURCES['a source in fp16'], '--precision', 'fp32'], device, fp32OfFp16);
  });
}

async function expectEnd(flags: readonly string[], device: string, end: End): Promise<void> {
  const box = sandbox();
  const output = path.join(box.out, 'a.tar');
  if (end === 'refused') {
    const result = await run(['convert', ...flags, '-d', device, '-o', output]);
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE' });
    return box.expectOnly();
  }
  const { outcome, descriptor } = await converted(flags, device, output);
  expect(outcome.status).toBe(end === 'unconverted' ? end : 'converted');
  if (end === 'unconverted') return;
  expect(descriptor.model.precision).toBe(end);
  expect(descriptor.model.type).toBe(end === 'int8' ? 'quantized' : 'float');
  expect(descriptor.verification).toMatchObject({ passed: true });
}

const PHOTO: readonly ExpectedTensor[] = [
  { name: 'photo', shape: [1, 3, 8, 10], layout: 'NCHW', axes: [0, 1, 2, 3] },
  { name: 'map', shape: [1, 4, 8, 10], layout: 'NCHW', axes: [0, 1, 2, 3] },
  { name: 'pooled', shape: [1, 4], axes: [0, 1] },
];

function describeIoMap({ adapter }: Tool, { device, photo = PHOTO }: Suite): void {
  it('says of every input and output what it is in the source, and what became of its axes', async () => {
    const box = sandbox();
    const flags = [photoModel(box.dir), '--precision', plainPrecision(adapter)];
    const output = path.join(box.out, 'a.tar');
    const { descriptor } = await converted(flags, device, output);
    expectPhoto(descriptor, photo);
    // what is said of the axes is what the model does: compared with its source, it gives the same
    const compared = await run(['compare', flags[0] ?? '', output]);
    expect([0, 78]).toContain(compared.code);
    expect(compared.code === 78).toBe(!adapter.capabilities.runs.includes(descriptor.model.format));
  });
}

/** The I/O map of a package that was made of `photoModel`. */
export function expectPhoto(
  { model }: Descriptor,
  [input, ...outputs]: readonly ExpectedTensor[],
): void {
  const of = (expected: ExpectedTensor | undefined, sourceName: string, index: number): object => ({
    name: expected?.name,
    shape: expected?.shape,
    ...(expected?.layout === undefined ? {} : { layout: expected.layout }),
    sourceName,
    source: { index, axes: expected?.axes, matchedBy: expect.stringMatching(/^(file|name)$/) },
  });
  expect(model.inputs).toMatchObject([of(input, 'photo', 0)]);
  expect(model.outputs).toMatchObject([of(outputs[0], 'map', 0), of(outputs[1], 'pooled', 1)]);
}

/** What an image has to become for `photoModel`. */
const PHOTO_PREPROCESS = {
  resize: 'stretch',
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  scale: [4.367, 4.464, 4.444],
};

/** Flags that pack a photo with `photoModel`. */
export function photoTruth(directory: string, change: object = {}): string[] {
  const [photo, preprocess] = ['photo.png', 'preprocess.json'].map((name) =>
    path.join(directory, name),
  );
  writeFileSync(photo ?? '', photoPng(23, 17));
  writeFileSync(
    preprocess ?? '',
    JSON.stringify({ inputs: { photo: { ...PHOTO_PREPROCESS, ...change } } }),
  );
  return ['--preprocess', preprocess ?? '', '--truth', photo ?? ''];
}

/** The first sample of an array file, as a file of its own. */
function firstSample(file: string, directory: string, shape: readonly number[]): string {
  const bytes = readFileSync(file);
  const elements = shape.reduce((product, size) => product * size, 1);
  const start = 10 + bytes.readUInt16LE(8);
  const one = path.join(directory, 'one.npy');
  writeFileSync(one, npy({ shape, data: bytes.subarray(start, start + elements * 4) }));
  return one;
}

/** Whether the truth of a package holds: all of it where its model can be run here. */
export async function expectTruth(output: string, isRun: boolean): Promise<void> {
  const result = await run(['verify', output, '--truth', '--json']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const { truth } = JSON.parse(result.stdout) as VerifyResult;
  expect(truth).toMatchObject({ passed: true, inputs: [{ passed: true, maxAbs: 0 }] });
  if (isRun) expect(truth?.outputs.map(({ passed }) => passed)).not.toEqual([]);
  else expect(truth).toMatchObject({ outputs: [], notRun: expect.stringContaining('no runtime') });
}

function describeTruth(tool: Tool, { device, format }: Suite): void {
  const { adapter, python } = tool;
  const isRun = adapter.capabilities.runs.includes(format);

  it('packs a photo with what it must become, and replays it', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const precision = ['--precision', plainPrecision(adapter)];
    await converted([photoModel(box.dir), ...precision, ...photoTruth(box.dir)], device, output);
    await expectTruth(output, isRun);
  });

  if (adapter.capabilities.needsCalibration.includes('int8') && python.found)
    it('replays a sample in int8, whose input and output may be quantized', async () => {
      const box = sandbox();
      const output = path.join(box.out, 'a.tar');
      const sample = firstSample(CALIBRATION, box.dir, [1, 1, 8, 8]);
      const flags = ['--precision', 'int8', '--calibration', CALIBRATION, '--truth', sample];
      await converted([CNN, ...flags], device, output);
      await expectTruth(output, isRun);
    });
}

/** What a user asks for besides a precision. */
function describeWishes({ adapter, detection }: Tool, { device }: Suite): void {
  const version = detection.found ? detection.toolchain.version : '';
  const precision = plainPrecision(adapter);

  it('uses the version that --toolchain names, or its first part', async () => {
    const box = sandbox();
    const [major = ''] = version.split('.');
    for (const [index, wish] of [version, major].entries()) {
      const output = path.join(box.out, `${index}.tar`);
      const flags = [CNN, '--precision', precision, '--toolchain', wish, '--no-verify'];
      const { descriptor } = await converted(flags, device, output);
      expect(descriptor.conversion?.converter).toMatchObject({ adapter: adapter.id, version });
    }
  });

  it('refuses a version that --toolchain names and that is not there', async () => {
    const box = sandbox();
    const flags = [CNN, '--precision', precision, '--toolchain', '0.0.1'];
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', ...flags, '-d', device, '-o', output]);
    expectRefusal(result, { exit: 69, code: 'E_TOOL_MISSING', names: ['0.0.1'] });
    box.expectOnly();
  });

  it('does what a request document says', async () => {
    const box = sandbox();
    const request = path.join(box.dir, 'request.yaml');
    const output = path.join(box.out, 'a.tar');
    const document = {
      protocol: 'modelconv/1',
      kind: 'ConversionRequest',
      source: { path: fixture('models/digits-cnn.onnx'), framework: { name: 'pytorch' } },
      device,
      output,
      version: '3.2.1',
      precision,
      inputs: { image: [1, 1, 8, 8] },
      verify: { samples: CALIBRATION },
    };
    writeFileSync(request, JSON.stringify(document));
    const result = await run(['convert', '--request', request, '--quiet']);
    expect(result).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    const { descriptor } = await verifyPackage(output);
    expect(descriptor).toMatchObject({
      version: '3.2.1',
      conversion: {
        precision,
        inputShapes: document.inputs,
        source: { framework: { name: 'pytorch' } },
      },
      verification: { passed: true, samples: 100, inputs: { kind: 'user' } },
    });
  });
}

/** A device whose runtime is of a version: the converter is of one that fits. */
export function describeVersionFit(
  { adapter, detection }: Tool,
  { device }: Suite,
  stack: string,
): void {
  const version = detection.found ? detection.toolchain.version : '';
  const deviceOf = (directory: string, runtime: string): string => {
    const file = path.join(directory, 'device.yaml');
    const own = { name: 'own', extends: device, stack: { kind: stack, version: runtime } };
    writeFileSync(file, JSON.stringify(own));
    return file;
  };

  it('converts for a device with the runtime of the same version', async () => {
    const box = sandbox();
    const runtime = version.split('.').slice(0, 2).join('.');
    const flags = [CNN, '--precision', plainPrecision(adapter)];
    const own = deviceOf(box.dir, runtime);
    const { descriptor } = await converted(flags, own, path.join(box.out, 'a.tar'));
    expect(descriptor.conversion?.converter).toMatchObject({ version });
    expect(descriptor.verification).toMatchObject({ passed: true });
  });

  it('refuses a device whose runtime is older than every release', async () => {
    const box = sandbox();
    const own = deviceOf(box.dir, '0.1');
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', CNN, '-d', own, '-o', output]);
    expect([69, 78]).toContain(result.code);
    expect(result.stderr).toMatch(/error\[E_(TOOL_MISSING|NOT_CONVERTIBLE)\]/);
    expect(result.stderr).toContain('0.1');
    box.expectOnly();
  });
}

function describeRefusals({ adapter, python }: Tool, { device }: Suite): void {
  const { needsCalibration, staticShapes } = adapter.capabilities;

  it('refuses a custom operator by its name', async () => {
    const box = sandbox();
    const words = [fixture('models/bad/custom-op.onnx'), '--precision', plainPrecision(adapter)];
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', ...words, '-d', device, '-o', output]);
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

  if (needsCalibration.length > 0 && python.found)
    it('refuses int8 without calibration data', async () => {
      const box = sandbox();
      const words = [CNN, '-d', device, '--precision', 'int8'];
      const result = await run(['convert', ...words, '-o', path.join(box.out, 'a.tar')]);
      expectRefusal(result, { exit: 64, code: 'E_USAGE', names: ['--calibration'] });
      box.expectOnly();
    });
}

function describeEmbedding({ adapter }: Tool, { device }: Suite): void {
  it('places the descriptor inside the model file', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = [CNN, '--precision', plainPrecision(adapter), '--embed'];
    const { descriptor } = await converted(flags, device, output);
    const model = await unpackedModel(output, path.join(box.dir, 'unpacked'));
    const inspected = await run(['inspect', model, '--field', 'embedded', '--json']);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      protocol: descriptor.protocol,
      name: descriptor.name,
      conversion: { source: descriptor.conversion?.source },
    });
  });
}
