import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture, tempDir } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';
import { compiled, expectValid, SCHEMA_FILES } from './schemas.js';

const CNN = fixture('models/digits-cnn.onnx');
const MISSING = '/not/there.onnx';
const ANSI = /\u001b\[/;
const COMMANDS = [
  'convert',
  'pack',
  'inspect',
  'unpack',
  'verify',
  'devices',
  'bench',
  'compare',
  'check',
  'upgrade',
  'outdated',
  'diff',
];

describe('colour', () => {
  it('is used on a terminal', async () => {
    expect((await run(['inspect', CNN], { isTTY: true })).stdout).toMatch(ANSI);
    expect((await run(['inspect', MISSING], { isTTY: true })).stderr).toMatch(ANSI);
  });

  const OFF = [
    { title: 'NO_COLOR', env: { NO_COLOR: '1' }, isTTY: true, flags: [] },
    { title: 'TERM=dumb', env: { TERM: 'dumb' }, isTTY: true, flags: [] },
    { title: '--no-color', env: {}, isTTY: true, flags: ['--no-color'] },
    { title: 'a pipe', env: { FORCE_COLOR: '1' }, isTTY: false, flags: [] },
  ];
  for (const { title, env, isTTY, flags } of OFF) {
    it(`is off with ${title}`, async () => {
      for (const args of [
        ['inspect', CNN],
        ['inspect', MISSING],
        ['inspect', CNN, '--no-such-flag'],
        ['devices', 'list'],
      ]) {
        const { stdout, stderr } = await run([...args, ...flags], { env, isTTY });
        expect(stdout + stderr).not.toBe('');
        expect(stdout + stderr).not.toMatch(ANSI);
      }
    });
  }

  it('an empty NO_COLOR counts as none', async () => {
    const { stdout } = await run(['inspect', CNN], { env: { NO_COLOR: '' }, isTTY: true });
    expect(stdout).toMatch(ANSI);
  });

  it('step lines of a conversion on a terminal have colour, and none with --no-color', async () => {
    const box = sandbox();
    const args = [
      'convert',
      CNN,
      '-d',
      'local',
      '--no-verify',
      '-o',
      path.join(box.out, 'a.tar'),
      '-f',
    ];
    // CI: no spinner
    const options = { env: { CI: 'true' }, isTTY: true };
    expect((await run(args, options)).stderr).toMatch(ANSI);
    expect((await run([...args, '--no-color'], options)).stderr).not.toMatch(ANSI);
  });
});

describe('errors', () => {
  it('under --json are one object on stderr that fits error.schema.json', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const FAILURES: [string[], number][] = [
      [['convert', MISSING, '-d', 'local', '-o', output], 66],
      [['convert', CNN, '-d', 'loca', '-o', output], 64],
      [['convert', CNN, '-d', 'local'], 64],
      [['convert', CNN, '-d', 'local', '-o', output, '--precision', 'fp16'], 78],
      [['convert', CNN, '-d', 'local', '-o', path.join(box.dir, 'none', 'a.tar')], 73],
      [['convert', fixture('models/bad/custom-op.onnx'), '-d', 'local', '-o', output], 78],
      [['convert', fixture('data/digits-test.npy'), '-d', 'local', '-o', output], 65],
      [['pack', MISSING, '--descriptor', MISSING, '-o', output], 66],
      [['pack', CNN, '-o', output], 64],
      [['inspect', MISSING], 66],
      [['inspect', CNN, '--field', 'nothing'], 64],
      [['unpack', CNN, '-C', path.join(box.dir, 'new')], 65],
      [['verify', CNN], 65],
      [['verify', MISSING], 66],
      [['devices', 'show', 'nothing'], 64],
      [['devices', 'list', '--devices', MISSING], 66],
      [['devices', 'lst'], 64],
      [['convrt'], 64],
      [['convert', '--no-such-flag'], 64],
      [['inspect'], 64],
    ];
    for (const [args, exit] of FAILURES) {
      const result = await run([...args, '--json']);
      expect(result, args.join(' ')).toMatchObject({ code: exit, stdout: '' });
      const report = expectValid('error', JSON.parse(result.stderr) as unknown);
      expect(report).toMatchObject({
        error: { exitCode: exit, what: expect.stringMatching(/\S/) },
      });
    }
  });

  it('the real program, too, prints them without a stack trace and sets its exit status', async () => {
    const text = await cli(['inspect', MISSING]);
    expect(text).toMatchObject({ code: 66, signal: null, stdout: '' });
    expect(text.stderr).toContain(MISSING);
    expect(text.stderr).not.toMatch(/^ {4}at /m);
    const json = await cli(['inspect', MISSING, '--json']);
    expect(json).toMatchObject({ code: 66, stdout: '' });
    expectValid('error', JSON.parse(json.stderr) as unknown);
  });

  it('a mistyped command, flag or value is exit 64 with what was meant', async () => {
    const TYPOS: [string[], string[]][] = [
      [['convrt'], ["'convrt'", 'convert']],
      [
        ['inspct', CNN],
        ["'inspct'", 'inspect'],
      ],
      [
        ['convert', CNN, '--ouput', 'x'],
        ["'--ouput'", '--output'],
      ],
      [
        ['verify', CNN, '--jsn'],
        ["'--jsn'", '--json'],
      ],
      [
        ['devices', 'shw', 'local'],
        ["'shw'", 'show'],
      ],
      [
        ['convert', CNN, '-d', 'onnxruntime-gpu', '-o', 'x'],
        ['onnxruntime-gpu', 'onnxruntime-cpu'],
      ],
    ];
    for (const [args, names] of TYPOS) {
      const result = await run(args);
      expect(result, args.join(' ')).toMatchObject({ code: 64, stdout: '' });
      for (const name of names) expect(result.stderr).toContain(name);
      expect(result.stderr).toContain('Did you mean');
    }
  });

  const WRONG: [string, string][] = [
    ['--precision', 'fp8'],
    ['--source', 'embed'],
    ['--jobs', '0'],
    ['--jobs', 'many'],
    ['--jobs', '1.5'],
    ['--timeout', '0'],
    ['--timeout', '-1'],
    ['--timeout', 'NaN'],
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--seed', '4294967296'],
    ['--framework', '@1.0'],
    ['--option', 'novalue'],
    ['--option', '=x'],
    ['--option', '__proto__=x'],
    ['--tolerance', 'cosin=0.9'],
    ['--tolerance', 'cosine'],
    ['--tolerance', 'cosine=high'],
    ['--tolerance', 'cosine=2'],
    ['--tolerance', 'maxAbs=-1'],
    ['--tolerance', ''],
    ['--name', 'two words'],
    ['--name', '../evil'],
    ['--name', ''],
    ['--model-version', '1.0!'],
    ['--model-version', ''],
  ];
  for (const [flag, value] of WRONG) {
    it(`${flag} ${JSON.stringify(value)} is exit 64, and the message names the flag`, async () => {
      const result = await run(['convert', CNN, '-d', 'local', '--dry-run', `${flag}=${value}`]);
      expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [flag] });
    });
  }

  it('an option that the adapter does not have is exit 64 with the nearest one', async () => {
    const args = ['convert', CNN, '-d', 'local', '--dry-run', '--option', 'optimisation=basic'];
    expectRefusal(await run(args), {
      exit: 64,
      code: 'E_USAGE',
      names: ['optimisation', 'Did you mean "optimization"'],
    });
  });

  it('a device named twice is exit 64', async () => {
    const args = ['convert', CNN, '-d', 'local', '-d', 'local', '-o', 'x'];
    expectRefusal(await run(args), { exit: 64, code: 'E_USAGE', names: ['local'] });
  });
});

describe('help', () => {
  it('no arguments print the help on stderr and are exit 64', async () => {
    const result = await run([]);
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toContain('Usage: modelconv');
  });

  for (const command of COMMANDS) {
    it(`of ${command} is on stdout, with examples that its own parser takes`, async () => {
      const result = await run([command, '--help']);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toContain(`Usage: modelconv ${command}`);
      const examples = [...result.stdout.matchAll(/^ {2}\$ modelconv (.*)$/gm)];
      expect(examples.length).toBeGreaterThan(0);
      // where none of their files is, and where those that write may: a process of its own can stand there
      const cwd = tempDir();
      for (const [, words = ''] of examples) {
        const { code, stderr } = await cli(words.replace(/ > .*$/, '').split(' '), { cwd });
        // the files of an example are not there, but every word of it is understood
        expect([0, 66], `${words}: ${stderr}`).toContain(code);
      }
      expect(await run(['help', command])).toEqual(result);
    });
  }

  it('of every command has --json and --quiet, and no flag without a description', async () => {
    for (const command of ['convert', 'pack', 'inspect', 'unpack', 'verify']) {
      const { stdout } = await run([command, '--help']);
      for (const flag of ['--json', '--quiet', '--no-color', '--help'])
        expect(stdout).toContain(flag);
      expect(stdout).not.toMatch(/^ {2}(-\w, )?--[\w-]+( <.*?>)?\s*$/m);
    }
  });
});

describe('the schemas', () => {
  it.each(SCHEMA_FILES)('%s compiles, and says what it is', (file) => {
    const schema = compiled(file);
    expect(schema).toMatchObject({
      $id: `https://modelconv.dev/schemas/${file}`,
      title: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\S/),
    });
  });
});
