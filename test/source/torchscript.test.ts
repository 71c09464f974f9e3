import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { probeModel } from '../../src/source/probe.js';
import { readTorchscript } from '../../src/source/torchscript/read.js';
import { fixture, tempDir } from '../support/files.js';
import { processorTime } from '../support/processor-time.js';
import { changed, recordsOf, withForward } from '../support/torchscript.js';
import { zip } from '../support/zip.js';
import { codeOfCut, cutEverywhere, flipEverywhere } from './damage.js';
import { measuredProbe } from './measured-probe.js';
import { probeBytes } from './probe-bytes.js';

const model = (name: string): string => fixture(`models/torchscript/${name}.pt`);
const infoOf = async (bytes: Uint8Array): Promise<ModelInfo> => (await probeBytes(bytes)).info;

/** The error that a file is refused with. */
async function refusal(bytes: Uint8Array): Promise<{ code: string; why: string; next: string }> {
  return await probeBytes(bytes).then(
    () => Promise.reject(new Error('it was read')),
    (error) => error,
  );
}

const FACTS = {
  formatVersion: 'read',
  inputs: 'read',
  outputs: 'read',
  precision: 'read',
  weights: 'read',
  producer: 'unknown',
  minimumRuntime: 'unknown',
};

// Expected values: fixtures/make/make_torchscript.py, which wrote them with torch 2.13.0.
describe('what a real TorchScript archive says about itself', () => {
  it('a traced model, with the example that it was traced with', async () => {
    const file = model('digits-cnn');
    const { info, format, parts } = await probeModel(file);
    expect({ format, parts }).toEqual({ format: 'torchscript', parts: [] });
    expect(info).toEqual({
      path: file,
      sizeBytes: 142_339,
      format: 'torchscript',
      formatVersion: '3',
      graphName: 'DigitsCNN',
      precision: 'fp32',
      quantized: false,
      weights: { parameters: 31_674, sizeBytes: 126_696, dataFormat: 'float32' },
      inputs: [{ name: 'image', dtype: 'float32', exampleShape: [1, 1, 8, 8] }],
      outputs: [{ name: 'output0', dtype: 'unknown' }],
      metadata: { forward: '(image: Tensor) -> Tensor', byteorder: 'little' },
      facts: FACTS,
    });
  });

  it('a scripted and frozen one, whose weights are constants and whose types stand nowhere', async () => {
    const { info } = await probeModel(model('digits-cnn-scripted'));
    expect(info).toMatchObject({
      graphName: 'DigitsCNN',
      weights: { parameters: 31_674, dataFormat: 'float32' },
      inputs: [{ name: 'image', dtype: 'unknown' }],
    });
    expect(info.inputs[0]).not.toHaveProperty('exampleShape');
  });

  it('a scripted one with two inputs and two outputs', async () => {
    const { info } = await probeModel(model('two-inputs'));
    expect(info).toMatchObject({
      weights: { parameters: 96, sizeBytes: 384 },
      inputs: [{ name: 'ids' }, { name: 'weights' }],
      outputs: [{ name: 'output0' }, { name: 'output1' }],
      facts: FACTS,
    });
  });
});

describe('the archive', () => {
  it.each([
    { title: 'zip64', shape: { zip64: true } },
    { title: 'a comment at the end', shape: { comment: 'PK\u0005\u0006 and more' } },
  ])('is read with $title', async ({ shape }) => {
    expect(await infoOf(changed('digits-cnn', {}, shape))).toMatchObject({
      weights: { parameters: 31_674 },
    });
  });

  it('is read with deflated records, as torch writes its code', async () => {
    const records = recordsOf('two-inputs');
    const bytes = zip(
      [...records].map(([name, data]) => ({ name: `m/${name}`, data, deflated: true })),
    );
    expect(await infoOf(bytes)).toMatchObject({ inputs: [{ name: 'ids' }, { name: 'weights' }] });
  });

  it('that is cut off is refused, wherever', async () => {
    const { refused, tried } = cutEverywhere(readTorchscript, model('two-inputs'));
    expect(refused).toBe(tried);
    expect(await codeOfCut(model('digits-cnn'), 0.5)).toBe('E_MODEL_INVALID');
  });

  it('with a flipped byte is read or refused, and nothing else', () => {
    const { refused, tried } = flipEverywhere(readTorchscript, model('two-inputs'), 500);
    expect(refused).toBeGreaterThan(tried / 4);
  });

  it('is refused when it holds a file twice', async () => {
    const twice = { name: 'm/data.pkl', data: Buffer.from('x') };
    expect((await refusal(zip([twice, twice]))).why).toContain('"m/data.pkl" twice');
  });

  it.each([
    ['more files than it has room for', 10, 0xfffe],
    ['a list that lies behind it', 16, 0x7fff_ffff],
  ])('is refused when it promises %s', async (_what, at, value) => {
    const bytes = changed('two-inputs', {});
    const end = bytes.length - 22;
    if (at === 10) bytes.writeUInt16LE(value, end + at);
    else bytes.writeUInt32LE(value, end + at);
    expect((await refusal(bytes)).why).toContain('list of files');
  });

  it('is refused when a record says that it is far larger than it is', async () => {
    const records = recordsOf('two-inputs');
    const bytes = zip([...records].map(([name, data]) => ({ name: `m/${name}`, data })));
    const entry = bytes.indexOf('PK\u0001\u0002');
    bytes.writeUInt32LE(0x7fff_fff0, entry + 24);
    expect((await refusal(bytes)).why).toContain('is larger than');
  });
});

describe('what is no TorchScript is refused under its name, with what to do', () => {
  const text = (...names: string[]): Buffer =>
    zip(names.map((name) => ({ name, data: Buffer.from('x') })));

  it('a PyTorch checkpoint', async () => {
    const error = await refusal(readFileSync(fixture('models/bad/checkpoint.pt')));
    expect(error).toMatchObject({
      code: 'E_MODEL_INVALID',
      why: expect.stringContaining('a PyTorch checkpoint without its code'),
      next: expect.stringContaining('torch.jit.trace'),
    });
    expect(error.next).toContain('torch.onnx.export');
  });

  it.each([
    ['a torch.export archive', ['m/archive_format', 'm/models/model.json'], 'torch.export.load'],
    [
      'a torch.export archive',
      ['serialized_exported_program.json', 'version'],
      'torch.onnx.export',
    ],
    ['a torch.package archive', ['m/.data/extern_modules', 'm/data.pkl'], 'torch.jit.trace'],
    ['without its constants.pkl', ['m/data.pkl', 'm/code/__torch__.py'], 'torch.jit.trace'],
    ['PyTorch 1.3 or older', ['m/model.json', 'm/tensors/0'], 'torch.jit.trace'],
    ['a Keras model', ['metadata.json', 'config.json', 'model.weights.h5'], 'keras'],
    ['NumPy arrays', ['a.npy', 'b.npy'], 'ONNX'],
    ['a zip archive that holds no model', ['readme.txt'], 'ONNX'],
  ])('%s', async (why, names, next) => {
    expect(await refusal(text(...names))).toMatchObject({
      code: 'E_MODEL_INVALID',
      why: expect.stringContaining(why),
      next: expect.stringContaining(next),
    });
  });
});

describe('a damaged TorchScript archive is refused', () => {
  it.each([
    ['has no version', { version: undefined }],
    ['is no number', { version: 'three' }],
    ['has no code/__torch__.py', { 'code/__torch__.py': undefined, 'code/x.py': '' }],
    ['"data/0" are missing', { 'data/0': undefined }],
    ['have 380 bytes, and its pickle says 384', { 'data/0': new Uint8Array(380) }],
    ['has no class TwoInputs', { 'code/__torch__.py': 'class Other(Module):\n' }],
    ['has no forward()', { 'code/__torch__.py': 'class TwoInputs(Module):\n  def other(self):\n' }],
    [
      'has no forward()',
      {
        'code/__torch__.py':
          'class TwoInputs(Module):\n  x : int\nclass B(Module):\n  def forward(self)',
      },
    ],
    ['cannot be read', { 'code/__torch__.py': 'class TwoInputs(Module):\n  def forward(self' }],
    ['pickle is cut off', { 'data.pkl': Buffer.from([0x80, 2]) }],
    ['holds no module', { 'data.pkl': Buffer.from('80024e2e', 'hex') }],
    ['the opcode 105', { 'data.pkl': Buffer.from('800269', 'hex') }],
  ])('it %s', async (why, records) => {
    expect(await refusal(changed('two-inputs', records))).toMatchObject({
      code: 'E_MODEL_INVALID',
      why: expect.stringContaining(why),
    });
  });

  it('a tensor reaches past the end of its storage', async () => {
    const records = recordsOf('two-inputs');
    const pickle = Buffer.from(records.get('data.pkl') ?? []);
    // BININT1 12, the first size of the shape, becomes 13
    const at = pickle.indexOf(Buffer.from([0x4b, 12, 0x4b, 8]));
    pickle[at + 1] = 13;
    expect((await refusal(changed('two-inputs', { 'data.pkl': pickle }))).why).toContain(
      'shape [13, 8] does not lie in its storage of 96 elements',
    );
  });

  it('a pickle that calls a function calls nothing', async () => {
    // os.system('exit'), as Python's own pickle would call it
    const pickle = Buffer.concat([
      Buffer.from([0x80, 2]),
      Buffer.from('cos\nsystem\n'),
      Buffer.from([0x58, 4, 0, 0, 0]),
      Buffer.from('exit'),
      Buffer.from([0x85, 0x52, 0x2e]),
    ]);
    expect((await refusal(changed('two-inputs', { 'data.pkl': pickle }))).why).toContain(
      'holds no module',
    );
  });

  it('a pickle without end is left after half a million steps', async () => {
    const pickle = Buffer.alloc(1_200_000, 0x4e);
    expect((await refusal(changed('two-inputs', { 'data.pkl': pickle }))).why).toContain('opcodes');
  });
});

describe('a TorchScript file that is made to be expensive ends within 2 s and 200 MiB', () => {
  it.each([
    ['lists', 0x5d],
    ['dictionaries', 0x7d],
    ['marks', 0x28],
  ])('a pickle that makes nothing but %s', async (_what, opcode) => {
    const file = path.join(tempDir(), 'm.pt');
    writeFileSync(file, changed('two-inputs', { 'data.pkl': Buffer.alloc(1_200_000, opcode) }));
    const { outcome, ms, rssMiB } = await measuredProbe(file);
    expect(outcome).toBe('E_MODEL_INVALID');
    expect(ms).toBeLessThan(2000);
    expect(rssMiB).toBeLessThan(200);
  });

  it('code that unpacks to far more than it says', async () => {
    const bytes = zip(
      [
        ...['data.pkl', 'constants.pkl', 'version'].map((name) => ({
          name: `m/${name}`,
          data: recordsOf('two-inputs').get(name) ?? '',
        })),
        { name: 'm/code/__torch__.py', data: Buffer.alloc(200_000_000), deflated: true },
      ].map((file) => ({ ...file, data: Buffer.from(file.data) })),
    );
    // the directory promises 100 bytes
    const entry = bytes.lastIndexOf('PK\u0001\u0002');
    bytes.writeUInt32LE(100, entry + 24);
    const file = path.join(tempDir(), 'm.pt');
    writeFileSync(file, bytes);
    const { outcome, rssMiB } = await measuredProbe(file);
    expect(outcome).toBe('E_MODEL_INVALID');
    expect(rssMiB).toBeLessThan(200);
  });
});

describe('the inputs and outputs of forward()', () => {
  it.each([
    [', ids: Tensor) -> Tensor', 1],
    [', ids: Tensor) -> Tuple[Tensor, Tuple[Tensor, Tensor]]', 3],
    [', ids: Tensor) -> Tuple[Tensor, Optional[Tensor]]', undefined],
    [', ids: Tensor) -> Dict[str, Tensor]', undefined],
    [', ids: Tensor) -> List[Tensor]', undefined],
  ])('%s', async (signature, outputs) => {
    const { outputs: found, facts } = await infoOf(withForward(signature));
    expect(found).toHaveLength(outputs ?? 0);
    expect(facts['outputs']).toBe(outputs === undefined ? 'unknown' : 'read');
  });

  it.each([
    ['return [ids, torch.add(ids, [1, 2]), "a]b"]', 3],
    ['_0 = [ids, ids]\n    return _0', 2],
    ['return []', 0],
    ['return f(ids)', 0],
    ['if x:\n      return [ids]\n    return [ids, ids]', 0],
  ])('a list has as many tensors as the code puts into it: %j', async (body, count) => {
    const { outputs } = await infoOf(withForward(', ids: Tensor) -> List[Tensor]', body));
    expect(outputs).toHaveLength(count);
  });

  it('what has a default is left out, and what is no tensor is named', async () => {
    const { inputs, metadata } = await infoOf(
      withForward(
        ',\n    ids: Tensor,\n    pair: Tuple[Tensor, Tensor],\n    n: int,\n    mask: Optional[Tensor]=None,\n    mode: str=", (") -> Tensor',
      ),
    );
    expect(inputs).toEqual([
      { name: 'ids', dtype: 'unknown' },
      { name: 'pair', dtype: 'unknown', kind: 'Tuple[Tensor, Tensor]' },
      { name: 'n', dtype: 'unknown', kind: 'int' },
    ]);
    expect(metadata?.['forward']).toBe(
      '(ids: Tensor, pair: Tuple[Tensor, Tensor], n: int, mask: Optional[Tensor]=None, mode: str=", (") -> Tensor',
    );
  });

  it('a type that is nested without end is left alone', async () => {
    const deep = `${'Tuple['.repeat(9000)}Tensor${']'.repeat(9000)}`;
    const elapsedMs = processorTime();
    const info = await infoOf(withForward(`, ids: Tensor) -> ${deep}`));
    expect(info).toMatchObject({ outputs: [] });
    expect(elapsedMs()).toBeLessThan(1000);
  });

  it('the example of a trace counts only where there is one for each argument', async () => {
    const records = recordsOf('digits-cnn');
    const bytes = changed('two-inputs', {
      'traced_inputs.pkl': records.get('traced_inputs.pkl'),
    });
    expect((await infoOf(bytes)).inputs[0]).toEqual({ name: 'ids', dtype: 'unknown' });
  });
});
