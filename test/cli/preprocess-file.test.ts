import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ConvertResult, Descriptor } from '../../src/schema/generated/types.js';
import { fixture } from '../support/files.js';
import { expectRefusal, jsonResult, run, type Sandbox, sandbox } from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');

function written(box: Sandbox, text: string): string {
  const file = path.join(box.dir, 'preprocess.yaml');
  writeFileSync(file, text);
  return file;
}

async function convert(box: Sandbox, file: string, ...flags: readonly string[]) {
  const output = path.join(box.out, 'a.tar');
  return await run(['convert', CNN, '-d', 'local', '-o', output, '--preprocess', file, ...flags]);
}

async function declared(box: Sandbox, file: string, ...flags: readonly string[]): Promise<unknown> {
  const result = jsonResult(
    await convert(box, file, '--json', '--quiet', ...flags),
    'convert-result',
  );
  const [outcome] = (result as ConvertResult).results;
  const descriptor = outcome?.descriptor as Descriptor | undefined;
  return descriptor?.model.inputs[0]?.preprocess;
}

it('what a file declares is kept with the input', async () => {
  const box = sandbox();
  const file = written(
    box,
    'protocol: modelconv/1\nkind: Preprocess\ninputs:\n  image: {range: [0, 1], mean: [0.5], scale: [2], layout: nchw, where: {mean: graph, scale: graph}}\n',
  );
  expect(await declared(box, file)).toEqual({
    range: [0, 1],
    mean: [0.5],
    scale: [2],
    layout: 'nchw',
    where: { mean: 'graph', scale: 'graph' },
  });
});

it('a file may be JSON, speak of all inputs, and is gone over by flags', async () => {
  const box = sandbox();
  const file = written(box, '{"inputs": {"*": {"mean": [1], "scale": [2]}}}');
  expect(await declared(box, file, '--scale', '0.5')).toEqual({
    mean: [1],
    scale: [0.5],
    where: 'host',
  });
});

it.each([
  ['a step that there is not', 'inputs:\n  image:\n    mead: [1]\n', ['3:', 'Did you mean "mean"']],
  ['a value that cannot be', 'inputs:\n  image:\n    colorOrder: gbr\n', ['3:', 'rgb, bgr, gray']],
  ['a part that there is not', 'inputs:\n  image:\n    where: gpu\n', ['3:', 'graph, host, npu']],
  ['a part for a step', 'inputs:\n  image:\n    where: {mean: cpu}\n', ['3:', 'npu']],
  ['a resizing on the NPU', 'inputs:\n  image:\n    where: {resize: npu}\n', ['3:', 'host']],
  ['no inputs', 'image: {mean: [1]}\n', ['inputs']],
  ['no YAML', 'inputs: [\n', ['YAML']],
])('a file with %s is exit 65, with the line', async (_what, text, names) => {
  const box = sandbox();
  const file = written(box, text);
  expectRefusal(await convert(box, file), {
    exit: 65,
    code: 'E_PREPROCESS_INVALID',
    names: [file, ...names],
  });
  box.expectOnly();
});

it('a file that is not there is exit 66', async () => {
  const box = sandbox();
  const file = path.join(box.dir, 'nowhere.yaml');
  expectRefusal(await convert(box, file), { exit: 66, code: 'E_INPUT', names: [file] });
});

it('an input that the model does not have is exit 64', async () => {
  const box = sandbox();
  const file = written(box, 'inputs: {imag: {mean: [1]}}\n');
  expectRefusal(await convert(box, file), { exit: 64, code: 'E_USAGE', names: ['imag', 'image'] });
});

it('a step on the host behind one in the graph is exit 64', async () => {
  const box = sandbox();
  const file = written(box, 'inputs: {image: {mean: [1], scale: [2], where: {mean: graph}}}\n');
  expectRefusal(await convert(box, file), {
    exit: 64,
    code: 'E_USAGE',
    names: ['scale is done on the host', 'mean'],
  });
});

it('a step that no converter builds in is exit 78', async () => {
  const box = sandbox();
  const file = written(box, 'inputs: {image: {mean: [1], scale: [2], where: npu}}\n');
  expectRefusal(await convert(box, file), {
    exit: 78,
    code: 'E_NOT_CONVERTIBLE',
    names: ['mean, scale', 'image', 'where: host'],
  });
  box.expectOnly();
});
