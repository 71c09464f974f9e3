import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixture } from '../support/files.js';
import { floats, npy } from './arrays.js';
import { expectRefusal, type RunResult, run, type Sandbox, sandbox } from './run-main.js';

const CNN = fixture('models/digits-cnn.onnx');
const CNN_BYTES = readFileSync(CNN);
const EXTERNAL = fixture('models/digits-cnn-external');
const OLD = 'the old output';
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const ZIP = Buffer.from('504b03040a0000000000', 'hex');
const TFLITE = Buffer.concat([Buffer.from('1c00000054464c33', 'hex'), Buffer.alloc(600)]);

function tarHeader(): Buffer {
  const header = Buffer.alloc(1024);
  header.write('a.txt', 0);
  header.write('ustar', 257);
  return header;
}

/** Convert with an old output in place, which must survive, and nothing may be left beside it. */
async function convertBad(box: Sandbox, model: string, ...flags: string[]): Promise<RunResult> {
  const output = path.join(box.out, 'a.tar');
  writeFileSync(output, OLD);
  const target = flags.includes('-d') ? [] : ['-d', 'local'];
  const result = await run(['convert', model, ...target, '-o', output, '--force', ...flags]);
  expect(readFileSync(output, 'utf8')).toBe(OLD);
  box.expectOnly('a.tar');
  return result;
}

function makeFifo(file: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', file]);
}

function fileIn(box: Sandbox, name: string, data: string | Uint8Array): string {
  const file = path.join(box.dir, name);
  writeFileSync(file, data);
  return file;
}

describe('a model', () => {
  const BAD: { title: string; name: string; data: Uint8Array; says?: string }[] = [
    { title: 'that is empty', name: 'empty.onnx', data: Buffer.alloc(0), says: 'empty' },
    ...[1, 2, 3, 8, 100, 4096, 65_536, CNN_BYTES.length - 1].map((length) => ({
      title: `cut off after ${length} bytes`,
      name: 'cut.onnx',
      data: CNN_BYTES.subarray(0, length),
    })),
    ...[1, 16, 1000, 100_000].map((length) => ({
      title: `of ${length} random bytes`,
      name: 'random.onnx',
      // 0xff first: a field number that protobuf does not have
      data: Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), randomBytes(length)]),
    })),
    { title: 'of zeros', name: 'zeros.onnx', data: Buffer.alloc(4096) },
    { title: 'that is a PNG image', name: 'image.png', data: PNG, says: 'PNG' },
    { title: 'that is a zip archive', name: 'model.pt', data: ZIP, says: 'zip' },
    { title: 'that only begins like TensorFlow Lite', name: 'm.tflite', data: TFLITE },
    { title: 'that is a tar archive', name: 'm.tar', data: tarHeader(), says: 'tar' },
    { title: 'that is text', name: 'm.txt', data: Buffer.from('Hello, this is a readme.\n') },
    { title: 'that is JSON', name: 'm.json', data: Buffer.from('{"model": true}\n') },
    {
      title: 'that is a NumPy array',
      name: 'm.npy',
      data: npy({ shape: [1], data: floats(1) }),
      says: 'NumPy',
    },
  ];
  for (const { title, name, data, says = '' } of BAD) {
    it(`${title} is exit 65`, async () => {
      const box = sandbox();
      const file = fileIn(box, name, data);
      const refusal = { exit: 65, code: 'E_MODEL_INVALID', names: [file, says] };
      expectRefusal(await convertBad(box, file), refusal);
      if (name !== 'm.tar') expectRefusal(await run(['inspect', file]), refusal);
      const dry = ['convert', file, '-d', 'local', '--dry-run'];
      expectRefusal(await run(dry), refusal);
    });
  }

  it('cut off in the middle of an ORT file is exit 65', async () => {
    const box = sandbox();
    const data = Buffer.alloc(64);
    data.write('ORTM', 4);
    data.writeUInt32LE(1_000_000, 0);
    const file = fileIn(box, 'cut.ort', data);
    const refusal = { exit: 65, code: 'E_MODEL_INVALID', names: [file] };
    expectRefusal(await convertBad(box, file), refusal);
    expectRefusal(await run(['inspect', file]), refusal);
  });

  it('that is not there is exit 66', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'nowhere.onnx');
    const refusal = { exit: 66, code: 'E_INPUT', names: [file] };
    expectRefusal(await convertBad(box, file), refusal);
    expectRefusal(await run(['inspect', file]), refusal);
  });

  it('that is a directory is exit 66', async () => {
    const box = sandbox();
    const refusal = { exit: 66, code: 'E_INPUT', names: [box.dir, 'directory'] };
    expectRefusal(await convertBad(box, box.dir), refusal);
    expectRefusal(await run(['inspect', box.dir]), refusal);
  });

  it.skipIf(process.platform === 'win32')('that is a FIFO is exit 66 at once', async () => {
    const box = sandbox();
    const fifo = path.join(box.dir, 'pipe.onnx');
    makeFifo(fifo);
    const refusal = { exit: 66, code: 'E_INPUT', names: [fifo, 'not a regular file'] };
    expectRefusal(await convertBad(box, fifo), refusal);
    expectRefusal(await run(['inspect', fifo]), refusal);
  });

  it('below something that is not a directory is exit 66', async () => {
    const box = sandbox();
    const file = path.join(CNN, 'inner.onnx');
    expectRefusal(await convertBad(box, file), { exit: 66, code: 'E_INPUT', names: [file] });
  });

  it('that is a dangling symlink is exit 66', async () => {
    const box = sandbox();
    const link = path.join(box.dir, 'link.onnx');
    symlinkSync('nowhere', link);
    expectRefusal(await convertBad(box, link), { exit: 66, code: 'E_INPUT', names: [link] });
  });

  it('with a custom operator is exit 78 and names the operator', async () => {
    const box = sandbox();
    const file = fixture('models/bad/custom-op.onnx');
    expectRefusal(await convertBad(box, file), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['custom-op.onnx', 'FrobnicateXYZ'],
    });
  });

  it('with a custom operator is not packed as it is, either, unless the check is left out', async () => {
    const box = sandbox();
    const file = fixture('models/bad/custom-op.onnx');
    const result = await convertBad(box, file, '-d', 'onnxruntime-cpu');
    expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE', names: ['FrobnicateXYZ'] });
  });

  it('that is already converted cannot be converted again to another precision', async () => {
    const box = sandbox();
    const result = await convertBad(box, CNN, '-d', 'android-arm64', '--precision', 'fp16');
    expectRefusal(result, {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['digits-cnn.onnx', 'fp16'],
    });
  });
});

describe('external data', () => {
  /** A copy of the model with external data, with the location changed to one of the same length. */
  function copyExternal(box: Sandbox, from = '', to = ''): string {
    const text = readFileSync(path.join(EXTERNAL, 'digits-cnn.onnx')).toString('latin1');
    expect(text).toContain(from);
    expect(to.length).toBe(from.length);
    const file = path.join(box.dir, 'm', 'digits-cnn.onnx');
    mkdirSync(path.join(box.dir, 'm', 'sub'), { recursive: true });
    writeFileSync(file, Buffer.from(from === '' ? text : text.replaceAll(from, to), 'latin1'));
    for (const part of ['digits-cnn.weights', 'sub/dense.weights'])
      copyFileSync(path.join(EXTERNAL, part), path.join(box.dir, 'm', part));
    return file;
  }

  it('that is missing is exit 66 and names both files', async () => {
    const box = sandbox();
    const file = fileIn(box, 'alone.onnx', readFileSync(path.join(EXTERNAL, 'digits-cnn.onnx')));
    const result = await convertBad(box, file);
    const names = [file, 'digits-cnn.weights'];
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names });
    expectRefusal(await run(['inspect', file]), { exit: 66, code: 'E_INPUT', names });
  });

  it('that is cut off is exit 65', async () => {
    const box = sandbox();
    const file = copyExternal(box);
    const part = path.join(box.dir, 'm/digits-cnn.weights');
    writeFileSync(part, readFileSync(part).subarray(0, 50_000));
    expectRefusal(await convertBad(box, file), {
      exit: 65,
      code: 'E_MODEL_INVALID',
      names: [part, 'truncated'],
    });
  });

  const OUTSIDE = [
    ['../secret.weights', 'a parent directory'],
    ['/etc/passwd-----', 'an absolute path'],
    ['sub/../../x.weight', 'a way through a parent'],
    ['C:\\windows\\system3', 'a drive'],
  ] as const;
  for (const [location, title] of OUTSIDE) {
    it(`at ${title} is exit 65, and is not read`, async () => {
      const box = sandbox();
      const from = 'digits-cnn.weights';
      const to = location.padEnd(from.length, 's').slice(0, from.length);
      fileIn(box, 'secret.weightss', 'secret');
      const file = copyExternal(box, from, to);
      expectRefusal(await convertBad(box, file), {
        exit: 65,
        code: 'E_MODEL_INVALID',
        names: [file],
      });
    });
  }
});

describe('an output', () => {
  const pack = (box: Sandbox): string[] => {
    const descriptor = fileIn(
      box,
      'd.yaml',
      'name: d\nversion: "1"\nsoftware: {stack: {kind: x}}\n',
    );
    return ['pack', CNN, '--descriptor', descriptor];
  };

  it('whose directory does not exist is exit 73, and the fix is said', async () => {
    const box = sandbox();
    const output = path.join(box.out, 'none', 'a.tar');
    const refusal = {
      exit: 73,
      code: 'E_OUTPUT',
      names: [output, `mkdir -p ${path.dirname(output)}`],
    };
    expectRefusal(await run(['convert', CNN, '-d', 'local', '-o', output]), refusal);
    expectRefusal(await run([...pack(box), '-o', output]), refusal);
    box.expectOnly();
  });

  it('that is a directory is exit 73', async () => {
    const box = sandbox();
    expectRefusal(await run([...pack(box), '-o', box.out, '--force']), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [box.out],
    });
    box.expectOnly();
  });

  it('equal to the input is exit 73, by name, by symlink and by hard link', async () => {
    const box = sandbox();
    const model = path.join(box.out, 'm.onnx');
    copyFileSync(CNN, model);
    const [soft, hard] = [path.join(box.out, 'soft'), path.join(box.out, 'hard')];
    symlinkSync(model, soft);
    linkSync(model, hard);
    for (const output of [model, path.join(box.out, '.', 'x', '..', 'm.onnx'), soft, hard]) {
      for (const args of [
        ['convert', model, '-d', 'local'],
        ['pack', model, '--descriptor', pack(box)[3] ?? ''],
      ])
        expectRefusal(await run([...args, '-o', output, '--force']), {
          exit: 73,
          code: 'E_OUTPUT',
          names: [output, 'input'],
        });
    }
    expect(readFileSync(model).equals(CNN_BYTES)).toBe(true);
    box.expectOnly('hard', 'm.onnx', 'soft');
  });

  it('equal to a part of the source is exit 73', async () => {
    const box = sandbox();
    for (const name of ['digits-cnn.onnx', 'digits-cnn.weights'])
      copyFileSync(path.join(EXTERNAL, name), path.join(box.out, name));
    mkdirSync(path.join(box.out, 'sub'));
    copyFileSync(path.join(EXTERNAL, 'sub/dense.weights'), path.join(box.out, 'sub/dense.weights'));
    const output = path.join(box.out, 'digits-cnn.weights');
    const model = path.join(box.out, 'digits-cnn.onnx');
    expectRefusal(await run(['convert', model, '-d', 'local', '-o', output, '--force']), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [output, 'input'],
    });
  });

  for (const flag of ['--samples', '--devices', '--log']) {
    it(`equal to the file of ${flag} is exit 73, and that file is not touched`, async () => {
      const box = sandbox();
      const file = path.join(box.out, 'file');
      const data = flag === '--samples' ? readFileSync(fixture('data/digits-calib.npy')) : '';
      writeFileSync(file, flag === '--devices' ? 'devices: [{name: x, extends: local}]\n' : data);
      const before = readFileSync(file);
      const args = ['convert', CNN, '-d', 'local', flag, file, '-o', file, '--force'];
      const result = await run(args);
      expect(readFileSync(file).equals(before)).toBe(true);
      expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: [file] });
    });
  }

  it('the descriptor is not replaced by the package', async () => {
    const box = sandbox();
    const args = pack(box);
    const descriptor = args[3] ?? '';
    expectRefusal(await run([...args, '-o', descriptor, '--force']), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [descriptor, 'input'],
    });
  });

  it('the source is not a log', async () => {
    const box = sandbox();
    const model = path.join(box.dir, 'm.onnx');
    copyFileSync(fixture('models/bad/custom-op.onnx'), model);
    const before = readFileSync(model);
    const result = await convertBad(box, model, '--log', model);
    expect(readFileSync(model).equals(before)).toBe(true);
    expectRefusal(result, { exit: 73, code: 'E_OUTPUT', names: [model] });
  });

  it.skipIf(process.platform === 'win32')(
    'that is a FIFO or a device is not replaced by a file',
    async () => {
      const box = sandbox();
      const fifo = path.join(box.out, 'pipe');
      makeFifo(fifo);
      const args = ['convert', CNN, '-d', 'local', '--no-verify', '-o', fifo, '--force'];
      expectRefusal(await run(args), { exit: 73, code: 'E_OUTPUT', names: [fifo] });
      expectRefusal(await run([...pack(box), '-o', fifo, '--force']), {
        exit: 73,
        code: 'E_OUTPUT',
        names: [fifo],
      });
      box.expectOnly('pipe');
    },
  );

  it('may have a name as long as the file system takes', async () => {
    const box = sandbox();
    // 244 bytes in UTF-8; 255 is the limit
    const name = `${'模'.repeat(80)}.tar`;
    const args = [
      'convert',
      CNN,
      '-d',
      'local',
      '--no-verify',
      '-q',
      '-o',
      path.join(box.out, name),
    ];
    expect(await run(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    box.expectOnly(name);
  });

  it('with a name longer than that is exit 73', async () => {
    const box = sandbox();
    const output = path.join(box.out, `${'x'.repeat(300)}.tar`);
    const args = ['convert', CNN, '-d', 'local', '--no-verify', '-o', output];
    expectRefusal(await run(args), { exit: 73, code: 'E_OUTPUT', names: [output] });
    box.expectOnly();
  });

  it('that is a log in a directory that does not exist is exit 73', async () => {
    const box = sandbox();
    const log = path.join(box.dir, 'none', 'log.txt');
    expectRefusal(await convertBad(box, CNN, '--log', log), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [log],
    });
  });

  it('on a full disk is exit 73, the old one stays, and nothing is left', async ({ skip }) => {
    const box = sandbox();
    const full = path.join(box.dir, 'full');
    mkdirSync(full);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full], { stdio: 'ignore' });
    } catch {
      skip('a small tmpfs cannot be mounted here');
    }
    try {
      const output = path.join(full, 'a.tar');
      writeFileSync(output, OLD);
      const refusal = { exit: 73, code: 'E_OUTPUT', names: [output, 'full'] };
      const args = ['convert', CNN, '-d', 'local', '--no-verify', '-o', output, '--force'];
      expectRefusal(await run(args), refusal);
      expectRefusal(await run([...pack(box), '-o', output, '--force']), refusal);
      expect(readFileSync(output, 'utf8')).toBe(OLD);
      expect(readdirSync(full)).toEqual(['a.tar']);
      const archive = path.join(box.dir, 'p.tar');
      expect(await run([...pack(box), '-o', archive])).toMatchObject({ code: 0 });
      expectRefusal(await run(['unpack', archive, '-C', path.join(full, 'd')]), {
        exit: 73,
        code: 'E_OUTPUT',
        names: [path.join(full, 'd'), 'full'],
      });
      expect(readdirSync(full)).toEqual(['a.tar']);
      box.expectOnly();
    } finally {
      execFileSync('umount', [full]);
    }
  });

  it('a full temporary directory is exit 73, and the fix is said', async ({ skip }) => {
    const box = sandbox();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', box.tmp], {
        stdio: 'ignore',
      });
    } catch {
      skip('a small tmpfs cannot be mounted here');
    }
    try {
      expectRefusal(await convertBad(box, CNN), {
        exit: 73,
        code: 'E_OUTPUT',
        names: ['full', 'TMPDIR'],
      });
    } finally {
      execFileSync('umount', [box.tmp]);
    }
  });
});

describe('without permission', () => {
  const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
  const NOBODY = 65_534;

  /** Run the program as a user that permissions count for. */
  async function unprivileged(args: string[], tmp: string): Promise<RunResult> {
    const isRoot = process.getuid?.() === 0;
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: '/',
      env: { ...process.env, TMPDIR: tmp, HOME: tmp },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? -1));
    });
    return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  function openBox(): Sandbox {
    const box = sandbox();
    chmodSync(box.dir, 0o755);
    if (process.getuid?.() === 0)
      for (const dir of [box.out, box.tmp]) chownSync(dir, NOBODY, NOBODY);
    return box;
  }

  /** Why an unprivileged user cannot run the program here at all, if so. */
  async function obstacle(box: Sandbox): Promise<string | undefined> {
    if (process.platform === 'win32') return 'Windows has no modes';
    const { code } = await unprivileged(['--version'], box.tmp);
    return code === 0 ? undefined : 'another user cannot run this checkout';
  }

  it('to read the model: exit 66', async ({ skip }) => {
    const box = openBox();
    const reason = await obstacle(box);
    if (reason !== undefined) skip(reason);
    const file = fileIn(box, 'm.onnx', CNN_BYTES);
    chmodSync(file, 0o000);
    const output = path.join(box.out, 'a.tar');
    const refusal = { exit: 66, code: 'E_INPUT', names: [file, 'may not read', 'ls -l'] };
    expectRefusal(
      await unprivileged(['convert', file, '-d', 'local', '-o', output], box.tmp),
      refusal,
    );
    expectRefusal(await unprivileged(['inspect', file], box.tmp), refusal);
    box.expectOnly();
  });

  it('to write into the output directory: exit 73, the old output stays', async ({ skip }) => {
    const box = openBox();
    const reason = await obstacle(box);
    if (reason !== undefined) skip(reason);
    const output = path.join(box.out, 'a.tar');
    writeFileSync(output, OLD);
    chmodSync(box.out, 0o555);
    const descriptor = fileIn(box, 'd.yaml', 'name: d\nversion: "1"\n');
    const refusal = { exit: 73, code: 'E_OUTPUT', names: [output, 'may not write'] };
    for (const args of [
      ['convert', CNN, '-d', 'local', '-o', output, '--force'],
      ['pack', CNN, '--descriptor', descriptor, '-o', output, '--force'],
    ])
      expectRefusal(await unprivileged(args, box.tmp), refusal);
    expect(readFileSync(output, 'utf8')).toBe(OLD);
    box.expectOnly('a.tar');
  });

  it('to unpack into a directory: exit 73', async ({ skip }) => {
    const box = openBox();
    const reason = await obstacle(box);
    if (reason !== undefined) skip(reason);
    const archive = path.join(box.dir, 'p.tar');
    const args = ['convert', CNN, '-d', 'onnxruntime-cpu', '--no-verify', '-q', '-o', archive];
    expect(await run(args)).toMatchObject({ code: 0 });
    chmodSync(archive, 0o644);
    chmodSync(box.out, 0o555);
    const target = path.join(box.out, 'd');
    expectRefusal(await unprivileged(['unpack', archive, '-C', target], box.tmp), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [target, 'may not write'],
    });
    box.expectOnly();
  });
});

describe('documents', () => {
  const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`)
    .join('\n')}\n`;
  const DOCUMENTS: { title: string; text: string | Uint8Array; says?: string }[] = [
    { title: 'a YAML bomb', text: BOMB, says: 'alias' },
    { title: 'one alias', text: 'name: &a x\nversion: *a\n', says: 'alias' },
    { title: 'a duplicate key', text: 'name: x\nname: y\n', says: '2:1' },
    { title: 'nesting that exhausts a stack', text: '['.repeat(100_000), says: 'nested' },
    { title: 'a list', text: '- a\n- b\n' },
    { title: 'one word', text: 'hello\n' },
    { title: 'nothing', text: '' },
    { title: 'two documents', text: 'name: a\n---\nname: b\n' },
    { title: 'a tag that makes an object', text: 'name: !!js/function "x"\n' },
    { title: 'binary data', text: randomBytes(4096) },
    { title: 'wrong types', text: 'name: [1]\nversion: 1.0\n', says: 'name' },
    { title: 'an unknown key', text: 'nmae: x\n', says: 'nmae' },
    { title: 'a key that drives the terminal', text: '"\\e[2J\\a": 1\n', says: 'unknown key' },
    { title: 'a value that drives the terminal', text: 'protocol: "\\e[2J\\a"\n' },
    { title: 'five megabytes', text: `name: ${'x'.repeat(5_000_000)}\n`, says: 'larger' },
  ];
  const USES: { flag: string; code: string; args(file: string, box: Sandbox): string[] }[] = [
    {
      flag: '--request',
      code: 'E_REQUEST_INVALID',
      args: (file, box) => [
        'convert',
        CNN,
        '-d',
        'local',
        '--request',
        file,
        '-o',
        path.join(box.out, 'a.tar'),
        '-n',
      ],
    },
    {
      flag: '--devices',
      code: 'E_DEVICE_INVALID',
      args: (file, box) => [
        'convert',
        CNN,
        '-d',
        'local',
        '--devices',
        file,
        '-o',
        path.join(box.out, 'a.tar'),
        '-n',
      ],
    },
    {
      flag: '--descriptor',
      code: 'E_DESCRIPTOR_INVALID',
      args: (file, box) => ['pack', CNN, '--descriptor', file, '-o', path.join(box.out, 'a.tar')],
    },
  ];
  for (const { flag, code, args } of USES) {
    for (const { title, text, says = '' } of DOCUMENTS) {
      it(`${flag} with ${title} is exit 65`, async () => {
        const box = sandbox();
        const file = fileIn(box, 'doc.yaml', text);
        expectRefusal(await run(args(file, box)), { exit: 65, code, names: [file, says] });
        box.expectOnly();
      });
    }

    it(`${flag} that is not there is exit 66`, async () => {
      const box = sandbox();
      const file = path.join(box.dir, 'nowhere.yaml');
      expectRefusal(await run(args(file, box)), { exit: 66, code: 'E_INPUT', names: [file] });
    });

    it(`${flag} that is a directory is exit 66`, async () => {
      const box = sandbox();
      expectRefusal(await run(args(box.dir, box)), { exit: 66, code: 'E_INPUT', names: [box.dir] });
    });
  }

  it('every fault of a document is said at once, each with its line and column', async () => {
    const box = sandbox();
    const file = fileIn(
      box,
      'doc.yaml',
      'name: "not a name!"\nversion: 1.0\nprecision: fp33\nverify:\n  sede: 1\ntimeoutSeconds: 0\n',
    );
    const { code, stderr } = await run(['convert', CNN, '-d', 'local', '--request', file, '-n']);
    expect(code).toBe(65);
    expect(stderr.match(/^ {2}\d+:\d+/gm)?.map((place) => place.trim().split(':')[0])).toEqual([
      '1',
      '2',
      '3',
      '5',
      '6',
    ]);
    for (const word of ['in quotes', 'fp32', 'Did you mean "seed"']) expect(stderr).toContain(word);
  });

  it('a device that extends itself in a circle is exit 65', async () => {
    const box = sandbox();
    const file = fileIn(box, 'd.yaml', 'devices: [{name: a, extends: b}, {name: b, extends: a}]\n');
    const args = ['convert', CNN, '--devices', file, '-d', 'a', '-n'];
    expectRefusal(await run(args), { exit: 65, code: 'E_DEVICE_INVALID', names: ['"a"'] });
  });

  it('a device file with two devices does not say which one is meant: exit 64', async () => {
    const box = sandbox();
    const file = fileIn(box, 'd.yaml', 'devices: [{name: a}, {name: b}]\n');
    expectRefusal(await run(['convert', CNN, '-d', file, '-n']), {
      exit: 64,
      code: 'E_USAGE',
      names: [file, '--devices'],
    });
  });

  it('a device without a converter is exit 78 and says how to name one', async () => {
    const box = sandbox();
    const file = fileIn(box, 'd.yaml', 'name: odd\nformats: [oddnn]\nstack: {kind: oddnn}\n');
    expectRefusal(await run(['convert', CNN, '-d', file, '-n']), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['odd', 'oddnn', 'converter'],
    });
  });

  it('a device whose runtime is too old for the result is exit 78', async () => {
    const box = sandbox();
    const file = fileIn(
      box,
      'd.yaml',
      'name: old\nextends: onnxruntime-mobile\nstack: {kind: onnxruntime, version: "1.10.0"}\n',
    );
    expectRefusal(await convertBad(box, CNN, '-d', file), {
      exit: 78,
      code: 'E_NOT_CONVERTIBLE',
      names: ['old', '1.10.0'],
    });
  });
});

describe('samples', () => {
  const images = { shape: [2, 1, 8, 8], data: floats(128) };
  const BAD: { title: string; data: Uint8Array; says: string }[] = [
    {
      title: 'of another type',
      data: npy({ ...images, descr: '<f8', data: new Uint8Array(1024) }),
      says: 'float64',
    },
    {
      title: 'of another shape',
      data: npy({ shape: [2, 1, 9, 9], data: floats(162) }),
      says: '[1, 1, 9, 9]',
    },
    {
      title: 'with an axis less',
      data: npy({ shape: [2, 64], data: floats(128) }),
      says: '[2, 64]',
    },
    { title: 'in Fortran order', data: npy({ ...images, fortran: true }), says: 'Fortran' },
    { title: 'big-endian', data: npy({ ...images, descr: '>f4' }), says: '>f4' },
    { title: 'of objects', data: npy({ ...images, descr: '|O' }), says: '|O' },
    { title: 'cut off', data: npy(images).subarray(0, 300), says: 'truncated' },
    { title: 'cut off in the header', data: npy(images).subarray(0, 60), says: 'header' },
    { title: 'of no rows', data: npy({ shape: [0, 1, 8, 8], data: floats(0) }), says: 'no sample' },
    { title: 'that are empty', data: Buffer.alloc(0), says: 'not a .npy file' },
    { title: 'that are text', data: Buffer.from('1,2,3\n4,5,6\n'), says: 'not a .npy file' },
    {
      title: 'of a size that overflows',
      data: npy({ shape: [2 ** 40, 2 ** 40, 8, 8], data: floats(1) }),
      says: '',
    },
    {
      title: 'of 8 PB',
      data: npy({ shape: [2 ** 45, 1, 8, 8], data: floats(1) }),
      says: 'truncated',
    },
  ];
  for (const { title, data, says } of BAD) {
    it(`${title} are exit 65 before anything is converted`, async () => {
      const box = sandbox();
      const file = fileIn(box, 'samples.npy', data);
      const result = await convertBad(box, CNN, '--samples', file);
      expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: [file, says] });
      expect(result.stderr).not.toContain('✓ convert');
    });
  }

  it('that are not there are exit 66', async () => {
    const box = sandbox();
    const file = path.join(box.dir, 'nowhere.npy');
    const result = await convertBad(box, CNN, '--samples', file);
    expectRefusal(result, { exit: 66, code: 'E_INPUT', names: [file] });
  });

  it('in an empty directory are exit 65', async () => {
    const box = sandbox();
    const directory = path.join(box.dir, 'samples');
    mkdirSync(directory);
    const result = await convertBad(box, CNN, '--samples', directory);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: [directory] });
  });

  it('in one file for a model with two inputs are exit 65, and the inputs are named', async () => {
    const box = sandbox();
    const file = fileIn(box, 'samples.npy', npy(images));
    const result = await convertBad(box, fixture('models/two-inputs.onnx'), '--samples', file);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: [file, 'ids', 'mask'] });
  });

  it('of which one input has none, or another number, are exit 65', async () => {
    const box = sandbox();
    const directory = path.join(box.dir, 'samples');
    mkdirSync(directory);
    const model = fixture('models/two-inputs.onnx');
    const array = (rows: number, descr: string, bytes: number): Buffer =>
      npy({ descr, shape: [rows, 6], data: new Uint8Array(rows * 6 * bytes) });
    writeFileSync(path.join(directory, 'ids.npy'), array(4, '<i8', 8));
    expectRefusal(await convertBad(box, model, '--samples', directory), {
      exit: 65,
      code: 'E_SAMPLES_INVALID',
      names: [directory, 'mask.npy'],
    });
    writeFileSync(path.join(directory, 'mask.npy'), array(3, '|b1', 1));
    expectRefusal(await convertBad(box, model, '--samples', directory), {
      exit: 65,
      code: 'E_SAMPLES_INVALID',
      names: [directory, 'ids 4', 'mask 3'],
    });
  });

  it('outside the table that they index are exit 65, not a failure of the tool', async () => {
    const box = sandbox();
    const ids = new BigInt64Array(64).fill(1_000_000n);
    const model = fixture('models/digits-transformer.onnx');
    const file = fileIn(
      box,
      'samples.npy',
      npy({ descr: '<i8', shape: [1, 64], data: new Uint8Array(ids.buffer) }),
    );
    const result = await convertBad(box, model, '--samples', file);
    expectRefusal(result, { exit: 65, code: 'E_SAMPLES_INVALID', names: ['--samples'] });
  });
});

describe('a package', () => {
  const BAD: { title: string; data: Uint8Array }[] = [
    { title: 'that is empty', data: Buffer.alloc(0) },
    { title: 'of random bytes', data: randomBytes(8192) },
    { title: 'of zeros', data: Buffer.alloc(8192) },
    { title: 'that is a model', data: CNN_BYTES },
    { title: 'that is a PNG image', data: PNG },
    { title: 'that is another tar', data: tarHeader() },
  ];
  for (const { title, data } of BAD) {
    it(`${title} is neither verified nor unpacked: exit 65`, async () => {
      const box = sandbox();
      const file = fileIn(box, 'p.tar', data);
      const refusal = { exit: 65, code: 'E_PACKAGE_INVALID', names: [file] };
      expectRefusal(await run(['verify', file]), refusal);
      expectRefusal(await run(['unpack', file, '-C', path.join(box.out, 'd')]), refusal);
      box.expectOnly();
    });
  }

  it('cut off at any length is exit 65 and leaves nothing', async () => {
    const box = sandbox();
    const whole = path.join(box.dir, 'whole.tar');
    const args = ['convert', CNN, '-d', 'onnxruntime-cpu', '--no-verify', '-q', '-o', whole];
    expect(await run(args)).toMatchObject({ code: 0 });
    const bytes = readFileSync(whole);
    const file = path.join(box.dir, 'p.tar');
    for (const length of [
      1,
      511,
      512,
      513,
      1024,
      4096,
      100_000,
      bytes.length - 1025,
      bytes.length - 1,
    ]) {
      writeFileSync(file, bytes.subarray(0, length));
      for (const command of [
        ['verify', file],
        ['unpack', file, '-C', path.join(box.out, 'd')],
      ]) {
        const { code, stderr } = await run(command);
        expect(`${command[0]} ${length}: ${code}`).toBe(`${command[0]} ${length}: 65`);
        expect(stderr).toContain(file);
      }
    }
    box.expectOnly();
  });

  it('that is not there is exit 66, that is a directory, too', async () => {
    const box = sandbox();
    for (const file of [path.join(box.dir, 'nowhere.tar'), box.dir]) {
      const refusal = { exit: 66, code: 'E_INPUT', names: [file] };
      expectRefusal(await run(['verify', file]), refusal);
      expectRefusal(await run(['unpack', file, '-C', path.join(box.out, 'd')]), refusal);
    }
  });

  it('is not unpacked over a file, or where there is no directory: exit 73', async () => {
    const box = sandbox();
    const archive = path.join(box.dir, 'p.tar');
    const args = ['convert', CNN, '-d', 'onnxruntime-cpu', '--no-verify', '-q', '-o', archive];
    expect(await run(args)).toMatchObject({ code: 0 });
    const file = path.join(box.out, 'file');
    writeFileSync(file, OLD);
    expectRefusal(await run(['unpack', archive, '-C', file, '--force']), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [file],
    });
    expect(readFileSync(file, 'utf8')).toBe(OLD);
    const nowhere = path.join(box.out, 'none', 'd');
    expectRefusal(await run(['unpack', archive, '-C', nowhere]), {
      exit: 73,
      code: 'E_OUTPUT',
      names: [nowhere, 'mkdir'],
    });
    box.expectOnly('file');
  });
});

describe('files to pack', () => {
  it('that are not there, or listed but not given, are exit 66', async () => {
    const box = sandbox();
    const descriptor = fileIn(
      box,
      'd.yaml',
      'name: d\nversion: "1"\nfiles: [{path: model/gone.bin, role: model}]\n',
    );
    const output = path.join(box.out, 'a.tar');
    const nowhere = path.join(box.dir, 'nowhere.bin');
    expectRefusal(await run(['pack', nowhere, '--descriptor', descriptor, '-o', output]), {
      exit: 66,
      code: 'E_INPUT',
      names: [nowhere],
    });
    expectRefusal(await run(['pack', CNN, '--descriptor', descriptor, '-o', output]), {
      exit: 66,
      code: 'E_INPUT',
      names: [descriptor, 'model/gone.bin'],
    });
    box.expectOnly();
  });

  it('that are a damaged ONNX file are exit 65', async () => {
    const box = sandbox();
    const descriptor = fileIn(box, 'd.yaml', 'name: d\nversion: "1"\n');
    const model = fileIn(box, 'm.onnx', CNN_BYTES.subarray(0, 5000));
    const output = path.join(box.out, 'a.tar');
    expectRefusal(await run(['pack', model, '--descriptor', descriptor, '-o', output]), {
      exit: 65,
      code: 'E_MODEL_INVALID',
      names: [model],
    });
    box.expectOnly();
  });

  it('of the same name from two directories are refused', async () => {
    const box = sandbox();
    const descriptor = fileIn(box, 'd.yaml', 'name: d\nversion: "1"\n');
    for (const name of ['a', 'b']) {
      mkdirSync(path.join(box.dir, name));
      copyFileSync(CNN, path.join(box.dir, name, 'm.onnx'));
    }
    const files = ['a', 'b'].map((name) => path.join(box.dir, name, 'm.onnx'));
    const output = path.join(box.out, 'a.tar');
    const result = await run(['pack', ...files, '--descriptor', descriptor, '-o', output]);
    expectRefusal(result, { exit: 64, code: 'E_USAGE', names: [files[1] ?? ''] });
    box.expectOnly();
  });

  it.skipIf(process.platform === 'win32')(
    'that are links or FIFOs in a directory are exit 66',
    async () => {
      const box = sandbox();
      const descriptor = fileIn(
        box,
        'd.yaml',
        'name: d\nversion: "1"\nsoftware: {stack: {kind: x}}\n',
      );
      for (const make of [(file: string) => symlinkSync('/etc/passwd', file), makeFifo]) {
        const directory = path.join(box.dir, `model-${randomBytes(4).toString('hex')}`);
        mkdirSync(directory);
        make(path.join(directory, 'odd'));
        const output = path.join(box.out, 'a.tar');
        const args = ['pack', directory, '--descriptor', descriptor, '-o', output];
        expectRefusal(await run(args), {
          exit: 66,
          code: 'E_INPUT',
          names: [path.join(directory, 'odd')],
        });
      }
      box.expectOnly();
    },
  );

  it('that are an empty directory are refused', async () => {
    const box = sandbox();
    const descriptor = fileIn(
      box,
      'd.yaml',
      'name: d\nversion: "1"\nmodel: {format: ncnn, inputs: [], outputs: []}\nsoftware: {stack: {kind: ncnn}}\n',
    );
    const directory = path.join(box.dir, 'model');
    mkdirSync(directory);
    const output = path.join(box.out, 'a.tar');
    const result = await run(['pack', directory, '--descriptor', descriptor, '-o', output]);
    expect(result).toMatchObject({ stdout: '' });
    expect([64, 65, 66]).toContain(result.code);
    box.expectOnly();
  });
});
