import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDescription } from '../../../src/adapters/described/read.js';
import { type Fault, ModelconvError } from '../../../src/errors.js';
import type { AdapterDescription } from '../../../src/schema/generated/types.js';
import { expectValid } from '../../cli/schemas.js';
import { ACME, type Edits, edited, writeDescription } from './documents.js';

const CATALOGUE = fileURLToPath(
  new URL('../../../src/adapters/described/catalogue/', import.meta.url),
);

/** Every part that a description can have. */
const FULL: AdapterDescription = {
  ...ACME,
  vendor: 'Acme',
  license: 'proprietary',
  description: 'ONNX to Acme models.',
  references: ['https://acme.example/docs'],
  tried: ['4.1 on linux-x64'],
  find: {
    variable: 'ACME_HOME',
    programs: [
      { name: 'acmec', file: 'acmec' },
      { name: 'quantizer', file: 'acme-quant' },
    ],
    directories: ['.', 'tools/bin'],
    version: { args: ['--version'], patterns: ['acmec (\\d+\\.\\d+)', 'v(\\d)(\\d\\d)'] },
    install: 'install the Acme SDK',
    passEnvironment: ['ACME_LICENSE', '_x1'],
  },
  hosts: ['linux-x64'],
  sources: ['onnx', 'tflite'],
  output: {
    format: 'acme-model',
    files: ['out/{name}.acm', 'out/{name}.weights'],
    alternatives: { 'out/{name}.acm': ['out/{name}_x86.acm', 'out/model.acm'] },
    signature: [
      { at: 0, text: 'ACME' },
      { at: -2, hex: '0dff' },
    ],
    lengths: [{ at: 4, bytes: 8, byteOrder: 'big', plus: 12 }],
    byteOrder: 'little',
  },
  precisions: { to: ['fp32', 'int8'], keep: ['fp16'], calibrated: ['int8'] },
  devices: { stacks: ['acme'], targets: { a100: 'ACME_A100' } },
  sizes: 'fixed',
  options: {
    mode: { values: ['fast', 'small'], description: 'What counts.' },
    level: { pattern: '[0-9]', default: '3' },
  },
  calibration: { form: 'raw-list', layout: 'nhwc', entry: '{input.name}={file}', separator: ';' },
  refuse: [{ if: { options: { mode: ['small'] } }, why: 'it cannot', next: 'use another mode' }],
  steps: [
    {
      label: 'convert',
      if: { options: { mode: ['fast'] }, toolFrom: '4' },
      program: 'acmec',
      args: [
        '{source}',
        { if: { options: { level: ['3'] } }, args: ['--level={option.level}'] },
        { each: 'input', args: ['{input.name}', '{input.sizes}'] },
        { each: 'output', args: ['{output.name}'] },
        { join: ';', item: '{input.name}:{input.sizes}', text: '--shapes={items}' },
        '{calibration}',
        '{target}',
      ],
      env: { ACME_TARGET: '{target}' },
      successPattern: '^done',
    },
  ],
  run: { program: 'quantizer', args: ['--spec', '{spec}'], formats: ['acme-model'] },
  failures: [
    { pattern: 'E(\\d+)', code: 'E_TOOL_FAILED', what: 'TOOL: $1', next: 'x', step: 'convert' },
  ],
  fit: { parts: 2, relation: 'not-newer', rule: 'no newer', source: 'https://acme.example' },
};

async function faultsOf(document: object): Promise<readonly Fault[]> {
  const error = await refusalOf(writeDescription(document));
  return error.faults ?? [];
}

async function refusalOf(file: string): Promise<ModelconvError> {
  const error = await readDescription(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error('it was read');
  if (!(error instanceof ModelconvError)) throw error;
  expect(error.code).toBe('E_ADAPTER_INVALID');
  return error;
}

interface Vector {
  readonly title: string;
  readonly edits: Edits;
  /** JSON pointer of the only fault, or of each. */
  readonly at: string | readonly string[];
  /** What the message has to name. */
  readonly names?: string;
}

/** One bad vector for each rule; FULL is the good one. */
function describeBad(title: string, vectors: readonly Vector[]): void {
  describe(title, () => {
    for (const { title: rule, edits, at, names = '' } of vectors)
      it(rule, async () => {
        const faults = await faultsOf(edited(FULL, edits));
        expect(faults.map(({ path }) => path)).toEqual([at].flat());
        for (const { message, line, column } of faults) {
          expect(message).toContain(names);
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
      });
  });
}

/** Variants that are right, too. */
const GOOD: readonly { readonly title: string; readonly edits: Edits }[] = [
  { title: 'with every part', edits: {} },
  {
    title: 'whose version stands in a file',
    edits: { '/find/version': { file: '../VERSION', patterns: ['(.+)'] } },
  },
  {
    title: 'whose version stands in one of several files',
    edits: { '/find/version': { files: ['a', '../b'], patterns: ['(.+)'] } },
  },
  {
    title: 'whose version is that of a Python distribution',
    edits: { '/find/version': { distribution: 'acme-sdk' } },
  },
  {
    title: 'whose program prints its version without being asked',
    edits: { '/find/version': { args: [], patterns: ['(.+)'] } },
  },
  {
    title: 'that only keeps precisions',
    edits: {
      '/precisions': { to: [], keep: ['int8'] },
      '/calibration': undefined,
      '/steps/0/args/5': 'x',
    },
  },
  { title: 'with one array of calibration data', edits: { '/calibration': { form: 'npy' } } },
  { title: 'with calibration data as .npy files', edits: { '/calibration/form': 'npy-list' } },
  { title: 'with braces in a word', edits: { '/steps/0/args/0': '{{"source": "{source}"}}' } },
  { title: 'with an empty word', edits: { '/steps/0/args/0': '' } },
  {
    title: 'with a pattern option that has no default',
    edits: { '/options/level': { pattern: '\\d' } },
  },
  {
    title: 'with any number of calibration samples in a word',
    edits: { '/steps/0/args/0': '{calibration.count}' },
  },
  {
    title: 'for any chip',
    edits: { '/devices/targets': undefined, '/steps/0/args/6': '{soc}', '/steps/0/env': undefined },
  },
  {
    title: 'with extensions',
    edits: { '/x-team': { a: 1 }, '/steps/0/x-note': 'y', '/find/x-z': [] },
  },
  { title: 'whose determinism is unknown', edits: { '/deterministic': 'unknown' } },
  { title: 'that refuses nothing', edits: { '/refuse': [] } },
  { title: 'that runs the first program', edits: { '/run/program': undefined } },
  { title: 'without marks of its files', edits: { '/output/signature': [] } },
];

describe('a description is read', () => {
  for (const { title, edits } of GOOD)
    it(title, async () => {
      const document = edited(FULL, edits);
      expect(await readDescription(writeDescription(document))).toEqual(document);
      expectValid('adapter', document);
    });

  it('with nothing but what the format asks for', async () => {
    expect(await readDescription(writeDescription(ACME))).toEqual(ACME);
  });

  it('with the ending .yml', async () => {
    const file = writeDescription(ACME, { name: 'acme.yml' });
    expect(await readDescription(file)).toEqual(ACME);
  });
});

describe('the catalogue', () => {
  const files = readdirSync(CATALOGUE);

  it('has the adapters that the documentation names', () => {
    expect(files.sort()).toEqual(
      ['ascend-atc', 'hailo', 'qairt', 'snpe', 'tensorrt'].map((id) => `${id}.yaml`),
    );
  });

  it.each(files)('%s is valid, and says where its facts come from', async (name) => {
    const description = await readDescription(`${CATALOGUE}${name}`);
    expectValid('adapter', description);
    expect(description.references?.length).toBeGreaterThan(0);
    expect(description.license).not.toBe('');
  });
});

describeBad('of where the version stands', [
  {
    title: 'two places are one too many',
    edits: { '/find/version/file': 'VERSION' },
    at: '/find/version',
  },
  {
    title: 'a file beside files is one too many',
    edits: { '/find/version': { file: 'a', files: ['b'], patterns: ['(.)'] } },
    at: '/find/version',
  },
  {
    title: 'one place has to be named',
    edits: { '/find/version': { patterns: ['(.)'] } },
    at: '/find/version',
  },
  {
    title: 'patterns have to be there',
    edits: { '/find/version': { args: ['-v'] } },
    at: '/find/version',
    names: 'patterns',
  },
  {
    title: 'patterns have no use beside a distribution',
    edits: { '/find/version': { distribution: 'acme', patterns: ['(.)'] } },
    at: '/find/version/patterns',
  },
  {
    title: 'a pattern needs a group',
    edits: { '/find/version/patterns/1': 'v\\d' },
    at: '/find/version/patterns/1',
  },
  {
    title: 'a group that is not kept is none',
    edits: { '/find/version/patterns/0': 'v(?:\\d)' },
    at: '/find/version/patterns/0',
  },
  {
    title: 'a pattern has to be a regular expression',
    edits: { '/find/version/patterns/0': '(\\d' },
    at: '/find/version/patterns/0',
    names: 'no regular expression',
  },
]);

describeBad('of programs', [
  {
    title: 'a step names one that is there',
    edits: { '/steps/0/program': 'quantiser' },
    at: '/steps/0/program',
    names: 'Did you mean "quantizer"?',
  },
  {
    title: 'the runtime names one that is there',
    edits: { '/run/program': 'acmed' },
    at: '/run/program',
    names: 'Did you mean "acmec"?',
  },
  {
    title: 'no two have one name',
    edits: { '/find/programs/1/name': 'acmec', '/run/program': undefined },
    at: '/find/programs/1/name',
  },
  {
    title: 'none has the name of the program that exports calibration data',
    edits: { '/find/programs/1/name': 'modelconv-calibration', '/run/program': undefined },
    at: '/find/programs/1/name',
  },
]);

describeBad('of regular expressions', [
  {
    title: 'that of success is one',
    edits: { '/steps/0/successPattern': '*' },
    at: '/steps/0/successPattern',
  },
  {
    title: 'that of a failure is one',
    edits: { '/failures/0/pattern': '[' },
    at: '/failures/0/pattern',
  },
  {
    title: 'that of an option is one',
    edits: { '/options/level/pattern': '(' },
    at: '/options/level/pattern',
  },
  {
    title: 'a brace that only closes is refused, too',
    edits: { '/failures/0/pattern': 'a{2,1}' },
    at: '/failures/0/pattern',
  },
]);

describeBad('of labels', [
  {
    title: 'a failure names a step that is there',
    edits: { '/failures/0/step': 'convrt' },
    at: '/failures/0/step',
    names: 'Did you mean "convert"?',
  },
]);

describeBad('of options', [
  {
    title: 'values and a pattern exclude each other',
    edits: { '/options/mode/pattern': '.' },
    at: '/options/mode',
  },
  {
    title: 'values or a pattern have to be there',
    edits: { '/options/mode': {} },
    at: '/options/mode',
  },
  {
    title: 'a default has no use beside values',
    edits: { '/options/mode/default': 'small' },
    at: '/options/mode/default',
  },
  {
    title: 'a refusal names one that is there',
    edits: { '/refuse/0/if/options': { mod: ['x'] } },
    at: '/refuse/0/if/options/mod',
    names: 'Did you mean "mode"?',
  },
  {
    title: 'a step names one that is there',
    edits: { '/steps/0/if/options': { modes: ['x'] } },
    at: '/steps/0/if/options/modes',
    names: 'Did you mean "mode"?',
  },
  {
    title: 'a word names one that is there',
    edits: { '/steps/0/args/1/if/options': { levl: ['x'] } },
    at: '/steps/0/args/1/if/options/levl',
    names: 'Did you mean "level"?',
  },
]);

describeBad('of precisions', [
  {
    title: 'one has to be made or kept',
    edits: { '/precisions': { to: [] }, '/calibration': undefined, '/steps/0/args/5': 'x' },
    at: '/precisions',
  },
  {
    title: 'what is calibrated is made',
    edits: { '/precisions/calibrated': ['int8', 'int4'] },
    at: '/precisions/calibrated/1',
    names: 'int4',
  },
  {
    title: 'what is calibrated needs to be told how',
    edits: { '/calibration': undefined, '/steps/0/args/5': 'x' },
    at: '/precisions/calibrated',
  },
]);

describeBad('of calibration', [
  {
    title: 'none is described where nothing is calibrated',
    edits: { '/precisions/calibrated': undefined },
    at: '/calibration',
  },
  {
    title: 'one array has no entries',
    edits: { '/calibration/form': 'npy' },
    at: '/calibration/entry',
  },
  {
    title: 'an entry names a file and an input, and nothing else',
    edits: { '/calibration/entry': '{input.name}={source}' },
    at: '/calibration/entry',
    names: '{source}',
  },
  {
    title: 'an entry is a template',
    edits: { '/calibration/entry': '{file' },
    at: '/calibration/entry',
  },
]);

describeBad('of words', [
  {
    title: 'a name stands for something',
    edits: { '/steps/0/args/0': '{sorce}' },
    at: '/steps/0/args/0',
    names: 'Did you mean "source"?',
  },
  {
    title: 'a brace does not stand alone',
    edits: { '/steps/0/args/0': 'a}' },
    at: '/steps/0/args/0',
  },
  {
    title: 'an option that is filled in is there',
    edits: { '/steps/0/args/0': '{option.leve}' },
    at: '/steps/0/args/0',
    names: 'Did you mean "option.level"?',
  },
  {
    title: 'an input is named only where it is repeated for each',
    edits: { '/steps/0/args/0': '{input.name}' },
    at: '/steps/0/args/0',
  },
  {
    title: 'an input is not named where outputs are repeated',
    edits: { '/steps/0/args/3/args/0': '{input.name}' },
    at: '/steps/0/args/3/args/0',
    names: 'Did you mean "output.name"?',
  },
  {
    title: 'an input is not named under a condition alone',
    edits: { '/steps/0/args/1/args/0': '{input.sizes}' },
    at: '/steps/0/args/1/args/0',
  },
  {
    title: 'a target is filled in only where there are targets',
    edits: { '/devices/targets': undefined, '/steps/0/env': undefined },
    at: '/steps/0/args/6',
  },
  {
    title: 'calibration data is named only where it is described',
    edits: { '/calibration': undefined, '/precisions/calibrated': undefined },
    at: '/steps/0/args/5',
  },
  {
    title: 'words are args or joined',
    edits: { '/steps/0/args/1': { each: 'input' } },
    at: '/steps/0/args/1',
  },
  {
    title: 'an item has no use where nothing is joined',
    edits: { '/steps/0/args/1': { args: ['x'], item: 'y' } },
    at: '/steps/0/args/1',
  },
  {
    title: 'a text has no use where nothing is joined',
    edits: { '/steps/0/args/1': { args: ['x'], text: 'y' } },
    at: '/steps/0/args/1',
  },
  {
    title: 'args have no use where items are joined',
    edits: { '/steps/0/args/4/args': ['x'] },
    at: '/steps/0/args/4/args',
  },
  {
    title: 'what is joined has to be said',
    edits: { '/steps/0/args/4/item': undefined },
    at: '/steps/0/args/4',
  },
  {
    title: 'items are named in the text alone',
    edits: { '/steps/0/args/4/item': '{items}' },
    at: '/steps/0/args/4/item',
  },
  {
    title: 'inputs are named in the item alone',
    edits: { '/steps/0/args/4/text': '{input.name}{items}' },
    at: '/steps/0/args/4/text',
  },
  {
    title: 'a variable of a step is a template',
    edits: { '/steps/0/env/ACME_TARGET': '{taget}' },
    at: '/steps/0/env/ACME_TARGET',
    names: 'Did you mean "target"?',
  },
  {
    title: 'the runtime is told of the spec alone',
    edits: { '/run/args/1': '{source}' },
    at: '/run/args/1',
  },
]);

describeBad('of outputs', [
  {
    title: 'a file names the model alone',
    edits: { '/output/files/1': 'out/{precision}.w' },
    at: '/output/files/1',
  },
  {
    title: 'an alternative is one of a file that is there',
    edits: { '/output/alternatives': { 'out/other': ['out/x'] } },
    at: '/output/alternatives/out~1other',
  },
  {
    title: 'an alternative names the model alone',
    edits: { '/output/alternatives/out~1{name}.acm/1': 'out/{target}' },
    at: '/output/alternatives/out~1{name}.acm/1',
  },
  {
    title: 'a mark has bytes',
    edits: { '/output/signature/0': { at: 0 } },
    at: '/output/signature/0',
  },
  {
    title: 'a mark has its bytes once',
    edits: { '/output/signature/1/text': 'x' },
    at: '/output/signature/1',
  },
]);

describeBad('the schema: what has to be there', [
  ...Object.keys(ACME).map((key) => ({
    title: key,
    edits: { [`/${key}`]: undefined },
    at: '',
    names: `"${key}" is missing`,
  })),
  { title: 'programs', edits: { '/find/programs': undefined }, at: '/find', names: 'programs' },
  { title: 'one program', edits: { '/find/programs': [] }, at: '/find/programs' },
  {
    title: 'the file of a program',
    edits: { '/find/programs/0/file': undefined },
    at: '/find/programs/0',
  },
  { title: 'how to install', edits: { '/find/install': undefined }, at: '/find' },
  { title: 'one source', edits: { '/sources': [] }, at: '/sources' },
  { title: 'one output', edits: { '/output/files': [] }, at: '/output/files' },
  { title: 'one stack', edits: { '/devices/stacks': [] }, at: '/devices/stacks' },
  { title: 'one step', edits: { '/steps': [] }, at: '/steps' },
  {
    title: 'one value of a condition',
    edits: { '/steps/0/if': { precision: [] } },
    at: '/steps/0/if/precision',
  },
  {
    title: 'what to do after a failure',
    edits: { '/failures/0/next': undefined },
    at: '/failures/0',
  },
  { title: 'why something is refused', edits: { '/refuse/0/why': undefined }, at: '/refuse/0' },
  { title: 'where a rule of versions stands', edits: { '/fit/source': undefined }, at: '/fit' },
  { title: 'the formats of a runtime', edits: { '/run/formats': undefined }, at: '/run' },
  {
    title: 'where a mark is',
    edits: { '/output/signature/0/at': undefined },
    at: '/output/signature/0',
  },
]);

describeBad('the schema: what something has to be', [
  { title: 'the protocol', edits: { '/protocol': 'modelconv/2' }, at: '/protocol' },
  { title: 'the kind', edits: { '/kind': 'TargetModel' }, at: '/kind' },
  { title: 'an id without a blank', edits: { '/id': 'a b' }, at: '/id' },
  { title: 'an id that does not lead elsewhere', edits: { '/id': '../acme' }, at: '/id' },
  {
    title: 'a program and not a path',
    edits: { '/find/programs/0/file': 'bin/acmec' },
    at: '/find/programs/0/file',
  },
  {
    title: 'a program that is no flag',
    edits: { '/find/programs/0/file': '-c' },
    at: '/find/programs/0/file',
  },
  { title: 'a variable', edits: { '/find/variable': 'ACME-HOME' }, at: '/find/variable' },
  {
    title: 'a variable that is passed on',
    edits: { '/find/passEnvironment/0': 'A=1' },
    at: '/find/passEnvironment/0',
  },
  {
    title: 'a relative directory',
    edits: { '/find/directories/0': '/opt' },
    at: '/find/directories/0',
  },
  {
    title: 'a directory with slashes',
    edits: { '/find/directories/0': 'a\\b' },
    at: '/find/directories/0',
  },
  { title: 'a host', edits: { '/hosts/0': 'linux' }, at: '/hosts/0' },
  {
    title: 'an output in out/',
    edits: { '/output/files/0': '{name}.acm', '/output/alternatives': undefined },
    at: '/output/files/0',
  },
  {
    title: 'an output in out/ itself',
    edits: { '/output/files/1': 'out/a/b' },
    at: '/output/files/1',
  },
  {
    title: 'an alternative in out/',
    edits: { '/output/alternatives/out~1{name}.acm/0': 'x' },
    at: '/output/alternatives/out~1{name}.acm/0',
  },
  {
    title: 'whole bytes',
    edits: { '/output/signature/1/hex': '0df' },
    at: '/output/signature/1/hex',
  },
  {
    title: 'hexadecimal digits in lower case',
    edits: { '/output/signature/1/hex': '0DFF' },
    at: '/output/signature/1/hex',
  },
  {
    title: 'an offset that is a whole number',
    edits: { '/output/signature/0/at': 0.5 },
    at: '/output/signature/0/at',
  },
  {
    title: 'a length of 4 or 8 bytes',
    edits: { '/output/lengths/0/bytes': 2 },
    at: '/output/lengths/0/bytes',
  },
  {
    title: 'a length from the beginning of the file',
    edits: { '/output/lengths/0/at': -8 },
    at: '/output/lengths/0/at',
  },
  { title: 'a byte order', edits: { '/output/byteOrder': 'middle' }, at: '/output/byteOrder' },
  { title: 'a precision', edits: { '/precisions/to/0': 'float32' }, at: '/precisions/to/0' },
  {
    title: 'a form of calibration data',
    edits: { '/calibration/form': 'npz' },
    at: '/calibration/form',
  },
  { title: 'a layout', edits: { '/calibration/layout': 'nchw' }, at: '/calibration/layout' },
  {
    title: 'a separator with a sign',
    edits: { '/calibration/separator': '' },
    at: '/calibration/separator',
  },
  { title: 'sizes that are open or fixed', edits: { '/sizes': 'dynamic' }, at: '/sizes' },
  {
    title: 'values that are text',
    edits: { '/options/mode/values': [1, 'x'] },
    at: '/options/mode/values/0',
    names: 'quotes',
  },
  {
    title: 'a condition on text',
    edits: { '/steps/0/if/options/mode': [true] },
    at: '/steps/0/if/options/mode/0',
  },
  {
    title: 'a version as text',
    edits: { '/steps/0/if/toolFrom': 4 },
    at: '/steps/0/if/toolFrom',
    names: 'quotes',
  },
  {
    title: 'a yes or no',
    edits: { '/steps/0/if': { calibrated: 'yes' } },
    at: '/steps/0/if/calibrated',
  },
  {
    title: 'a label in lower case',
    edits: { '/steps/0/label': 'Convert', '/failures/0/step': undefined },
    at: '/steps/0/label',
  },
  {
    title: 'each of what there is',
    edits: { '/steps/0/args/2/each': 'tensor' },
    at: '/steps/0/args/2/each',
  },
  {
    title: 'a word that is text',
    edits: { '/steps/0/args/0': 8 },
    at: '/steps/0/args/0',
    names: 'quotes',
  },
  {
    title: 'a code that a failure can have',
    edits: { '/failures/0/code': 'E_INTERNAL' },
    at: '/failures/0/code',
  },
  { title: 'a relation of versions', edits: { '/fit/relation': 'older' }, at: '/fit/relation' },
  { title: 'a number of parts', edits: { '/fit/parts': 4 }, at: '/fit/parts' },
  { title: 'a determinism', edits: { '/deterministic': 'maybe' }, at: '/deterministic' },
]);

describeBad('the schema: a key that it does not have', [
  { title: 'at the top', edits: { '/vendr': 'x' }, at: '', names: 'Did you mean "vendor"?' },
  {
    title: 'of find',
    edits: { '/find/programms': [] },
    at: '/find',
    names: 'Did you mean "programs"?',
  },
  {
    title: 'of the version',
    edits: { '/find/version/pattern': 'x' },
    at: '/find/version',
    names: 'Did you mean "patterns"?',
  },
  {
    title: 'of the output',
    edits: { '/output/file': [] },
    at: '/output',
    names: 'Did you mean "files"?',
  },
  {
    title: 'of a step',
    edits: { '/steps/0/arg': [] },
    at: '/steps/0',
    names: 'unknown key "arg"',
  },
  {
    title: 'of a condition',
    edits: { '/steps/0/if/precison': ['fp32'] },
    at: '/steps/0/if',
    names: 'unknown key "precison"',
  },
  {
    title: 'of words',
    edits: { '/steps/0/args/2/eech': 'input' },
    at: '/steps/0/args/2',
    names: 'unknown key "eech"',
  },
  {
    title: 'of a failure',
    edits: { '/failures/0/wat': 'x' },
    at: '/failures/0',
    names: 'Did you mean "what"?',
  },
]);

describe('the place of a fault', () => {
  it('is the line and the column of the value', async () => {
    const text = 'tried: []\nfind: {programs: []}\nsteps:\n  - label: Loud\n';
    const file = writeDescription({}, { name: 'acme.yaml' });
    writeFileSync(file, text);
    const { faults = [] } = await refusalOf(file);
    expect(faults.find(({ path }) => path === '/find/programs')).toMatchObject({
      line: 2,
      column: 18,
    });
    expect(faults.find(({ path }) => path === '/steps/0/label')).toMatchObject({
      line: 4,
      column: 12,
    });
  });

  it('of a key that holds a slash is that key', async () => {
    const text = JSON.stringify(
      edited(FULL, { '/output/alternatives': undefined }),
      null,
      2,
    ).replace('"files":', '"alternatives": {\n"out/a/b": ["out/x"]},\n"files":');
    const file = writeDescription({}, { name: 'acme.yaml' });
    writeFileSync(file, text);
    const { faults = [] } = await refusalOf(file);
    expect(faults).toMatchObject([{ path: '/output/alternatives/out~1a~1b' }]);
    const line = text.split('\n').findIndex((row) => row.startsWith('"out/a/b"')) + 1;
    expect(faults[0]?.line).toBe(line);
  });

  it('all faults are told at once, in the order of the text', async () => {
    const faults = await faultsOf(
      edited(FULL, {
        '/options/mode/pattern': '.',
        '/find/version/patterns/0': 'x',
        '/failures/0/step': 'y',
      }),
    );
    expect(faults.map(({ path }) => path)).toEqual([
      '/find/version/patterns/0',
      '/failures/0/step',
      '/options/mode',
    ]);
  });
});

describe('a file is refused', () => {
  it('that is not named after the adapter', async () => {
    const error = await refusalOf(writeDescription(ACME, { name: 'other.yaml' }));
    expect(error).toMatchObject({
      message: expect.stringContaining('other.yaml'),
      next: expect.stringContaining('acme.yaml'),
    });
  });

  const TEXTS = [
    { title: 'with an alias', text: 'a: &x [1]\nb: *x\n', names: 'aliases' },
    { title: 'with a key twice', text: 'id: a\nid: b\n', line: 2 },
    { title: 'with a tag of its own', text: 'id: !!js/function "x"\n', line: 1 },
    { title: 'that is no YAML', text: 'id: [\n', line: 2 },
    { title: 'with two documents', text: 'id: a\n---\nid: b\n', line: 2 },
    { title: 'that is empty', text: '' },
    { title: 'that is a list', text: '- id: a\n' },
    { title: 'that is larger than any description', text: `# ${'x'.repeat(256 * 1024)}\n` },
  ];
  for (const { title, text, names = '', line } of TEXTS)
    it(title, async () => {
      const file = writeDescription({}, { name: 'acme.yaml' });
      writeFileSync(file, text);
      const error = await refusalOf(file);
      expect(error.message).toContain(file);
      expect(error.message).toContain(names);
      if (line !== undefined) expect(error.faults?.[0]).toMatchObject({ line });
    });

  it('that is not there: E_INPUT', async () => {
    await expect(readDescription('/not/there.yaml')).rejects.toMatchObject({ code: 'E_INPUT' });
  });
});
