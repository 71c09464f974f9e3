import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyPackage } from '../../../dist/package/verify.js';
import type { BenchResult, ConvertResult } from '../../../src/schema/generated/types.js';
import {
  expectRefusal,
  jsonResult,
  type RunResult,
  run,
  type Sandbox,
  sandbox,
} from '../../cli/run-main.js';
import { expectValid } from '../../cli/schemas.js';
import { fixture } from '../../support/files.js';
import { digitsArchive } from '../../support/labelled.js';
import { ACME, type Edits, edited, writeDescription, writeProgram } from './documents.js';

const MODEL = fixture('models/digits-cnn-static.onnx');
const ONNXRUNTIME = createRequire(import.meta.url).resolve('onnxruntime-node');

// The runtime of a vendor: it runs files that have a mark before the bytes of an ONNX model, as docs/adapters.md
// says. It knows nothing of modelconv but that.
const RUNTIME = `
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const ort = createRequire(import.meta.url)(${JSON.stringify(ONNXRUNTIME)});
const fault = process.env.ACME_FAULT;

async function runModel(spec, { path, resultDir }) {
  if (spec.timing && fault !== 'times-nothing') {
    const durationsNs = Array(spec.timing.runs).fill(spec.timing.threads * 1e6);
    return writeFileSync(resultDir + '/results.json', JSON.stringify({ outputs: [], timing: { durationsNs } }));
  }
  const session = await ort.InferenceSession.create(readFileSync(path).subarray(4));
  const outputs = session.outputNames.map((name, at) => ({ name, dtype: 'float32', file: resultDir + '/' + at + '.bin', shapes: [], data: [] }));
  for (let sample = 0; sample < spec.count; sample++) {
    const feeds = {};
    for (const { name, shape, file } of spec.inputs) {
      const elements = shape.reduce((product, size) => product * size, 1);
      const data = new Float32Array(elements);
      Buffer.from(data.buffer).set(readFileSync(file).subarray(sample * elements * 4, (sample + 1) * elements * 4));
      feeds[name] = new ort.Tensor('float32', data, shape);
    }
    const results = await session.run(feeds);
    for (const output of outputs) {
      const { data, dims } = results[output.name];
      if (fault === 'perturbs') data[0] += 10;
      output.shapes.push(dims);
      output.data.push(Buffer.from(data.slice().buffer));
    }
  }
  for (const { file, data } of outputs) writeFileSync(file, Buffer.concat(data));
  writeFileSync(resultDir + '/results.json', JSON.stringify({ outputs: outputs.map(({ data, ...output }) => output) }));
}

if (fault === 'refuses') { console.error('ACME-17: layer 3 is upside down'); process.exit(1); }
const spec = JSON.parse(readFileSync(process.argv[3], 'utf8'));
if (fault !== 'runs-nothing') for (const model of spec.models) await runModel(spec, model);
`;

/** The converter: it puts the mark there. */
const converter = (runtime: string): string => `
case "$1" in
  --version) echo 'acmec 4.1' ;;
  convert)
    mark=ACME
    [ "$ACME_FAULT" = unsigned ] && mark=EMCA
    { printf "$mark"; cat "$2"; } > "$3" ;;
  run) shift; ${runtime} ;;
esac`;

const RUNNING: Edits = {
  '/find/passEnvironment': ['ACME_FAULT'],
  '/steps/0/args': ['convert', '{source}', 'out/{name}.acm'],
  '/run': { args: ['run', '--spec', '{spec}'], formats: ['acme-model'] },
  '/tried': ['4.1 on linux-x64'],
  '/output/byteOrder': 'little',
  '/failures': [
    {
      pattern: 'ACME-(\\d+): ([^\\n]*)',
      code: 'E_NOT_CONVERTIBLE',
      what: 'TOOL refuses: $2',
      next: 'look up $1',
    },
  ],
};

let box: Sandbox;
let output = '';
let descriptions = '';

beforeEach(() => {
  box = sandbox();
  output = path.join(box.out, 'a.tar');
  descriptions = path.join(box.dir, 'adapters');
  const script = path.join(box.dir, 'acme.mjs');
  writeFileSync(script, RUNTIME);
  const start = `exec '${process.execPath}' '${script}' "$@"`;
  const bin = path.join(box.dir, 'bin');
  writeProgram(bin, 'acmec', converter(start));
  writeProgram(bin, 'acme-run', `[ "$1" = only-runs ] && shift && ${start}; exit 9`);
  writeFileSync(
    path.join(box.dir, 'board.yaml'),
    'name: board\nclass: edge\nstack: {kind: acme}\nformats: [acme-model]\n',
  );
  vi.stubEnv('MODELCONV_ADAPTERS', descriptions);
  vi.stubEnv('MODELCONV_ACME', bin);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(box.dir, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function convert(edits: Edits = {}, ...flags: readonly string[]): Promise<RunResult> {
  return await convertFrom(MODEL, edits, ...flags);
}

async function convertFrom(
  model: string,
  edits: Edits = {},
  ...flags: readonly string[]
): Promise<RunResult> {
  writeDescription(edited(ACME, { ...RUNNING, ...edits }), { directory: descriptions });
  const device = ['-d', 'board', '--devices', path.join(box.dir, 'board.yaml')];
  return await run(['convert', model, ...device, '-o', output, ...flags]);
}

/** Of a model in the ORT format, which is made first; nothing here runs what comes of it. */
const SECOND: Edits = { '/sources': ['ort'], '/run': undefined };

describe('a model of a chain whose last converter has no runtime', () => {
  it('is scored, as it is compared, by what it was made from', async () => {
    const flags = ['--eval', digitsArchive(box.dir), '--max-drop', '0%'];
    const result = await convert(SECOND, ...flags);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain(
      'cannot be run here: parity and accuracy are that of the onnxruntime model',
    );
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification).toMatchObject({ passed: true, stage: 'onnxruntime' });
    expect(verification?.accuracy).toMatchObject({ data: { samples: 360 }, passed: true });
  });

  it('leaves a report where what it was made from fails', async () => {
    vi.stubEnv('MODELCONV_ONNXRUNTIME', fixture('tools/onnxruntime/wrong-numbers'));
    expectRefusal(await convert(SECOND), {
      exit: 2,
      code: 'E_PARITY',
      names: [`report: ${output}.parity.html`],
    });
    const report = JSON.parse(readFileSync(`${output}.parity.json`, 'utf8'));
    expect(report).toMatchObject({ b: { path: output, runtime: { name: 'onnxruntime' } } });
    box.expectOnly();
  });

  it('without a chain cannot be scored at all, and is refused before any work', async () => {
    const result = await convert({ '/run': undefined }, '--eval', digitsArchive(box.dir));
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE', names: ['board', '--eval'] });
    box.expectOnly();
  });
});

describe('a model of a described converter with a runtime', () => {
  it('is run, and computes what its source computes', async () => {
    expect(await convert()).toMatchObject({ code: 0 });
    const { descriptor } = await verifyPackage(output);
    expect(descriptor.verification).toMatchObject({
      passed: true,
      ranOn: 'runtime',
      reference: { runtime: 'onnxruntime' },
      metrics: { logits: { maxAbs: 0, cosine: 1 } },
    });
    box.expectOnly('a.tar');
  });

  it('has a descriptor that says which of its facts are read and which are declared', async () => {
    await convert();
    const { model, software, conversion } = (await verifyPackage(output)).descriptor;
    expect(model).toMatchObject({
      format: 'acme-model',
      type: 'float',
      precision: 'fp32',
      inputs: [{ name: 'image', sourceName: 'image', shape: [1, 1, 8, 8], dtype: 'float32' }],
      outputs: [{ name: 'logits', shape: [1, 10], dtype: 'float32' }],
      facts: {
        format: 'read',
        inputs: 'declared',
        outputs: 'declared',
        type: 'declared',
        precision: 'declared',
        weights: 'unknown',
        minimumRuntime: 'unknown',
      },
    });
    expect(software.stack).toEqual({ kind: 'acme', convertedWith: '4.1', testedWith: ['4.1'] });
    expect(conversion).toMatchObject({
      deterministic: true,
      precision: 'fp32',
      converter: {
        adapter: 'acme',
        tool: 'Acme Compiler',
        version: '4.1',
        steps: [['acmec', 'convert', 'source/digits-cnn-static.onnx', 'out/digits-cnn-static.acm']],
      },
    });
  });

  it('is the same package every time', async () => {
    const sha = async () => {
      await convert({}, '--force');
      return (await verifyPackage(output)).descriptor.files.map(({ sha256 }) => sha256);
    };
    expect(await sha()).toEqual(await sha());
  });

  it('is run by another program of the tool where the description says so', async () => {
    const programs = [
      { name: 'acmec', file: 'acmec' },
      { name: 'runner', file: 'acme-run' },
    ];
    const args = ['only-runs', '--spec', '{spec}'];
    const edits = {
      '/find/programs': programs,
      '/run': { program: 'runner', args, formats: ['acme-model'] },
    };
    expect(await convert(edits)).toMatchObject({ code: 0 });
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification?.passed).toBe(true);
  });

  it('is given samples of one shape, also where the source leaves a size open', async () => {
    const open = fixture('models/digits-cnn.onnx');
    expect(await convertFrom(open)).toMatchObject({ code: 0 });
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification).toMatchObject({ passed: true, samples: 8 });
    expect(verification?.shapes).toBeUndefined();
  });

  it('is scored on labelled data', async () => {
    const flags = ['--eval', digitsArchive(box.dir), '--max-drop', '0%'];
    expect(await convert({}, ...flags)).toMatchObject({ code: 0 });
    const { accuracy } = (await verifyPackage(output)).descriptor.verification ?? {};
    expect(accuracy?.data.samples).toBe(360);
    expect(accuracy?.after).toEqual(accuracy?.before);
  });

  it('that computes something else is exit 2, and nothing is written', async () => {
    vi.stubEnv('ACME_FAULT', 'perturbs');
    expectRefusal(await convert(), {
      exit: 2,
      code: 'E_PARITY',
      names: [MODEL, 'board', 'logits'],
    });
    box.expectOnly();
  });

  it('that its runtime refuses is exit 78, explained by the description', async () => {
    vi.stubEnv('ACME_FAULT', 'refuses');
    expectRefusal(await convert(), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['Acme Compiler', 'layer 3 is upside down'],
    });
    box.expectOnly();
  });

  it('whose runtime says nothing is exit 65', async () => {
    vi.stubEnv('ACME_FAULT', 'runs-nothing');
    expectRefusal(await convert(), { exit: 65, code: 'E_TOOL_OUTPUT', names: ['Acme Compiler'] });
  });

  it('without the mark of its format is exit 65', async () => {
    vi.stubEnv('ACME_FAULT', 'unsigned');
    expectRefusal(await convert(), { exit: 65, code: 'E_TOOL_OUTPUT', names: ['acme-model'] });
  });

  it('is not run where the runtime takes other formats', async () => {
    vi.stubEnv('ACME_FAULT', 'perturbs');
    const edits = { '/run/formats': ['acme-model-2'] };
    expect(await convert(edits)).toMatchObject({ code: 0 });
    expect((await verifyPackage(output)).descriptor.verification).toEqual({
      skipped: expect.stringContaining('acme-model'),
    });
  });

  it('is planned with its run by --dry-run, and nothing is started', async () => {
    vi.stubEnv('ACME_FAULT', 'refuses');
    const { code, stdout } = await convert({}, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('convert source/digits-cnn-static.onnx out/digits-cnn-static.acm');
    expect(stdout).toContain('run --spec samples/run.json');
    box.expectOnly();
  });
});

describe('a package of a described converter with a runtime, in bench', () => {
  it('is timed by that runtime, on inputs as the descriptor tells them', async () => {
    expect(await convert()).toMatchObject({ code: 0 });
    const words = ['bench', output, '--runs', '3', '--threads', '2', '--json'];
    const result = jsonResult(await run(words), 'bench-result') as BenchResult;
    expect(result).toMatchObject({
      model: { format: 'acme-model', precision: 'fp32' },
      measurement: {
        runtime: { name: 'acme', tool: 'Acme Compiler', version: '4.1' },
        runs: 3,
        inputShapes: { image: [1, 1, 8, 8] },
        latency: { p50Ms: 2 },
      },
    });
    expect(result.measurement).not.toHaveProperty('peakMemoryBytes');
  });

  it('is refused where that runtime knows nothing of times, with the page that says what it needs', async () => {
    expect(await convert()).toMatchObject({ code: 0 });
    vi.stubEnv('ACME_FAULT', 'times-nothing');
    expectRefusal(await run(['bench', output]), {
      exit: 65,
      code: 'E_TOOL_OUTPUT',
      names: ['Acme Compiler', 'docs/adapters.md'],
    });
  });
});

describe('a description that was never run with the real tool', () => {
  const warnings = ({ stdout }: RunResult): readonly string[] => {
    const { results } = expectValid('convert-result', JSON.parse(stdout)) as ConvertResult;
    return results[0]?.warnings ?? [];
  };

  it('is warned of', async () => {
    const { code, stderr } = await convert({ '/tried': [] }, '--no-verify');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: acme is described from its documentation alone/m);
  });

  it('is warned of under --quiet, too', async () => {
    const { stderr } = await convert({ '/tried': [] }, '--quiet', '--no-verify');
    expect(stderr).toMatch(/^warning: acme /);
  });

  it('is warned of in the result of --json', async () => {
    expect(warnings(await convert({ '/tried': [] }, '--json', '--no-verify'))).toEqual([
      expect.stringMatching(/^acme is described/),
    ]);
  });

  it('is not what names a version that it was run with: there is no warning', async () => {
    const result = await convert({ '/tried': ['4.1 on linux-x64'] }, '--json');
    expect(warnings(result)).toEqual([]);
    expect(result.stderr).toBe('');
  });
});
