import { describe, expect, it } from 'vitest';
import { type Fault, ModelconvError } from '../../src/errors.js';
import type { DocumentKind } from '../../src/schema/check.js';
import { didYouMean, nearest } from '../../src/schema/nearest.js';
import { parseDocumentOf } from '../../src/schema/parse.js';
import { descriptorOf } from '../support/package.js';

async function faultsOf(kind: DocumentKind, text: string): Promise<readonly Fault[]> {
  const error: unknown = await parseDocumentOf(kind, text, 'a.yaml').then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelconvError)) throw new Error(`no ModelconvError: ${String(error)}`);
  expect(error.message).toContain('a.yaml');
  return error.faults ?? [];
}

async function onlyFault(kind: DocumentKind, text: string): Promise<Fault> {
  const faults = await faultsOf(kind, text);
  expect(faults).toHaveLength(1);
  return faults[0] as Fault;
}

describe('a document with faults', () => {
  it('is refused with all of them, in the order of the text, each with line and column', async () => {
    const text = [
      'name: my device',
      'class: egde',
      'memoryBytes: lots',
      'stack:',
      '  kind: onnxruntime',
      '  version: 1.2',
      'formats: [onnx, ORT]',
      'colour: red',
      '',
    ].join('\n');
    const faults = await faultsOf('device', text);
    expect(faults.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['/name', 1, 7],
      ['/class', 2, 8],
      ['/memoryBytes', 3, 14],
      ['/stack/version', 6, 12],
      ['/formats/1', 7, 17],
      ['', 8, 9],
    ]);
  });

  it.each([
    ['descriptor', 'E_DESCRIPTOR_INVALID'],
    ['device', 'E_DEVICE_INVALID'],
    ['device-inventory', 'E_DEVICE_INVALID'],
    ['conversion-request', 'E_REQUEST_INVALID'],
  ] as const)('of kind %s has the code %s, exit 65', async (kind, code) => {
    const error: unknown = await parseDocumentOf(kind, '[]', 'a.yaml').catch((e: unknown) => e);
    expect(error).toMatchObject({ code, exitCode: 65, faults: [{ path: '', line: 1, column: 1 }] });
  });

  it('that has no text at all is refused', async () => {
    expect((await onlyFault('device', '')).message).toContain('object');
  });
});

describe('a fault says what would be right:', () => {
  it('the key that was meant', async () => {
    const { message } = await onlyFault('device', 'name: a\nmemorybytes: 1\n');
    expect(message).toContain('"memorybytes"');
    expect(message).toContain('Did you mean "memoryBytes"?');
  });

  it('the keys that there are, when none is near', async () => {
    const { message } = await onlyFault('device', 'name: a\nqqqqqqqqqq: 1\n');
    expect(message).not.toContain('Did you mean');
    expect(message).toContain('memoryBytes');
    expect(message).toContain('x-');
  });

  it.each(['1.2', '3', 'true'])('quotes, where %s must be text', async (value) => {
    const text = `name: a\nstack: {kind: b, version: ${value}}\n`;
    const { message } = await onlyFault('device', text);
    expect(message).toContain(`"${value}"`);
    expect(message).toMatch(/quote/);
  });

  it('the word that was meant, and all that there are', async () => {
    const { message } = await onlyFault('device', 'name: a\nclass: clout\n');
    expect(message).toContain('Did you mean "cloud"?');
    for (const word of ['cloud', 'edge', 'terminal']) expect(message).toContain(word);
  });

  it('the name of what is missing', async () => {
    const { message, path } = await onlyFault('device', 'name: a\nstack: {version: "1"}\n');
    expect(message).toContain('"kind"');
    expect(path).toBe('/stack');
  });

  it('the rule of a pattern, in words', async () => {
    const { message } = await onlyFault('device', 'name: "-a"\n');
    expect(message).toContain('"-a"');
    expect(message).toContain('letter or digit');
  });

  it('the value of a constant', async () => {
    const { message } = await onlyFault('device', 'name: a\nprotocol: modelconv/2\n');
    expect(message).toContain('modelconv/1');
    expect(message).toContain('modelconv/2');
  });

  it('the bounds of a number, and where it stands in a list of devices', async () => {
    const text = 'devices:\n  - name: a\n  - name: b\n    connection: {type: ssh, port: 70000}\n';
    const fault = await onlyFault('device-inventory', text);
    expect(fault).toMatchObject({ path: '/devices/1/connection/port', line: 4, column: 35 });
    expect(fault.message).toContain('65535');
  });

  it('and does not repeat a long value', async () => {
    const { message } = await onlyFault('device', `name: "${'x'.repeat(5000)}"\n`);
    expect(message.length).toBeLessThan(500);
  });

  it('in a device within a request, once', async () => {
    const text = 'source: {path: a.onnx}\ndevice: {name: a, class: egde}\noutput: a.tar\n';
    expect((await onlyFault('conversion-request', text)).path).toBe('/device/class');
  });
});

describe('keys that start with x-', () => {
  it('are taken at every level, with any value', async () => {
    const text = [
      'name: a',
      'x-owner: {team: vision, list: [1, null]}',
      'stack: {kind: b, x-note: true}',
      'connection: {type: ssh, x-jump: host}',
      'converter: {adapter: c, x-1: 2}',
      '',
    ].join('\n');
    expect(await parseDocumentOf('device', text, 'a.yaml')).toMatchObject({
      'x-owner': { team: 'vision', list: [1, null] },
    });
  });

  it('are taken in a descriptor, also for a file', async () => {
    const text = descriptorOf({ 'model/a': 'a' }).toString();
    const extended = `x-a: 1\n${text.replace(/^( +)size:/m, '$1x-note: b\n$1size:')}`;
    expect(await parseDocumentOf('descriptor', extended, 'a.yaml')).toMatchObject({
      'x-a': 1,
      files: [{ 'x-note': 'b' }],
    });
  });

  it('are not the same as keys that only hold x-', async () => {
    expect(await faultsOf('device', 'name: a\nX-a: 1\nax-: 1\nx: 1\n')).toHaveLength(3);
  });
});

describe('the nearest word', () => {
  it.each([
    ['onxnruntime', ['onnxruntime', 'openvino'], 'onnxruntime'],
    ['LOCAL', ['local'], 'local'],
    ['ab', ['ba'], 'ba'],
    ['a', ['b'], 'b'],
    ['local', ['cloud'], undefined],
    ['x', [], undefined],
    ['', ['a'], 'a'],
    ['abc', ['xyz'], undefined],
  ])('of %j among %j is %j', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  it('is put as a question, or not at all', () => {
    expect(didYouMean('clout', ['cloud'])).toBe(' Did you mean "cloud"?');
    expect(didYouMean('clout', ['edge'])).toBe('');
  });
});
