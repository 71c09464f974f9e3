// What modelconv costs, as ratios against public tools measured in the same run: A and B in turn, so
// that a slow moment of the machine meets both. Prints a table, then JSON; ends with 1 when a goal is not met.
// Whole processes are timed from outside; memory is the peak resident set of the process.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { timing } from './timing.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = path.join(ROOT, 'bin/modelconv.js');
const MODEL = path.join(ROOT, 'fixtures/models/digits-cnn.onnx');
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const QUICK = process.argv.includes('--quick');
const dir = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'modelconv-bench-'));
const inDir = (name) => path.join(dir, name);

// a conversion converts, but where a copy from the cache is timed
const { timed, pair } = timing(dir, { MODELCONV_CACHE_SIZE: '0' });
const cached = timing(dir, { MODELCONV_CACHE_DIR: inDir('cache'), MODELCONV_CACHE_SIZE: '1GiB' });

/** Peak resident set in MiB, as the kernel counts it for the finished process. */
function peakMiB(args) {
  const reporter = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(inDir('rss'))}, String(process.resourceUsage().maxRSS)))`;
  writeFileSync(inDir('reporter.cjs'), reporter);
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', inDir('reporter.cjs'), BIN, ...args],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: dir },
  );
  if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}\n${stderr}`);
  return Number(readFileSync(inDir('rss'), 'utf8')) / 1024;
}

/** A file of `bytes` bytes that do not repeat (or a hole, when sparse). */
function makeFile(name, bytes, sparse = false) {
  const fd = openSync(inDir(name), 'w');
  if (sparse) ftruncateSync(fd, bytes);
  else {
    const chunk = Buffer.alloc(MIB);
    let state = 1;
    for (let i = 0; i < chunk.length; i += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      chunk.writeUInt32LE(state, i);
    }
    for (let at = 0; at < bytes; at += MIB) {
      chunk.writeUInt32LE(at / MIB, 0);
      writeSync(fd, chunk);
    }
  }
  closeSync(fd);
  return name;
}

const DESCRIPTOR = `name: weights
version: "1.0.0"
model: {format: raw, type: float, inputs: [], outputs: []}
software: {stack: {kind: none}}
`;

const rows = [];
function report(what, value, unit, goal, note) {
  const passed = value <= goal;
  rows.push({ what, value: Number(value.toFixed(3)), unit, goal, passed, note });
  console.log(
    `${passed ? 'ok  ' : 'OVER'}  ${what.padEnd(44)} ${value.toFixed(2).padStart(8)} ${unit.padEnd(6)} goal ${String(goal).padEnd(5)} ${note}`,
  );
}

try {
  writeFileSync(inDir('d.yaml'), DESCRIPTOR);
  const node = [process.execPath, '-e', '0'];
  const mc = (...args) => [process.execPath, BIN, ...args];
  const runs = QUICK ? 7 : 21;

  const version = pair(mc('--version'), node, runs);
  report(
    '--version against bare node',
    version.ratio,
    'x',
    1.5,
    `${(version.a * 1000).toFixed(0)} ms and ${(version.b * 1000).toFixed(0)} ms`,
  );

  makeFile('small.bin', 2 * MIB);
  makeFile('large.bin', QUICK ? 256 * MIB : 2 * GIB, true);
  timed(mc('pack', 'small.bin', '--descriptor', 'd.yaml', '-o', 'small.tar'));
  timed(mc('pack', 'large.bin', '--descriptor', 'd.yaml', '-o', 'large.tar'));
  const inspect = pair(mc('inspect', 'large.tar'), node, runs);
  report(
    'inspect of a 2 GiB package against bare node',
    inspect.ratio,
    'x',
    3,
    `${(inspect.a * 1000).toFixed(0)} ms and ${(inspect.b * 1000).toFixed(0)} ms`,
  );
  const sizes = pair(mc('inspect', 'large.tar'), mc('inspect', 'small.tar'), runs);
  report(
    'inspect of 2 GiB against 2 MiB',
    sizes.ratio,
    'x',
    1.1,
    `${(sizes.a * 1000).toFixed(0)} ms and ${(sizes.b * 1000).toFixed(0)} ms`,
  );
  rmSync(inDir('large.tar'));
  rmSync(inDir('large.bin'));

  makeFile('weights.bin', QUICK ? 256 * MIB : GIB);
  const packing = pair(
    mc('pack', 'weights.bin', '--descriptor', 'd.yaml', '-o', 'p.tar', '--force'),
    ['sh', '-c', 'tar cf t.tar weights.bin && openssl sha256 weights.bin'],
    QUICK ? 3 : 5,
  );
  report(
    'pack of 1 GiB against tar + openssl sha256',
    packing.ratio,
    'x',
    1.3,
    `${packing.a.toFixed(2)} s and ${packing.b.toFixed(2)} s`,
  );
  const verifying = pair(
    mc('verify', 'p.tar'),
    ['openssl', 'sha256', 'weights.bin'],
    QUICK ? 3 : 5,
  );
  report(
    'verify of 1 GiB against openssl sha256',
    verifying.ratio,
    'x',
    1.3,
    `${verifying.a.toFixed(2)} s and ${verifying.b.toFixed(2)} s`,
  );
  for (const name of ['weights.bin', 'p.tar', 't.tar']) rmSync(inDir(name));

  const driver = path.join(ROOT, 'dist/adapters/onnxruntime/driver.js');
  const runtime = path.join(ROOT, 'node_modules/onnxruntime-node');
  const alone = [
    process.execPath,
    driver,
    runtime,
    'convert',
    '--model',
    MODEL,
    '--output',
    'alone.ort',
    '--optimization',
    'extended',
    '--qdq-int8',
    '0',
  ];
  const converting = pair(
    mc('convert', MODEL, '-d', 'local', '-o', 'c.tar', '--force', '--quiet', '--no-verify'),
    alone,
    runs,
  );
  report(
    'convert without parity, beyond the converter',
    converting.extra,
    's',
    0.3,
    `${converting.a.toFixed(2)} s and ${converting.b.toFixed(2)} s`,
  );
  const checked = pair(
    mc('convert', MODEL, '-d', 'local', '-o', 'c.tar', '--force', '--quiet'),
    alone,
    runs,
  );
  report(
    'convert with parity, beyond the converter',
    checked.extra,
    's',
    0.3,
    `${checked.a.toFixed(2)} s and ${checked.b.toFixed(2)} s`,
  );

  const repeated = cached.pair(
    mc('convert', MODEL, '-d', 'local', '-o', 'c.tar', '--force', '--quiet'),
    node,
    runs,
  );
  report(
    'repeated convert against bare node',
    repeated.ratio,
    'x',
    4,
    `${(repeated.a * 1000).toFixed(0)} ms and ${(repeated.b * 1000).toFixed(0)} ms`,
  );

  makeFile('sparse.bin', QUICK ? GIB : 4 * GIB, true);
  const size = QUICK ? '1 GiB' : '4 GiB';
  report(
    `memory of pack, ${size}`,
    peakMiB(['pack', 'sparse.bin', '--descriptor', 'd.yaml', '-o', 's.tar']),
    'MiB',
    150,
    '',
  );
  report(`memory of verify, ${size}`, peakMiB(['verify', 's.tar']), 'MiB', 150, '');
  report(`memory of unpack, ${size}`, peakMiB(['unpack', 's.tar', '-C', 'out']), 'MiB', 150, '');
  console.log(JSON.stringify({ node: process.version, quick: QUICK, rows }, null, 2));
  process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
