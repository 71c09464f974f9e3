import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { toolchain as mnn } from '../../dist/adapters/mnn/toolchain.js';
import { toolchain as ncnn } from '../../dist/adapters/ncnn/toolchain.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';

const MODEL = fixture('models/digits-cnn-static.onnx');
const TOOLS = {
  'ncnn-cpu': { toolchain: ncnn, fakes: fakeEnvironments(ncnn, 'ncnn') },
  'mnn-cpu': { toolchain: mnn, fakes: fakeEnvironments(mnn, 'mnn') },
};

async function convert(
  device: keyof typeof TOOLS,
  behaviour: string,
  output: string,
  ...flags: readonly string[]
) {
  const { toolchain, fakes } = TOOLS[device];
  vi.stubEnv(toolchain.variable, path.join(fakes, behaviour));
  return await run(['convert', MODEL, '-d', device, '-o', output, ...flags]);
}

describe('what is advised when a converted model is of no use', () => {
  it.each(['wrong-numbers', 'runtime-crashes'])(
    'is no --option where there is none: %s',
    async (behaviour) => {
      const box = sandbox();
      const { code, stderr } = await convert('ncnn-cpu', behaviour, path.join(box.out, 'a.tar'));
      expect([2, 65]).toContain(code);
      expect(stderr).toMatch(/next: /);
      expect(stderr).not.toContain('--option');
    },
  );

  it('names the options that there are, and act', async () => {
    const box = sandbox();
    const result = await convert('mnn-cpu', 'wrong-numbers', path.join(box.out, 'a.tar'));
    expectRefusal(result, { exit: 2, code: 'E_PARITY', names: ['gelu', 'docs/options.md'] });
    expect(result.stderr).not.toContain('weight-block');
  });

  it('a runtime with a name of its own is named when it crashes', async () => {
    const box = sandbox();
    const result = await convert('ncnn-cpu', 'runtime-crashes', path.join(box.out, 'a.tar'));
    expectRefusal(result, {
      exit: 65,
      code: 'E_TOOL_OUTPUT',
      names: ['ncnn cannot run the model that pnnx converted', 'SIGSEGV'],
    });
  });
});

describe('an option that would act on nothing', () => {
  it('is exit 64, before any work', async () => {
    const box = sandbox();
    const flags = ['--precision', 'fp16', '--option', 'weight-block=64'];
    for (const more of [[], ['--dry-run']])
      expectRefusal(
        await convert('mnn-cpu', 'succeeds', path.join(box.out, 'a.tar'), ...flags, ...more),
        { exit: 64, code: 'E_USAGE', names: ['weight-block', 'fp16'] },
      );
    box.expectOnly();
  });
});

describe('a model of open size', () => {
  it('for a precision that is not to be had is refused for that first', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', fixture('models/digits-cnn.onnx'), '-d', 'ncnn-cpu', '-o', output];
    const result = await run([...words, '--precision', 'int4']);
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE', names: ['int4', 'fp32, fp16'] });
    expect(result.stderr).not.toContain('--input');
  });
});

describe('what has no effect is told', () => {
  it('when a source is packed as it is', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = ['--toolchain', '9', '--option', 'optimization=basic'];
    const words = ['convert', MODEL, '-d', 'onnxruntime-cpu', '-o', output, '--json', ...flags];
    const result = await run([...words, '--calibration', 'synthetic']);
    expect(result).toMatchObject({ code: 0 });
    const { warnings } = JSON.parse(result.stdout).results[0];
    const said = warnings.filter((text: string) => text.startsWith('nothing was converted'));
    expect(said).toEqual([
      expect.stringContaining('optimization'),
      expect.stringContaining('--toolchain 9'),
      expect.stringContaining('calibration'),
    ]);
  });

  it('when preprocessing is declared for generated data: the package keeps it', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const flags = ['--calibration', 'synthetic', '--mean', '1', '--resize', 'stretch'];
    const words = ['convert', MODEL, '-d', 'onnxruntime-cpu', '-o', output, '--json', ...flags];
    const { stdout } = await run(words);
    const [outcome] = JSON.parse(stdout).results;
    expect(outcome.warnings).toContainEqual(expect.stringMatching(/^mean, resize: kept/));
    expect(outcome.descriptor.model.inputs[0].preprocess).toMatchObject({ mean: [1] });
  });

  it('--toolchain of a tool that no device needs is exit 64', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const words = ['convert', MODEL, '-d', 'onnxruntime-cpu', '-o', output];
    expectRefusal(await run([...words, '--toolchain', 'mnn@3.6.1']), {
      exit: 64,
      code: 'E_USAGE',
      names: ['mnn@3.6.1', 'onnxruntime'],
    });
  });
});

it('convert --help says where the options of the adapters stand', async () => {
  expect((await run(['convert', '--help'])).stdout).toContain('docs/options.md');
});
