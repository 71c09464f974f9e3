import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ncnn } from '../../src/adapters/ncnn/index.js';
import { probeModel } from '../../src/source/probe.js';

// two outputs, made in another order than the source has them
const PARAM = `7767517
3 4
Input                    in0                      0 1 in0
ReLU                     relu_0                   1 1 in0 out1
Split                    split_0                  1 1 out1 2
`;
const TWO = `7767517
4 5
Input                    in0                      0 1 in0
Split                    splitncnn_0              1 2 in0 1 2
ReLU                     relu_0                   1 1 1 out1
AbsVal                   abs_0                    1 1 2 out0
`;
const NOTE =
  '# modelconv-io {"inputs":[{"name":"in0","source":"x","shape":[1,3,4,4],"batchAxis":0}],' +
  '"outputs":[{"name":"out0","source":"a","shape":[1,3,4,4],"batchAxis":0},{"name":"out1","source":"b","shape":[3,4,4]}]}\n';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ncnn-metadata-'));
  file = path.join(directory, 'm.param');
  await writeFile(path.join(directory, 'm.bin'), '');
});
afterEach(async () => await rm(directory, { recursive: true }));

describe('what a .param says about its tensors', () => {
  it('outputs come in the order of the source, shapes without the batch axis', async () => {
    await writeFile(file, TWO + NOTE);
    const { info } = await probeModel(file);
    expect(info.inputs).toEqual([
      {
        name: 'in0',
        sourceName: 'x',
        dtype: 'float32',
        shape: [3, 4, 4],
        sourceAxes: [1, 2, 3],
      },
    ]);
    expect(info.outputs).toMatchObject([
      { name: 'out0', sourceName: 'a', shape: [3, 4, 4], sourceAxes: [1, 2, 3] },
      { name: 'out1', sourceName: 'b', shape: [3, 4, 4], sourceAxes: [0, 1, 2] },
    ]);
    expect(info.facts).toMatchObject({ inputs: 'declared', outputs: 'declared' });
  });

  it('a file of another writer is taken as it is', async () => {
    await writeFile(file, PARAM);
    const { info } = await probeModel(file);
    expect(info.inputs).toMatchObject([{ name: 'in0' }]);
    expect(info.inputs[0]).not.toHaveProperty('shape');
    expect(info.facts).toMatchObject({ inputs: 'read' });
  });

  it.each([
    '{',
    '[]',
    'null',
    '{"inputs":1}',
    '{"inputs":[1],"outputs":[]}',
    '{"inputs":[{"name":""}],"outputs":[]}',
    '{"inputs":[{"name":"in0","shape":[-1]}],"outputs":[]}',
    '{"inputs":[{"name":"in0","batchAxis":"0"}],"outputs":[]}',
  ])('the damaged note %s is refused', async (note) => {
    await writeFile(file, `${TWO}# modelconv-io ${note}\n`);
    await expect(probeModel(file)).rejects.toMatchObject({ code: 'E_MODEL_INVALID' });
  });

  it('an embedded descriptor stands behind the note and comes back', async () => {
    await writeFile(file, TWO + NOTE);
    const text = '{"name":"ü # modelconv {"}';
    await ncnn.embed?.({ files: [file], text } as never, {} as never);
    expect(await readFile(file, 'utf8')).toBe(`${TWO}${NOTE}# modelconv ${text}\n`);
    const { info } = await probeModel(file);
    expect(info.embedded).toEqual(JSON.parse(text));
    expect(info.outputs.map(({ name }) => name)).toEqual(['out0', 'out1']);
  });
});
