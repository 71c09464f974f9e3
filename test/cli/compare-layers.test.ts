import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { attribute, FLOAT, graph, model, node, valueInfo } from '../support/onnx.js';
import { expectRefusal, run, sandbox } from './run-main.js';
import { expectValid } from './schemas.js';

const FAULTS = fixture('models/faults');
const GOOD = path.join(FAULTS, 'good.onnx');
const CNN = fixture('models/digits-cnn.onnx');

async function layersOf(reference: string, other: string, code = 0): Promise<CompareResult> {
  const result = await run(['compare', reference, other, '--layers', '--json', '-q']);
  expect(result.code, result.stderr).toBe(code);
  return expectValid('compare-result', JSON.parse(result.stdout) as CompareResult);
}

describe('compare --layers', () => {
  it.each([
    ['weights-perturbed', 'c2', 'Conv', /its weights differ/],
    ['wrong-opset', 'attention', 'Softmax', /another version of the operator set/],
    ['saturated', 'left', 'MatMul', /its weights differ/],
  ])('names the layer in which %s was planted', async (fault, name, operator, message) => {
    sandbox();
    const { layers, faults } = await layersOf(GOOD, path.join(FAULTS, `${fault}.onnx`), 2);
    expect(layers?.first).toMatchObject({ name, operator, inputError: 0 });
    expect(layers?.first?.message).toMatch(message);
    if (fault !== 'saturated') expect(faults.join()).toContain(layers?.first?.message);
  });

  it('names none in an honest conversion, in which layers were fused', async () => {
    const box = sandbox();
    const output = path.join(box.dir, 'cnn.tar');
    expect((await run(['convert', CNN, '-d', 'local', '-o', output, '-q'])).code).toBe(0);
    const { layers } = await layersOf(CNN, output);
    expect(layers?.first).toBeUndefined();
    expect(layers?.tensors.length).toBeGreaterThanOrEqual(8);
    expect(layers?.unmatched.length).toBeGreaterThan(0);
    for (const { relativeError } of layers?.tensors ?? []) expect(relativeError).toBeLessThan(1e-5);
  });

  it('takes external data along', async () => {
    sandbox();
    const external = fixture('models/digits-cnn-external/digits-cnn.onnx');
    const { layers } = await layersOf(external, external);
    expect(layers?.tensors.length).toBeGreaterThan(5);
  });

  it('shows a table in the terminal, and marks the layer', async () => {
    sandbox();
    const words = [GOOD, path.join(FAULTS, 'wrong-opset.onnx')];
    const { stdout } = await run(['compare', ...words, '--layers', '-q']);
    expect(stdout).toMatch(/✗ attention +Softmax/);
    expect(stdout).toMatch(/13 tensors compared on 4 samples/);
    expect(stdout).toMatch(/1 more tensors: --json has all/);
  });

  it('puts them into the report', async () => {
    const box = sandbox();
    const report = path.join(box.dir, 'r.html');
    const words = [GOOD, path.join(FAULTS, 'wrong-opset.onnx'), '--layers', '--report', report];
    expect((await run(['compare', ...words, '-q'])).code).toBe(2);
    const html = readFileSync(report, 'utf8');
    expect(html).toContain('Layer by layer');
    expect(html).toContain('<tr class="bad"><th>attention</th>');
  });

  it('without it an error that nothing else explains is looked for in the layers all the same', async () => {
    sandbox();
    const words = ['compare', GOOD, path.join(FAULTS, 'weights-perturbed.onnx'), '--json', '-q'];
    const { stdout } = await run(words);
    const result = JSON.parse(stdout) as CompareResult;
    expect(result.layers).toBeUndefined();
    expect(result.faults[0]).toMatch(/first layer that differs is c2 \(Conv\)/);
  });

  it('of a model whose runtime does not show them is refused before anything runs', async () => {
    sandbox();
    const scripted = fixture('models/torchscript/digits-cnn.pt');
    const result = await run(['compare', scripted, scripted, '--layers']);
    // a machine without PyTorch says that first
    const isMissing = result.code === 69;
    const refusal = isMissing
      ? { exit: 69, code: 'E_TOOL_MISSING' }
      : { exit: 78, code: 'E_NOT_CONVERTIBLE', names: ['onnx, ort, openvino-ir'] };
    expectRefusal(result, refusal);
  });

  // ONNX Runtime gives no sequences to Node.js: "Non tensor type is temporarily not supported"
  it('leaves out sequences, whatever operator hands them on', async () => {
    const nodes = [
      node('SequenceConstruct', { inputs: ['x', 'x'], outputs: ['pair'] }),
      node('Identity', { inputs: ['pair'], outputs: ['same'] }),
      node('SequenceLength', { inputs: ['same'], outputs: ['count'] }),
      node('Cast', {
        inputs: ['count'],
        outputs: ['number'],
        attributes: [attribute({ name: 'to', int: FLOAT })],
      }),
      node('Add', { inputs: ['x', 'number'], outputs: ['y'] }),
    ];
    const file = path.join(sandbox().dir, 'sequences.onnx');
    writeFileSync(file, model(graph({ nodes })));
    const { layers } = await layersOf(file, file);
    expect(layers?.tensors.map(({ name }) => name)).toEqual(['count', 'number', 'y']);
  });

  it.skipIf(process.platform === 'win32')(
    'of more tensors than files that may be open at once',
    () => {
      const box = sandbox();
      const names = Array.from({ length: 300 }, (_none, at) => `t${at}`);
      const nodes = names.map((name, at) =>
        node('Neg', { inputs: [names[at - 1] ?? 'x'], outputs: [name] }),
      );
      const outputs = [valueInfo('t299', FLOAT, [1, 4])];
      const file = path.join(box.dir, 'long.onnx');
      writeFileSync(file, model(graph({ nodes, outputs })));
      const words = ['compare', file, file, '--layers', '--json', '-q'].map((word) => `'${word}'`);
      const command = `ulimit -n 256 && exec '${process.execPath}' bin/modelconv.js ${words.join(' ')}`;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      expect((JSON.parse(stdout) as CompareResult).layers?.tensors).toHaveLength(300);
    },
  );
});

it('a bound that is stricter than the precision allows is told as that', async () => {
  sandbox();
  const int8 = fixture('models/digits-cnn-int8.onnx');
  const words = ['compare', CNN, int8, '--tolerance', 'cosine=0.999999', '--json', '-q'];
  const { code, stdout } = await run(words);
  expect(code).toBe(2);
  expect((JSON.parse(stdout) as CompareResult).faults.join()).toMatch(
    /within what is usual for int8, and the bound is stricter/,
  );
});
