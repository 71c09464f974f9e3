import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InspectResult, QuantizationReport } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { DRAFT, packContents } from '../support/package.js';
import { expectRefusal, jsonResult, run, sandbox } from './run-main.js';

const INT8 = fixture('models/tflite/digits-cnn-int8.tflite');

async function reportOf(
  file: string,
): Promise<{ result: InspectResult; report: QuantizationReport }> {
  const result = jsonResult(
    await run(['inspect', file, '--quantization', '--json']),
    'inspect-result',
  ) as InspectResult;
  if (result.quantization === undefined) throw new Error('no report');
  return { result, report: result.quantization };
}

describe('inspect --quantization', () => {
  it('of a model prints sums, tensors, and operators', async () => {
    const { code, stdout } = await run(['inspect', INT8, '--quantization']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^quantized +int8, asymmetric, per-channel on axis 0, 8 bit weights/m);
    expect(stdout).toMatch(/^weights +100 % in integers, 31674 of 31674 parameters$/m);
    expect(stdout).toMatch(/^work +100 % in integers, 538240 of 538240 multiply-accumulates$/m);
    expect(stdout).toMatch(
      /^serving_default_image:0 +activation +int8 +asymmetric +per-tensor +0\.003922 +-128$/m,
    );
    expect(stdout).toMatch(
      / weight +int8 +symmetric +per-channel on axis 0 +64: 6\.684e-4 to 0\.001871 +0$/m,
    );
    expect(stdout).toMatch(/CONV_2D +integers +294912$/m);
    expect(stdout).not.toContain('in floating point');
  });

  it('names what stayed in floating point', async () => {
    const file = fixture('models/tflite/digits-cnn-int8-weights.tflite');
    const { stdout } = await run(['inspect', file, '--quantization']);
    expect(stdout).toMatch(/^weights +96\.99 % in integers, 30720 of 31674 parameters$/m);
    expect(stdout).toMatch(/^in floating point +type +parameters$/m);
    expect(stdout).toMatch(/^model\/tf\.linalg\.matmul_1\/MatMul +float32 +640$/m);
    expect(stdout).toMatch(/FULLY_CONNECTED +floats +12288$/m);
  });

  it('of a model in floats says so', async () => {
    const { stdout } = await run(['inspect', fixture('models/digits-cnn.onnx'), '--quantization']);
    expect(stdout).toMatch(/^quantized +nothing$/m);
  });

  it('of a compiled model tells where operators run, and what the file does not tell', async () => {
    const rk3588 = fixture('models/rknn/digits-cnn-rk3588-int8.rknn');
    const { stdout } = await run(['inspect', rk3588, '--quantization']);
    expect(stdout).toMatch(/^on the NPU +7 of 8 operators$/m);
    expect(stdout).toMatch(/^Reshape:logits_mm_tp_rs +Reshape +integers +0 +CPU$/m);
    expect((await run(['inspect', rk3588])).stdout).toMatch(
      /^on the NPU +7 of 8 operators, 100 % of the work$/m,
    );
    const rv1106 = fixture('models/rknn/digits-cnn-rv1106-int8.rknn');
    expect((await run(['inspect', rv1106, '--quantization'])).stdout).toMatch(
      /^scales +the file does not tell them$/m,
    );
  });

  it('with --json has whole arrays', async () => {
    const { result, report } = await reportOf(INT8);
    expect(report.file).toBe(INT8);
    expect(result.model?.format).toBe('tflite');
    const weight = report.tensors.find(({ name }) => name === 'model/tf.linalg.matmul/MatMul');
    expect(weight?.scale).toHaveLength(64);
    expect(weight).toMatchObject({ axis: 0, shape: [64, 192], granularity: 'per-channel' });
  });

  it('is not for --field or --yaml, which print what is written', async () => {
    for (const flag of [['--field', 'model'], ['--yaml']]) {
      const { code } = await run(['inspect', INT8, '--quantization', ...flag]);
      expect(code).toBe(64);
    }
  });

  it('of a package reads the model in it, and leaves nothing behind', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const draft = path.join(box.dir, 'a.yaml');
    writeFileSync(draft, 'name: digits\nversion: "1.0.0"\n');
    const flags = ['--descriptor', draft, '-o', output];
    expect(await run(['pack', INT8, ...flags])).toMatchObject({ code: 0 });
    const { result, report } = await reportOf(output);
    expect(report.file).toBe('model/digits-cnn-int8.tflite');
    expect(report.tensors).toEqual((await reportOf(INT8)).report.tensors);
    // what was read when it was packed says the same
    expect(result.descriptor?.model.quantization).toMatchObject({
      type: 'int8',
      coverage: { floatShare: 0, multiplyAccumulates: { quantized: 538_240, total: 538_240 } },
    });
    expect((await run(['inspect', output])).stdout).toMatch(/^quantized +int8, asymmetric/m);
    box.expectOnly('a.tar');
  });

  it('of a package that was changed is refused', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const draft = path.join(box.dir, 'a.yaml');
    writeFileSync(draft, 'name: digits\nversion: "1.0.0"\n');
    await run(['pack', INT8, '--descriptor', draft, '-o', output]);
    const bytes = readFileSync(output);
    bytes.writeUInt8(bytes.readUInt8(20_000) ^ 1, 20_000);
    writeFileSync(output, bytes);
    const result = await run(['inspect', output, '--quantization']);
    expectRefusal(result, { exit: 65, code: 'E_PACKAGE_INVALID' });
  });

  it('of an encrypted package says that it has to be decrypted', async () => {
    const box = sandbox();
    const { file } = await packContents(box.dir, { 'payload.age': 'secret' }, DRAFT);
    const result = await run(['inspect', file, '--quantization']);
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names: [file, 'modelconv decrypt'] });
  });

  it('of a package of another format says that its model is not read here', async () => {
    const box = sandbox();
    const hef = path.join(box.dir, 'a.hef');
    writeFileSync(hef, 'compiled');
    const draft = path.join(box.dir, 'a.yaml');
    writeFileSync(
      draft,
      'name: a\nversion: "1.0.0"\nmodel: {format: acme, type: quantized, inputs: [], outputs: []}\nsoftware: {stack: {kind: acme}}\n',
    );
    const output = path.join(box.out, 'a.tar');
    expect(await run(['pack', hef, '--descriptor', draft, '-o', output])).toMatchObject({
      code: 0,
    });
    const result = await run(['inspect', output, '--quantization']);
    expectRefusal(result, { exit: 65, code: 'E_MODEL_INVALID' });
    expect(result.stderr).toContain('acme');
  });
});
