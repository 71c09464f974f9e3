import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { verifyPackage } from '../../dist/package/verify.js';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { FLOAT, graph, INT64, model, node, tensor, valueInfo } from '../support/onnx.js';
import { THREE_SIZES } from '../support/three-sizes.js';
import { expectRefusal, run, type Sandbox, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');

function use(behaviour: string): void {
  vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture(`tools/onnxruntime/${behaviour}`));
}

async function convert(box: Sandbox, source: string, ...flags: readonly string[]) {
  const output = path.join(box.out, 'a.tar');
  const result = await run(['convert', source, '-d', 'local', '-o', output, ...flags]);
  return { result, output };
}

async function verificationOf(output: string) {
  const { descriptor } = await verifyPackage(output);
  return expectValid('descriptor', descriptor).verification;
}

describe('a size that source and converted model leave open', () => {
  it('is tried at several, and the package keeps which', async () => {
    const box = sandbox();
    const { result, output } = await convert(box, CNN);
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/parity .*8 samples, image in 3 sizes/);
    expect(await verificationOf(output)).toMatchObject(THREE_SIZES);
  });

  it('is tried at one when --input fixes it', async () => {
    const box = sandbox();
    const words = ['convert', CNN, '-d', 'local', '--input', 'image=1,1,8,8'];
    const output = path.join(box.out, 'a.tar');
    expect(await run([...words, '-o', output])).toMatchObject({ code: 0 });
    const verification = await verificationOf(output);
    expect(verification).toMatchObject({ passed: true, samples: 8 });
    expect(verification?.shapes).toBeUndefined();
  });

  it.each([
    [
      'refuses',
      'refuses-batches',
      'does not take axis 0 of input image (batch) at 3',
      '3 is one too many',
    ],
    [
      'crashes at',
      'crashes-on-batches',
      'does not take axis 0 of input image (batch) at 3',
      'SIGSEGV',
    ],
    [
      'is wrong at',
      'wrong-batches',
      'with axis 0 of input image (batch) at 3: output logits: cosine',
      'at 2: output logits',
    ],
  ])('that the converted model %s is exit 2, by axis and size', async (_title, fake, ...told) => {
    const box = sandbox();
    use(fake);
    const { result } = await convert(box, CNN);
    expectRefusal(result, { exit: 2, code: 'E_PARITY', names: [...told, '--input NAME=SIZES'] });
    const report = readFileSync(path.join(box.out, 'a.tar.parity.json'), 'utf8');
    const compared = expectValid('compare-result', JSON.parse(report) as CompareResult);
    expect(compared.passed).toBe(false);
    expect(compared.faults.join()).toContain('axis 0 of input image (batch) at 3');
    const page = readFileSync(path.join(box.out, 'a.tar.parity.html'), 'utf8');
    expect(page).toContain('a.tar does not compute the same');
    // a size that was refused has no sample to show
    expect(page.includes('sample 6<br>image [3, 1, 8, 8]')).toBe(fake === 'wrong-batches');
    box.expectOnly();
  });

  it('is told alone: what is wrong at the usual sizes, too, is told as ever', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const { result } = await convert(box, CNN);
    expectRefusal(result, { exit: 2, code: 'E_PARITY', names: ['output logits: cosine'] });
    expect(result.stderr).not.toContain('axis 0');
    expect(result.stderr).toContain('no order of inputs or outputs');
  });

  it('is left out where the source itself refuses it', async () => {
    const box = sandbox();
    const source = path.join(box.dir, 'fixed-inside.onnx');
    writeFileSync(source, fixedInside());
    const { result, output } = await convert(box, source);
    expect(result.code).toBe(0);
    const verification = await verificationOf(output);
    // six of the eight samples are of the usual size, and no batch but 1 is taken
    expect(verification).toMatchObject({ passed: true, samples: 6 });
    expect(verification?.shapes).toBeUndefined();
  });
});

/** A model that says that its batch is open, and reshapes it to 1. */
function fixedInside(): Uint8Array {
  const data = new Uint8Array(BigInt64Array.from([1n, 4n]).buffer);
  return model(
    graph({
      nodes: [
        node('Reshape', { inputs: ['x', 'shape'], outputs: ['flat'] }),
        node('Relu', { inputs: ['flat'], outputs: ['y'] }),
      ],
      initializers: [tensor({ name: 'shape', dataType: INT64, dims: [2], rawData: data })],
      inputs: [valueInfo('x', FLOAT, ['batch', 4])],
      outputs: [valueInfo('y', FLOAT, ['batch', 4])],
    }),
  );
}
