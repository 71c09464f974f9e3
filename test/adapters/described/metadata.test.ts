import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConversionJob, ConvertedModel } from '../../../src/adapters/contract.js';
import { readDescribed } from '../../../src/adapters/described/metadata.js';
import { withDeclared } from '../../../src/convert/declare.js';
import type { AdapterDescription } from '../../../src/schema/generated/types.js';
import { fixture, tempDir } from '../../support/files.js';
import { IMAGE_JOB, quantizedSource } from '../../support/jobs.js';

type Output = AdapterDescription['output'];

const BARE: Output = { format: 'acme-model', files: ['out/{name}.acm'] };

/** What is read from a file with these bytes. */
async function read(data: Uint8Array | string, output: Partial<Output> = {}) {
  const file = path.join(tempDir(), 'model.acm');
  writeFileSync(file, data);
  return await readDescribed({ ...BARE, ...output }, [file]);
}

async function refused(data: Uint8Array | string, output: Partial<Output>): Promise<string> {
  const error: unknown = await read(data, output).then(
    () => 'it was read',
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'E_MODEL_INVALID' });
  const { message, why } = error as { message: string; why: string };
  expect(message).toMatch(/model\.acm is not a acme-model model/);
  return why;
}

const UNKNOWN = {
  inputs: 'unknown',
  outputs: 'unknown',
  type: 'unknown',
  precision: 'unknown',
  weights: 'unknown',
  minimumRuntime: 'unknown',
};

describe('a mark of the format', () => {
  const GOOD: readonly [string, string | Uint8Array, NonNullable<Output['signature']>][] = [
    ['at the beginning', 'ACMEdata', [{ at: 0, text: 'ACME' }]],
    ['further on', 'dataACME', [{ at: 4, text: 'ACME' }]],
    ['counted from the end', 'dataEND!', [{ at: -4, text: 'END!' }]],
    ['counted from the end, before others', 'xxENDyyy', [{ at: -6, text: 'END' }]],
    ['in hexadecimal', Buffer.from('00ff1a', 'hex'), [{ at: 0, hex: '00ff' }]],
    [
      'that is all of the file',
      'ACME',
      [
        { at: 0, text: 'ACME' },
        { at: -4, hex: '41434d45' },
      ],
    ],
    [
      'behind the first page of the file',
      `${'x'.repeat(70_000)}ACME`,
      [{ at: 70_000, text: 'ACME' }],
    ],
    ['across two pages of the file', `${'x'.repeat(65_534)}ACME`, [{ at: 65_534, text: 'ACME' }]],
  ];
  it.each(GOOD)('%s is found', async (_title, data, signature) => {
    const { info } = await read(data, { signature });
    expect(info).toMatchObject({ format: 'acme-model', sizeBytes: data.length });
    expect(info.facts).toEqual({ format: 'read', ...UNKNOWN });
  });

  const BAD: readonly [string, string, NonNullable<Output['signature']>][] = [
    ['of another format', 'ACNEdata', [{ at: 0, text: 'ACME' }]],
    ['one byte too far', 'xACMEdata', [{ at: 0, text: 'ACME' }]],
    ['in another case', 'acmedata', [{ at: 0, text: 'ACME' }]],
    ['at the end that is not there', 'dataEND!x', [{ at: -4, text: 'END!' }]],
    ['in hexadecimal that is another', 'data', [{ at: 0, hex: '00ff' }]],
    [
      'that is the second of two',
      'ACMEdata',
      [
        { at: 0, text: 'ACME' },
        { at: 4, text: 'DATA' },
      ],
    ],
  ];
  it.each(BAD)('%s is refused with what stands there', async (_title, data, signature) => {
    expect(await refused(data, { signature })).toMatch(/^at byte -?\d+ stands [0-9a-f]+ and not /);
  });

  it.each<[string, string, number]>([
    ['an empty file', '', 0],
    ['a file that ends within it', 'ACM', 0],
    ['a file that ends before it', 'ACME', 4],
    ['a file that begins after it', 'ACM', -4],
    ['a file that is shorter than an offset from the end', 'ACME', -400],
    ['a file that ends within one at the end', 'ACM', -3],
  ])('is missed in %s', async (_title, data, at) => {
    expect(await refused(data, { signature: [{ at, text: 'ACME' }] })).toContain('ends before');
  });
});

describe('a length that a file has of itself', () => {
  /** A mark, a field of 4 bytes at 4, one of 8 bytes at 8, and a payload of 16 bytes. */
  function file(four: number, eight: number | bigint, byteOrder: 'little' | 'big'): Buffer {
    const data = Buffer.alloc(32, 7);
    data.write('ACME');
    if (byteOrder === 'little') {
      data.writeUInt32LE(four, 4);
      data.writeBigUInt64LE(BigInt(eight), 8);
    } else {
      data.writeUInt32BE(four, 4);
      data.writeBigUInt64BE(BigInt(eight), 8);
    }
    return data;
  }
  const field = (bytes: 4 | 8, byteOrder: 'little' | 'big', plus: number) =>
    ({ at: bytes, bytes, byteOrder, plus }) as const;

  it.each(['little', 'big'] as const)('fits: %s-endian, 4 and 8 bytes', async (order) => {
    for (const bytes of [4, 8] as const) {
      expect(await read(file(32, 32, order), { lengths: [field(bytes, order, 0)] })).toBeDefined();
      // what the field does not count
      expect(await read(file(16, 16, order), { lengths: [field(bytes, order, 16)] })).toBeDefined();
    }
  });

  it('in the other byte order does not fit', async () => {
    expect(await refused(file(32, 32, 'big'), { lengths: [field(4, 'little', 0)] })).toContain(
      'not whole',
    );
  });

  it.each([31, 33, 16, 0xffff_ffff])('of %s bytes does not fit 32', async (said) => {
    const why = await refused(file(said, said, 'little'), { lengths: [field(4, 'little', 0)] });
    expect(why).toContain(`32 bytes, and says of itself that it has ${said}`);
  });

  it('of more than 2^53 bytes does not fit, either', async () => {
    const data = file(0, 2n ** 64n - 1n, 'little');
    expect(await refused(data, { lengths: [field(8, 'little', 0)] })).toContain('not whole');
  });

  it('is the first of several that is not 0', async () => {
    const lengths: Output['lengths'] = [field(8, 'little', 0), field(4, 'little', 0)];
    expect(await read(file(32, 0, 'little'), { lengths })).toBeDefined();
    expect(await read(file(99, 32, 'little'), { lengths })).toBeDefined();
    expect(await refused(file(32, 99, 'little'), { lengths })).toContain('99');
  });

  it('of 0 in all fields says nothing', async () => {
    const lengths: Output['lengths'] = [field(8, 'little', 0), field(4, 'little', 0)];
    expect(await read(file(0, 0, 'little'), { lengths })).toBeDefined();
  });

  it('that is cut off is refused', async () => {
    const data = file(32, 0, 'little').subarray(0, 7);
    expect(await refused(data, { lengths: [field(4, 'little', 0)] })).toContain('header');
  });

  it('does not make up for a mark that is not there', async () => {
    const output = { signature: [{ at: 0, text: 'EMCA' }], lengths: [field(4, 'little', 0)] };
    expect(await refused(file(32, 0, 'little'), output as Partial<Output>)).toContain('stands');
  });
});

describe('a format without a mark', () => {
  it.each([
    ['onnx', 'models/digits-cnn.onnx'],
    ['tflite', 'models/tflite/digits-cnn-fp32.tflite'],
    ['rknn', 'models/rknn/digits-cnn-rk3588-fp16.rknn'],
  ])('is not that of a file that is %s, as a tool hands its source back', async (format, name) => {
    const why = await refused(readFileSync(fixture(name)), {});
    expect(why).toBe(`it is ${format}`);
  });

  it.each([
    ['bytes that nothing here knows', Buffer.alloc(5000, 0xa5)],
    ['half an ONNX model', readFileSync(fixture('models/digits-cnn.onnx')).subarray(0, 5000)],
  ])('is believed of %s, and called declared', async (_title, data) => {
    for (const signature of [undefined, []])
      expect((await read(data, signature === undefined ? {} : { signature })).info).toMatchObject({
        format: 'acme-model',
        sizeBytes: 5000,
        inputs: [],
        outputs: [],
        facts: { format: 'declared', ...UNKNOWN },
      });
  });

  it('says its byte order where the description does', async () => {
    expect((await read('x', { byteOrder: 'big' })).byteOrder).toBe('big');
    expect(await read('x')).not.toHaveProperty('byteOrder');
  });
});

describe('a format that modelconv reads', () => {
  it('is read whole: its tensors, weights and quantization', async () => {
    const directory = tempDir();
    const file = path.join(directory, 'model.tflite');
    copyFileSync(fixture('models/tflite/digits-cnn-int8.tflite'), file);
    const converted = await readDescribed({ format: 'tflite', files: ['out/{name}.tflite'] }, [
      file,
    ]);
    expect(converted).toMatchObject({
      byteOrder: 'little',
      info: { format: 'tflite', quantized: true, precision: 'int8' },
    });
    expect(converted.info.inputs[0]).toMatchObject({ shape: [1, 8, 8, 1] });
    expect(converted.quantization?.tensors).toBeDefined();
    expect(converted.info.facts['inputs']).toBe('read');
  });

  it('is what the file is, whatever the description says', async () => {
    const converted = await readDescribed({ format: 'tflite', files: ['out/{name}.tflite'] }, [
      fixture('models/digits-cnn.onnx'),
    ]);
    // the runner compares: `runPlan` refuses it
    expect(converted.info.format).toBe('onnx');
  });

  it('is refused when it is damaged', async () => {
    const file = path.join(tempDir(), 'model.tflite');
    writeFileSync(file, 'garbage');
    await expect(
      readDescribed({ format: 'tflite', files: ['out/{name}.tflite'] }, [file]),
    ).rejects.toMatchObject({ code: 'E_MODEL_INVALID' });
  });
});

it('a directory in place of the model is E_INPUT', async () => {
  const directory = path.join(tempDir(), 'model.acm');
  mkdirSync(directory);
  await expect(readDescribed(BARE, [directory])).rejects.toMatchObject({ code: 'E_INPUT' });
});

describe('what the file does not say is declared', () => {
  const JOB: ConversionJob = { ...IMAGE_JOB, precision: 'fp16' };

  it('tensors of the source, and the precision that was asked for', async () => {
    const { info } = withDeclared(await read('x'), JOB);
    expect(info).toMatchObject({
      inputs: JOB.source.info.inputs,
      outputs: JOB.source.info.outputs,
      precision: 'fp16',
      quantized: false,
    });
    expect(info.facts).toEqual({
      format: 'declared',
      inputs: 'declared',
      outputs: 'declared',
      type: 'declared',
      precision: 'declared',
      weights: 'unknown',
      minimumRuntime: 'unknown',
    });
  });

  it.each(['int8', 'int4'] as const)('%s is quantized', async (precision) => {
    const { info } = withDeclared(await read('x'), { ...JOB, precision });
    expect(info).toMatchObject({ precision, quantized: true });
  });

  it('a source that was quantized stays so', async () => {
    const job = { ...quantizedSource(JOB), precision: 'int16' as const };
    expect(withDeclared(await read('x'), job).info.quantized).toBe(true);
  });

  it('and what the file says stays', async () => {
    const facts = {
      inputs: 'read',
      outputs: 'unknown',
      type: 'read',
      precision: 'unknown',
    } as const;
    const { info } = await read('x');
    const own: ConvertedModel = { info: { ...info, quantized: true, facts } };
    const declared = withDeclared(own, JOB).info;
    expect(declared).toMatchObject({ inputs: [], quantized: true, outputs: [{ name: 'logits' }] });
    expect(declared.precision).toBeUndefined();
    expect(declared.facts).toEqual({ ...facts, outputs: 'declared' });
  });

  it('a file that says everything is left alone', async () => {
    const { info } = await read('x');
    const own: ConvertedModel = { info: { ...info, facts: { inputs: 'read', outputs: 'read' } } };
    expect(withDeclared(own, JOB)).toBe(own);
  });
});
