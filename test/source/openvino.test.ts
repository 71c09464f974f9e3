import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../../src/schema/generated/types.js';
import { FileWindow, MalformedError } from '../../src/source/file-window.js';
import { readOpenvino } from '../../src/source/openvino/read.js';
import { minimumForIr } from '../../src/source/openvino/versions.js';
import { probeModel } from '../../src/source/probe.js';
import { fixture, tempDir } from '../support/files.js';
import { processorTime } from '../support/processor-time.js';
import { cutEverywhere, flipEverywhere } from './damage.js';
import { probeBytes } from './probe-bytes.js';

const invalid = { code: 'E_MODEL_INVALID' };
const model = (name: string): string => fixture(`models/openvino/${name}.xml`);
const infoOf = async (file: string): Promise<ModelInfo> => (await probeModel(file)).info;
const xmlOf = (name: string): string => readFileSync(model(name), 'utf8');

/** The XML alone, without the `.bin`. */
const infoOfXml = async (xml: string): Promise<ModelInfo> =>
  (await probeBytes(Buffer.from(xml))).info;

// Expected values: what openvino 2026.4.1 says of the same files (core.read_model).
describe('what a real IR says about itself', () => {
  it('a model in single precision', async () => {
    const file = model('digits-cnn-fp32');
    const { info, parts, format } = await probeModel(file);
    expect(format).toBe('openvino-ir');
    expect(parts.map((part) => part.path)).toEqual(['digits-cnn-fp32.bin']);
    expect(info).toEqual({
      path: file,
      sizeBytes: 15_122,
      format: 'openvino-ir',
      formatVersion: '11',
      producer: { name: 'openvino', version: '2026.4.1' },
      graphName: 'onnx_Frontend_IR',
      opsets: { opset: 8 },
      precision: 'fp32',
      // 30 with 11 constants, the parameter and the result
      nodes: 17,
      operators: { Add: 5, Convolution: 3, MatMul: 2, MaxPool: 2, ReLU: 4, Reshape: 1 },
      // 31 674 of the network, 2 for a shape
      weights: { parameters: 31_676, sizeBytes: 126_712, dataFormat: 'float32' },
      quantized: false,
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 1, 8, 8] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [1, 10] }],
      metadata: {
        'OpenVINO Runtime': '2026.4.1-22982-e213a147257-releases/2026/4',
        Runtime_version: '2026.4.1-22982-e213a147257-releases/2026/4',
        'conversion_parameters.compress_to_fp16': 'False',
        'conversion_parameters.is_python_object': 'False',
        'framework.license': 'Apache-2.0',
        'framework.trained_on': 'UCI digits',
      },
      minimumRuntime: {
        kind: 'openvino',
        version: '2022.1',
        rule: 'IR 11 needs 2022.1, opset8 needs 2022.1',
      },
      externalData: [{ path: 'digits-cnn-fp32.bin', sizeBytes: 126_712 }],
      facts: {
        formatVersion: 'read',
        inputs: 'read',
        outputs: 'read',
        weights: 'read',
        precision: 'read',
        quantization: 'read',
        producer: 'read',
        minimumRuntime: 'read',
      },
    });
  });

  it('weights kept in half precision make an fp16 model with float32 inputs', async () => {
    const info = await infoOf(model('digits-cnn-fp16'));
    expect(info).toMatchObject({
      precision: 'fp16',
      quantized: false,
      weights: { parameters: 31_676, sizeBytes: 63_364, dataFormat: 'float16' },
      inputs: [{ name: 'image', dtype: 'float32' }],
    });
    expect(info.quantization).toBeUndefined();
  });

  it('an int8 model by NNCF', async () => {
    const info = await infoOf(model('digits-cnn-int8'));
    expect(info).toMatchObject({
      precision: 'int8',
      quantized: true,
      quantization: {
        type: 'int8',
        weightBits: 8,
        activationBits: 8,
        algorithm: 'nncf quantize, preset mixed',
      },
      // the file shares equal constants: 31 876 elements of them all, 31 855 in the .bin
      weights: { parameters: 31_855, sizeBytes: 32_924, dataFormat: 'int8' },
      metadata: { 'nncf.version': '3.4.0', 'nncf.quantization.subset_size': '100' },
    });
    expect(info.operators).toMatchObject({ FakeQuantize: 5, Convert: 5 });
  });
});

describe('the weights beside the XML', () => {
  /** A copy of a model whose `.bin` ends after so many bytes. */
  const cutBin = (bytes: number): string => {
    const dir = tempDir();
    for (const end of ['xml', 'bin'])
      copyFileSync(fixture(`models/openvino/digits-cnn-fp32.${end}`), path.join(dir, `m.${end}`));
    truncateSync(path.join(dir, 'm.bin'), bytes);
    return path.join(dir, 'm.xml');
  };

  it('are unknown when they are not there', async () => {
    const info = await infoOfXml(xmlOf('digits-cnn-fp32'));
    expect(info.facts).toMatchObject({ weights: 'unknown', precision: 'read' });
    expect(info).not.toHaveProperty('weights');
    expect(info).not.toHaveProperty('externalData');
    expect(info.precision).toBe('fp32');
  });

  it.each([0, 1, 126_711])('are truncated when the .bin has %i bytes', async (bytes) => {
    await expect(probeModel(cutBin(bytes))).rejects.toMatchObject({
      ...invalid,
      why: expect.stringContaining('truncated'),
    });
  });

  it('may be followed by more', async () => {
    const file = cutBin(126_712 + 100);
    expect((await infoOf(file)).externalData).toEqual([{ path: 'm.bin', sizeBytes: 126_812 }]);
  });

  it.each([
    ['beyond what a number can hold', 'offset="99999999999999999999" size="4"', 'whole number'],
    ['at a negative place', 'offset="-4" size="4"', 'whole number'],
    ['nowhere', 'size="4"', 'whole number'],
    ['and fewer than its shape needs', 'offset="0" size="3"', 'too few'],
  ])('of a Const lie %s: refused', async (_what, place, why) => {
    const data = `<data element_type="f32" shape="1" ${place}/>`;
    await expect(infoOfXml(net({ layers: layer(9, 'Const', data) }))).rejects.toMatchObject({
      ...invalid,
      why: expect.stringContaining(why),
    });
  });
});

const layer = (id: number | string, type: string, inside = '', version = 'opset1'): string =>
  `<layer id="${id}" name="l${id}" type="${type}" version="${version}">${inside}</layer>`;
const dims = (sizes: readonly number[]): string => sizes.map((n) => `<dim>${n}</dim>`).join('');
const edge = (from: number, to: number, port = 0): string =>
  `<edge from-layer="${from}" from-port="${port}" to-layer="${to}" to-port="0"/>`;
const output = (names: string): string =>
  `<output><port id="0" precision="I64" names="${names}">${dims([2])}</port></output>`;

interface NetParts {
  readonly parameter?: string;
  readonly result?: string;
  readonly layers?: string;
  readonly edges?: string;
  readonly end?: string;
}

/** A net whose Parameter feeds its Result. */
function net({ parameter, result, layers = '', edges = '', end = '' }: NetParts = {}): string {
  const first = parameter ?? `<data shape="2" element_type="i64"/>${output('x')}`;
  const last =
    result ?? layer(1, 'Result', `<input><port id="0" precision="I64">${dims([2])}</port></input>`);
  return `<?xml version="1.0"?>\n<net name="n" version="11"><layers>${layer(0, 'Parameter', first)}${layers}${last}</layers><edges>${edge(0, 1)}${edges}</edges>${end}</net>`;
}

describe('names and shapes of inputs and outputs', () => {
  // openvino 2026.4.1 gives 'aa' for the same names (get_any_name)
  it('of several names of a tensor the first in alphabetical order', async () => {
    const info = await infoOfXml(
      net({ parameter: `<data shape="2" element_type="i64"/>${output('zz,b\\,x,aa')}` }),
    );
    expect([info.inputs[0]?.name, info.outputs[0]?.name]).toEqual(['aa', 'aa']);
  });

  it('a comma in a name is written with a backslash', async () => {
    const info = await infoOfXml(
      net({ parameter: `<data shape="2" element_type="i64"/>${output('b\\,x,c')}` }),
    );
    expect(info.inputs[0]?.name).toBe('b,x');
  });

  it('a name at the Result goes before that of the tensor that feeds it', async () => {
    const result = layer(1, 'Result').replace('type=', 'output_names="qq" type=');
    expect((await infoOfXml(net({ result }))).outputs[0]?.name).toBe('qq');
  });

  it('without names, those of the layers', async () => {
    const info = await infoOfXml(net({ parameter: '<data shape="2" element_type="f16"/>' }));
    expect(info.inputs).toEqual([{ name: 'l0', dtype: 'float16', shape: [2] }]);
    expect(info.outputs[0]?.name).toBe('l0');
  });

  it.each([
    ['?,3', ['?', 3]],
    ['-1,3', ['?', 3]],
    ['1..10,3', ['?', 3]],
    ['', []],
    ['...', undefined],
  ])('the shape "%s" is read', async (shape, expected) => {
    const parameter = `<data shape="${shape}" element_type="f32"/>`;
    expect((await infoOfXml(net({ parameter }))).inputs[0]?.shape).toEqual(expected);
  });

  it.each(['3.5', 'x', '1e3', '99999999999999999', '1,'.repeat(70)])(
    'the shape "%s" is refused',
    async (shape) => {
      const parameter = `<data shape="${shape}" element_type="f32"/>`;
      await expect(infoOfXml(net({ parameter }))).rejects.toMatchObject(invalid);
    },
  );

  it('a size of an output that is known only when the model runs', async () => {
    const port = `<input><port id="0" precision="BF16">${dims([-1, 4])}</port></input>`;
    const info = await infoOfXml(net({ result: layer(1, 'Result', port) }));
    expect(info.outputs).toEqual([{ name: 'x', dtype: 'bfloat16', shape: ['?', 4] }]);
  });
});

describe('layers', () => {
  it('of an extension are named with it', async () => {
    const info = await infoOfXml(net({ layers: layer(5, 'Swish2', '', 'acme') }));
    expect(info.operators).toEqual({ 'acme:Swish2': 1 });
  });

  it('in the body of a loop are counted, and are no inputs of the net', async () => {
    const body = `<body><layers>${layer(0, 'Parameter', '<data shape="7" element_type="f32"/>')}${layer(1, 'Relu')}${layer(2, 'Result')}</layers><edges>${edge(0, 1)}${edge(1, 2)}</edges></body>`;
    const info = await infoOfXml(net({ layers: layer(7, 'Loop', body) }));
    expect(info.operators).toEqual({ Loop: 1, Relu: 1 });
    expect(info.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(info.outputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('with integer weights and a Convert behind them are weight-only quantization', async () => {
    const constant = layer(8, 'Const', '<data element_type="u4" shape="64" offset="0" size="32"/>');
    const quantized = await infoOfXml(
      net({ layers: constant + layer(9, 'Convert'), edges: edge(8, 9) }),
    );
    expect(quantized).toMatchObject({
      precision: 'int4',
      quantized: true,
      quantization: { type: 'int4-weights', weightBits: 4 },
    });
    const plain = await infoOfXml(
      net({ layers: constant + layer(9, 'Gather'), edges: edge(8, 9) }),
    );
    expect(plain.quantized).toBe(false);
    expect(plain).not.toHaveProperty('quantization');
  });

  it('that an edge names must be there', async () => {
    await expect(infoOfXml(net({ edges: edge(0, 44) }))).rejects.toMatchObject(invalid);
  });
});

describe('rt_info', () => {
  it('holds an embedded descriptor', async () => {
    const value =
      '{&quot;protocol&quot;:&quot;modelconv/1&quot;,&quot;name&quot;:&quot;a &lt; b&quot;}';
    const info = await infoOfXml(
      net({ end: `<rt_info><modelconv value="${value}"/><a><b value="c"/></a></rt_info>` }),
    );
    expect(info.embedded).toEqual({ protocol: 'modelconv/1', name: 'a < b' });
    expect(info.metadata).toEqual({ 'a.b': 'c' });
  });

  it('with something else in its place holds none', async () => {
    const info = await infoOfXml(
      net({ end: '<rt_info><modelconv value="no JSON"/><x><modelconv value="{}"/></x></rt_info>' }),
    );
    expect(info).not.toHaveProperty('embedded');
  });

  it('without a version of the runtime leaves the producer unknown', async () => {
    const info = await infoOfXml(net());
    expect(info).not.toHaveProperty('producer');
    expect(info.facts['producer']).toBe('unknown');
  });
});

describe('the oldest OpenVINO that loads an IR', () => {
  it.each([
    ['11', 1, '2022.1'],
    ['11', 8, '2022.1'],
    ['11', 9, '2022.2'],
    ['11', 13, '2023.3'],
    ['11', 14, '2024.1'],
    ['11', 15, '2024.5'],
    ['11', 16, '2025.4'],
    ['10', 1, '2020.1'],
    ['10', 7, '2021.4'],
  ])('IR %s with opset%i: %s', (ir, opset, version) => {
    expect(minimumForIr(ir, opset)).toMatchObject({ kind: 'openvino', version });
  });

  it.each([
    ['12', 8],
    ['7', 1],
    ['11', 17],
  ])('IR %s with opset%i: not known', (ir, opset) => {
    expect(minimumForIr(ir, opset)).toBeUndefined();
  });
});

/** The reader alone: no detector keeps such files from it. */
function readXmlText(xml: string): void {
  const file = path.join(tempDir(), 'm.xml');
  writeFileSync(file, xml);
  const fd = openSync(file, 'r');
  try {
    readOpenvino(new FileWindow(fd, Buffer.byteLength(xml)), undefined);
  } finally {
    closeSync(fd);
  }
}

describe('a damaged IR is refused or read, and nothing else', () => {
  it('cut off anywhere', () => {
    const { refused, tried } = cutEverywhere(readOpenvino, model('digits-cnn-fp32'));
    expect(tried).toBeGreaterThan(150);
    expect(refused).toBe(tried);
  });

  it('with changed bytes', () => {
    const { refused, tried } = flipEverywhere(readOpenvino, model('digits-cnn-int8'), 200);
    expect(refused).toBeGreaterThan(tried * 0.3);
  });

  it.each([
    ['entities that grow', '<!DOCTYPE net [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>', '&b;'],
    ['a document type', '<!DOCTYPE net>', ''],
    ['an entity that nobody defines', '', '&b;'],
  ])('with %s: refused', (_what, doctype, inside) => {
    const xml = net({ end: `<rt_info>${inside}</rt_info>` });
    expect(() => readXmlText(xml.replace('?>', `?>${doctype}`))).toThrow(MalformedError);
  });

  it.each([
    ['elements nested 100 000 deep', () => net({ end: '<a>'.repeat(100_000) })],
    [
      'loops nested 1000 deep',
      () => net({ layers: '<layer id="1" name="l" type="Loop"><body><layers>'.repeat(1000) }),
    ],
    ['a tag of 4 MiB', () => net({ end: `<a b="${'x'.repeat(4 * 1024 * 1024)}"/>` })],
    ['a type of 1 MiB', () => net({ layers: layer(5, 'T'.repeat(1024 * 1024)) })],
    [
      'names of 40 MiB together',
      () =>
        net({
          layers: layer(5, 'Relu')
            .replace('l5', 'y'.repeat(1024 * 1024))
            .repeat(40),
        }),
    ],
    ['no version', () => net().replace(' version="11"', '')],
    ['no Result', () => net({ result: '' }).replace(/<edges>.*<\/edges>/, '')],
    ['two roots', () => `${net()}${net().replace(/^.*\n/, '')}`],
  ])('with %s: refused within 2 s', async (_what, xml) => {
    const elapsedMs = processorTime();
    await expect(infoOfXml(xml())).rejects.toMatchObject(invalid);
    expect(elapsedMs()).toBeLessThan(2000);
  });

  it('a net of 100 000 layers is read', { timeout: 20_000 }, async () => {
    const layers = Array.from({ length: 100_000 }, (_, i) => layer(i + 2, 'Relu', output(`t${i}`)));
    const file = path.join(tempDir(), 'many.xml');
    writeFileSync(file, net({ layers: layers.join('\n') }));
    expect((await infoOf(file)).operators).toEqual({ Relu: 100_000 });
  });
});
