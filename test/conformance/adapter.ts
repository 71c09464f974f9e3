import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Adapter, ConversionJob, Plan } from '../../dist/adapters/contract.js';
import { syntheticCalibration } from '../../dist/calibration/load.js';
import { runPlan } from '../../dist/convert/run-plan.js';
import { type ErrorCode, ModelconvError } from '../../dist/errors.js';
import { verifyPackage } from '../../dist/package/verify.js';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { expectValid } from '../cli/schemas.js';
import { hangingPids, start, survivors } from './processes.js';

export interface AdapterSuite {
  /** A job that the adapter plans; other jobs are made from it. */
  readonly job: ConversionJob;
  /** Jobs that the adapter must refuse. */
  readonly refusals: readonly {
    readonly title: string;
    readonly job: ConversionJob;
    readonly code: ErrorCode;
  }[];
  /** A model that the tool converts, and a device that it is converted for. */
  readonly model: string;
  readonly device: string;
  /** The device takes the source in one precision only; given with every conversion. */
  readonly flags?: readonly string[];
  /** Files of the format tell when they are cut off (default: yes). */
  readonly tellsTruncation?: boolean;
  /** Whether the tests that wait for signals are run: they look at the one runner that all adapters share. */
  readonly signals: boolean;
  readonly fakes: {
    /** Holds one fake tool per behaviour. */
    readonly directory: string;
    /** Environment variable that names the tool to use. */
    readonly variable: string;
    /** How messages name the tool. */
    readonly tool: string;
    /** What runs the models, where it is not the tool. */
    readonly runtime?: string | undefined;
  };
}

/** Names that a source may have, all of which occur. */
const ODD_NAMES = [
  'two words.onnx',
  '-leading-dash.onnx',
  '--output.onnx',
  'Größe-模型-🙂.onnx',
  "it's.onnx",
  'a "quoted" $HOME `name`;&|.onnx',
  '.hidden.onnx',
  'no-extension',
  '100%.onnx',
  'a,b=c.onnx',
];

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof ModelconvError)) throw error;
    expect(error.message).not.toBe('');
    expect(error.next ?? error.why ?? '').not.toBe('');
    return error.code;
  }
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Words of a plan that name files: every one must stay inside the work directory. */
function expectInside({ steps, outputs }: Plan): void {
  const words = [...steps.flatMap(({ args, env = {} }) => [...args, ...Object.values(env)])];
  for (const word of words) {
    expect(path.isAbsolute(word), word).toBe(false);
    expect(word.split(/[\\/=]/), word).not.toContain('..');
  }
  for (const output of outputs) {
    expect(output).toMatch(/^out\//);
    expect(path.posix.normalize(output)).toBe(output);
  }
}

/** Whether a word is a path, or a flag with it. */
function names(word: string, file: string): boolean {
  return word === file || word.endsWith(`=${file}`);
}

/** What every adapter has to hold to, whatever its vendor. */
export function describeAdapter(adapter: Adapter, suite: AdapterSuite): void {
  describe(`the adapter ${adapter.id}`, () => {
    describePlan(adapter, suite);
    describeFakes(adapter, suite);
    describeOddNames(suite);
    describeBadSources(suite);
    if (suite.signals) describeSignals(suite);
  });
}

function describePlan(adapter: Adapter, { job, refusals }: AdapterSuite): void {
  it('plans the same for the same job, and leaves the job alone', () => {
    const frozen = deepFreeze(structuredClone(job));
    const first = adapter.plan(frozen);
    expect(adapter.plan(frozen)).toEqual(first);
    expect(adapter.plan(structuredClone(job))).toEqual(first);
    expect(frozen).toEqual(job);
  });

  it('plans for a source, a device and a tool that are not on this machine', () => {
    const elsewhere: ConversionJob = {
      ...job,
      source: { ...job.source, path: 'source/not-there.onnx' },
      toolchain: {
        ...job.toolchain,
        path: '/not/there',
        launcher: { command: ['/not/there/tool'] },
      },
    };
    expect(adapter.plan(elsewhere).steps.length).toBeGreaterThan(0);
  });

  it('plans without regard to the environment, the directory and the clock', () => {
    const before = adapter.plan(job);
    vi.useFakeTimers({ now: 0 });
    vi.stubEnv('HOME', '/elsewhere');
    vi.stubEnv('TZ', 'Pacific/Chatham');
    try {
      expect(adapter.plan(job)).toEqual(before);
    } finally {
      vi.unstubAllEnvs();
      vi.useRealTimers();
    }
  });

  it.each(ODD_NAMES)('names only files of the work directory for the source %s', (name) => {
    const source = { ...job.source, path: `source/${name}` };
    const plan = adapter.plan({ ...job, source });
    expectInside(plan);
    expect(plan.steps.some(({ args }) => args.some((word) => names(word, source.path)))).toBe(true);
  });

  it('declares each output once, and names it in a step', () => {
    const { steps, outputs } = adapter.plan(job);
    expect(new Set(outputs).size).toBe(outputs.length);
    // some tools are told the model alone, or without its ending; others the directory
    const stem = (file: string): string => file.replace(/\.[^./]+$/, '');
    const isNamed = (word: string, output: string): boolean =>
      names(stem(word), stem(output)) || names(word, path.posix.dirname(output));
    for (const output of outputs)
      expect(steps.some(({ args }) => args.some((word) => isNamed(word, output)))).toBe(true);
  });

  it('gives every step the time limit of the job', () => {
    for (const { timeoutMs } of adapter.plan({ ...job, timeoutMs: 12_345 }).steps)
      expect(timeoutMs).toBe(12_345);
  });

  const others = (['fp64', 'fp32', 'fp16', 'bf16', 'int16', 'int8', 'int4'] as const).filter(
    (precision) => precision !== job.precision,
  );
  it.each(others)('converts to %s when it says that it can, and refuses otherwise', (precision) => {
    const code = codeOf(() => adapter.plan({ ...job, precision }));
    const can = adapter.capabilities.convertsTo.includes(precision);
    expect(code).toBe(can ? undefined : 'E_NOT_CONVERTIBLE');
  });

  it('refuses an option that it does not have', () => {
    const options = { 'no-such-option': '1' };
    expect(codeOf(() => adapter.plan({ ...job, options }))).toBe('E_USAGE');
  });

  for (const { title, job: refused, code } of refusals) {
    it(`refuses ${title}: ${code}`, () => {
      expect(codeOf(() => adapter.plan(refused))).toBe(code);
    });
  }
}

function describeOddNames({ model, device, fakes, flags = [] }: AdapterSuite): void {
  // one conversion for all of these: each of them is a word of the command line, too
  it.each(['-f.onnx', `it's "Größe" 模型 $HOME.onnx`])(
    'really converts a source named %s',
    async (name) => {
      const box = sandbox();
      vi.stubEnv(fakes.variable, path.join(fakes.directory, 'succeeds'));
      const source = path.join(box.dir, name);
      copyFileSync(model, source);
      const output = path.join(box.out, `${name}.tar`);
      const result = await run(['convert', source, '-d', device, '-o', output, '-q', ...flags]);
      expect(result).toMatchObject({ code: 0, stdout: '' });
      // --quiet leaves warnings: a described adapter has some
      expect(result.stderr.split('\n').filter((line) => !/^(warning: |$)/.test(line))).toEqual([]);
      box.expectOnly(`${name}.tar`);
      await verifyPackage(output);
    },
  );
}

/** Sources that are refused whatever the device: before its tool is looked for, and with nothing left behind. */
function describeBadSources({ model, device, fakes, flags = [] }: AdapterSuite): void {
  const whole = readFileSync(model);
  const SOURCES = [
    { title: 'an empty file', data: Buffer.alloc(0), exit: 65 },
    { title: 'garbage', data: Buffer.alloc(5000, 0xff), exit: 65 },
    { title: 'a text', data: Buffer.from('Hello, this is a readme.\n'), exit: 65 },
    { title: 'half a model', data: whole.subarray(0, whole.length / 2), exit: 65 },
    { title: 'a model without its last byte', data: whole.subarray(0, -1), exit: 65 },
    { title: 'a file that is not there', data: undefined, exit: 66 },
  ];
  it.each(SOURCES)('$title is exit $exit, and nothing is written', async ({ data, exit }) => {
    const box = sandbox();
    vi.stubEnv(fakes.variable, path.join(fakes.directory, 'succeeds'));
    const source = path.join(box.dir, 'bad.onnx');
    if (data !== undefined) writeFileSync(source, data);
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, 'the old one');
    const result = await run(['convert', source, '-d', device, '-o', output, '--force', ...flags]);
    expectRefusal(result, {
      exit,
      code: exit === 66 ? 'E_INPUT' : 'E_MODEL_INVALID',
      names: [source],
    });
    expect(readFileSync(output, 'utf8')).toBe('the old one');
    box.expectOnly('a.tar');
  });

  it('a directory is no model', async () => {
    const box = sandbox();
    vi.stubEnv(fakes.variable, path.join(fakes.directory, 'succeeds'));
    const output = path.join(box.out, 'a.tar');
    const result = await run(['convert', box.dir, '-d', device, '-o', output, ...flags]);
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names: [box.dir] });
    box.expectOnly();
  });
}

/** Generated calibration data where a plan looks for it. */
async function writeCalibration(
  { source, calibration }: ConversionJob,
  dir: string,
): Promise<void> {
  const { inputs } = source.info;
  await syntheticCalibration(inputs, new Map(), 1, calibration?.count ?? 1).write(dir);
}

interface FakeCase {
  readonly behaviour: string;
  readonly title: string;
  readonly exit: number;
  readonly code: string;
  readonly flags?: readonly string[];
  /** Words that the message has to hold beside the name of the tool. */
  readonly says?: readonly string[];
}

const FAILING: readonly FakeCase[] = [
  {
    behaviour: 'fails',
    title: 'that fails ends with what it said last',
    exit: 70,
    code: 'E_TOOL_FAILED',
    says: ['exit status 1', 'fake converter: out of ideas', '--log'],
  },
  {
    behaviour: 'writes-nothing',
    title: 'that exits 0 without an output has failed',
    exit: 70,
    code: 'E_TOOL_FAILED',
    says: ['wrote no '],
  },
  {
    behaviour: 'writes-empty',
    title: 'that exits 0 with an empty output has failed',
    exit: 70,
    code: 'E_TOOL_FAILED',
    says: ['wrote an empty '],
  },
  {
    behaviour: 'writes-garbage',
    title: 'that exits 0 with garbage gave invalid output',
    exit: 65,
    code: 'E_TOOL_OUTPUT',
  },
  {
    behaviour: 'writes-truncated',
    title: 'that exits 0 with half a model gave invalid output',
    exit: 65,
    code: 'E_TOOL_OUTPUT',
  },
  {
    behaviour: 'crashes',
    title: 'that crashes is named with its signal',
    exit: 70,
    code: 'E_TOOL_FAILED',
    says: ['SIGSEGV'],
  },
  {
    behaviour: 'hangs',
    title: 'that hangs is ended after --timeout',
    exit: 75,
    code: 'E_TIMEOUT',
    flags: ['--timeout', '1'],
    says: ['--timeout', '1 s'],
  },
  {
    behaviour: 'runs-nothing',
    title: 'whose runtime exits 0 without results gave invalid output',
    exit: 65,
    code: 'E_TOOL_OUTPUT',
  },
];

function describeFakes(
  adapter: Adapter,
  { model, device, fakes, job, flags: always = [], tellsTruncation = true }: AdapterSuite,
): void {
  const runs = adapter.run !== undefined || adapter.capabilities.simulates === true;
  const use = (behaviour: string): void => {
    vi.stubEnv(fakes.variable, path.join(fakes.directory, behaviour));
  };
  const convert = async (output: string, ...flags: readonly string[]) =>
    await run(['convert', model, '-d', device, '-o', output, ...always, ...flags]);

  it('a tool that is found says its version', async () => {
    use('succeeds');
    expect(await adapter.detect()).toMatchObject({
      found: true,
      toolchain: { version: expect.stringMatching(/^\d+(\.\d+)*/), tool: fakes.tool },
    });
  });

  it('a tool that is not where it is said to be is exit 69, and the message says what to change', async () => {
    const box = sandbox();
    const empty = path.join(box.dir, 'empty');
    mkdirSync(empty);
    vi.stubEnv(fakes.variable, empty);
    expect(await adapter.detect()).toMatchObject({ found: false });
    expectRefusal(await convert(path.join(box.out, 'a.tar')), {
      exit: 69,
      code: 'E_TOOL_MISSING',
      names: [device, empty, `unset ${fakes.variable}`],
    });
    box.expectOnly();
  });

  it('a tool that succeeds leaves exactly the declared outputs', async () => {
    const box = sandbox();
    use('succeeds');
    const detection = await adapter.detect();
    if (!detection.found) throw new Error(detection.why);
    mkdirSync(path.join(box.out, 'source'));
    copyFileSync(model, path.join(box.out, 'source', path.basename(model)));
    const plan = adapter.plan({
      ...job,
      source: { ...job.source, path: `source/${path.basename(model)}` },
    });
    if (job.calibration !== undefined) await writeCalibration(job, box.out);
    const { files, converted } = await runPlan(adapter, detection.toolchain, plan, {
      workDir: box.out,
      logFile: path.join(box.out, 'log.txt'),
    });
    const left = readdirSync(path.join(box.out, 'out')).map((name) => `out/${name}`);
    expect(left.sort()).toEqual([...plan.outputs].sort());
    expect(files).toEqual(plan.outputs.map((output) => path.join(box.out, output)));
    expect(converted.info.format).toBe(adapter.capabilities.output);
    expect(Object.values(converted.info.facts)).toContain('read');
  });

  it('files that a tool leaves beside its output are not packed', async () => {
    const box = sandbox();
    use('writes-more');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output)).toMatchObject({ code: 0 });
    const { descriptor } = await verifyPackage(output);
    expect(descriptor.files.map(({ path: name }) => path.extname(name)).sort()).toEqual(
      adapter
        .plan(job)
        .outputs.map((name) => path.extname(name))
        .sort(),
    );
    box.expectOnly('a.tar');
  });

  for (const { title, behaviour, exit, code, flags = [], says = [] } of FAILING) {
    if (behaviour === 'runs-nothing' && !runs) continue;
    if (behaviour === 'writes-truncated' && !tellsTruncation) continue;
    it(`a tool ${title}`, async () => {
      const box = sandbox();
      use(behaviour);
      const output = path.join(box.out, 'a.tar');
      writeFileSync(output, 'the old one');
      const before = sha256(model);
      expectRefusal(await convert(output, '--force', ...flags), {
        exit,
        code,
        names: [behaviour === 'runs-nothing' ? (fakes.runtime ?? fakes.tool) : fakes.tool, ...says],
      });
      expect(readFileSync(output, 'utf8')).toBe('the old one');
      expect(sha256(model)).toBe(before);
      box.expectOnly('a.tar');
    });
  }

  it('a tool that says all is well but gave garbage did not succeed', async () => {
    const box = sandbox();
    use('returns-garbage');
    expectRefusal(await convert(path.join(box.out, 'a.tar')), {
      exit: 65,
      code: 'E_TOOL_OUTPUT',
      names: [fakes.tool],
    });
    box.expectOnly();
  });

  it('a tool that gives back the source under the name of the output gave invalid output', async () => {
    const box = sandbox();
    use('writes-source-format');
    expectRefusal(await convert(path.join(box.out, 'a.tar')), {
      exit: 65,
      code: 'E_TOOL_OUTPUT',
      names: [fakes.tool, adapter.capabilities.output],
    });
    box.expectOnly();
  });

  // a simulator is a part of the converter: what it refuses was not converted
  if (adapter.run !== undefined)
    it('a converted model that its own runtime refuses is invalid output, not a bad source', async () => {
      const box = sandbox();
      use('fails-on-converted');
      expectRefusal(await convert(path.join(box.out, 'a.tar')), {
        exit: 65,
        code: 'E_TOOL_OUTPUT',
      });
      box.expectOnly();
    });

  it('a failure under --json is one object with the code and the last lines of the tool', async () => {
    const box = sandbox();
    use('fails');
    const result = await convert(path.join(box.out, 'a.tar'), '--json');
    expect(result).toMatchObject({ code: 70, stdout: '' });
    expect(expectValid('error', JSON.parse(result.stderr))).toMatchObject({
      error: {
        code: 'E_TOOL_FAILED',
        exitCode: 70,
        logTail: expect.stringContaining('out of ideas'),
      },
    });
  });

  it('what a tool prints cannot drive the terminal', async () => {
    const box = sandbox();
    use('prints-and-fails');
    const { stderr } = await convert(path.join(box.out, 'a.tar'));
    expect(stderr).toContain('gave up');
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });

  it('an earlier run in the same --log file does not explain a failure of this one', async () => {
    const box = sandbox();
    use('fails');
    const log = path.join(box.dir, 'log.txt');
    writeFileSync(log, 'std::bad_alloc\nFatal error: com.acme:Earlier(-1) is not a registered\n');
    expectRefusal(await convert(path.join(box.out, 'a.tar'), '--log', log), {
      exit: 70,
      code: 'E_TOOL_FAILED',
      names: ['out of ideas', 'exit status 1'],
    });
  });

  it('200 MB of log are kept whole with --log, and cost no memory', async () => {
    const box = sandbox();
    use('chatty');
    const log = path.join(box.dir, 'log.txt');
    const before = process.memoryUsage().rss;
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output, '--log', log)).toMatchObject({ code: 0 });
    expect(statSync(log).size).toBeGreaterThanOrEqual(200 * 2 ** 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    box.expectOnly('a.tar');
  });

  it('a tool that writes over its input does not reach the source of the user', async () => {
    const box = sandbox();
    use('overwrites-source');
    const source = path.join(box.dir, 'model.onnx');
    copyFileSync(model, source);
    const output = path.join(box.out, 'a.tar');
    await run(['convert', source, '-d', device, '-o', output, '--no-verify', '-q', ...always]);
    expect(sha256(source)).toBe(sha256(model));
    expect(existsSync(output)).toBe(true);
    expect((await verifyPackage(output)).descriptor.conversion?.source.sha256).toBe(sha256(model));
  });

  it('a tool that writes over its input does not change the source that is packed', async () => {
    const box = sandbox();
    use('overwrites-source');
    const output = path.join(box.out, 'a.tar');
    await convert(output, '--no-verify', '--source', 'include');
    // refusing would do as well: what is in the package is the source, or there is no package
    if (!existsSync(output)) return;
    const { descriptor } = await verifyPackage(output);
    const packed = descriptor.files.find(({ role }) => role === 'source');
    expect(packed?.sha256).toBe(sha256(model));
    expect(descriptor.conversion?.source.sha256).toBe(sha256(model));
  });

  if (!runs)
    it('a model that cannot be run here is packed, and the package says that it was not checked', async () => {
      const box = sandbox();
      use('succeeds');
      const output = path.join(box.out, 'a.tar');
      const result = await convert(output);
      expect(result).toMatchObject({ code: 0 });
      expect(result.stderr).toContain('parity was not checked');
      const { verification } = (await verifyPackage(output)).descriptor;
      expect(verification).toEqual({ skipped: expect.stringContaining('no runtime') });
    });

  const DIFFERENT = [
    { behaviour: 'wrong-numbers', title: 'other numbers', says: 'cosine' },
    { behaviour: 'nan', title: 'NaN', says: 'NaN' },
    { behaviour: 'missing-output', title: 'one output less', says: 'missing' },
  ];
  for (const { behaviour, title, says } of runs ? DIFFERENT : []) {
    it(`a converted model that gives ${title} is exit 2, and nothing is written`, async () => {
      const box = sandbox();
      use(behaviour);
      const output = path.join(box.out, 'a.tar');
      writeFileSync(output, 'the old one');
      expectRefusal(await convert(output, '--force'), {
        exit: 2,
        code: 'E_PARITY',
        names: [model, device, says, '--no-verify'],
      });
      expect(readFileSync(output, 'utf8')).toBe('the old one');
      box.expectOnly('a.tar');
    });
  }

  it('--no-verify packs a model that computes something else, and the package says that it was not checked', async () => {
    const box = sandbox();
    use('wrong-numbers');
    const output = path.join(box.out, 'a.tar');
    expect(await convert(output, '--no-verify')).toMatchObject({ code: 0 });
    const { verification } = (await verifyPackage(output)).descriptor;
    expect(verification?.passed).toBeUndefined();
    expect(verification?.skipped).toContain('--no-verify');
  });
}

function describeSignals({ model, device, fakes, flags = [] }: AdapterSuite): void {
  const SIGNALS = [
    { signal: 'SIGINT', exit: 130, code: 'E_INTERRUPTED' },
    { signal: 'SIGTERM', exit: 143, code: 'E_TERMINATED' },
    { signal: 'SIGHUP', exit: 129, code: 'E_HANGUP' },
  ] as const;

  /** Signals sent while the tool hangs, and how modelconv ended. */
  const interrupt = async (behaviour: string, ...signals: readonly NodeJS.Signals[]) => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, 'the old one');
    const started = start(['convert', model, '-d', device, '-o', output, '--force', ...flags], {
      TMPDIR: box.tmp,
      [fakes.variable]: path.join(fakes.directory, behaviour),
    });
    const pids = await hangingPids(box.tmp);
    for (const signal of signals) {
      started.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const ended = await started.ended;
    expect(await survivors(pids)).toEqual([]);
    expect(readFileSync(output, 'utf8')).toBe('the old one');
    box.expectOnly('a.tar');
    return ended;
  };

  for (const { signal, exit, code } of SIGNALS) {
    it(`${signal} ends modelconv and the tool, leaves nothing behind, and is exit ${exit}`, async () => {
      const ended = await interrupt('hangs', signal);
      expect(ended).toMatchObject({ code: exit, signal: null, stdout: '' });
      expect(ended.stderr).toContain(`error[${code}]`);
      expect(ended.ms).toBeLessThan(5000);
    });
  }

  it('Ctrl-C while the converted model is being checked leaves nothing behind', async () => {
    const ended = await interrupt('hangs-when-run', 'SIGINT');
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(ended.ms).toBeLessThan(5000);
  });

  it('Ctrl-C ends a tool that ignores it, and what that tool started, within 5 s', async () => {
    const ended = await interrupt('hangs-deaf', 'SIGINT');
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(ended.ms).toBeLessThan(5000);
  });

  it('a second Ctrl-C ends all of it at once', async () => {
    const ended = await interrupt('hangs-deaf', 'SIGINT', 'SIGINT');
    expect(ended).toMatchObject({ code: 130, stdout: '' });
    expect(ended.ms).toBeLessThan(1500);
  });

  it('--timeout ends a tool that ignores it, and what that tool started', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'a.tar');
    const started = start(
      ['convert', model, '-d', device, '-o', output, '--timeout', '1', ...flags],
      {
        TMPDIR: box.tmp,
        [fakes.variable]: path.join(fakes.directory, 'hangs-deaf'),
      },
    );
    const pids = await hangingPids(box.tmp);
    const { code, stderr } = await started.ended;
    expect(code).toBe(75);
    expect(stderr).toContain('error[E_TIMEOUT]');
    expect(await survivors(pids)).toEqual([]);
    box.expectOnly();
  });
}
