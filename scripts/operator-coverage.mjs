// How many small graphs convert, how many compute the same, and why the others do not:
// `operator-coverage.mjs [--write] [--check] [--count N] [--keep DIR] [--report FILE]`. The graphs are those of
// operator_graphs.py, converted for ONNX Runtime, OpenVINO and TFLite with the parity check that every
// conversion has. `--write` makes docs/operators.md and fixtures/operators.json; `--check` ends with 1 when a
// graph ends worse than that file says, with the counts in FILE as vitest writes them; where a tool is not
// there, nothing is run. `--keep` keeps graphs and ends in DIR, and goes on from there.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { loadAdapter } from '../dist/adapters/registry.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = path.join(ROOT, 'bin/modelconv.js');
const GENERATOR = path.join(ROOT, 'scripts/operator_graphs.py');
const BASELINE = path.join(ROOT, 'fixtures/operators.json');
const DOCUMENT = path.join(ROOT, 'docs/operators.md');
const DEVICES = { onnxruntime: 'local', openvino: 'openvino-cpu', tflite: 'tflite-cpu' };
/** How a conversion ends, by the code of its error. */
const ENDS = {
  E_PARITY: 'computes something else',
  E_NOT_CONVERTIBLE: 'refused, with the reason',
  E_TOOL_FAILED: 'the tool failed',
  E_TOOL_OUTPUT: 'the runtime refuses what the tool made',
  E_SAMPLES_INVALID: 'the reference cannot run the source',
};
const SAME = 'computes the same';

const { values: flags } = parseArgs({
  options: {
    write: { type: 'boolean' },
    check: { type: 'boolean' },
    count: { type: 'string', default: '200' },
    keep: { type: 'string' },
    report: { type: 'string' },
  },
});
const run = promisify(execFile);

/** The tools, or undefined when one is not there. */
async function versions() {
  const found = {};
  for (const id of Object.keys(DEVICES)) {
    const detection = await (await loadAdapter(id)).detect();
    if (!detection.found) {
      console.log(`skipped: ${id} is not there, ${detection.why}`);
      return undefined;
    }
    const { tool, version, launcher } = detection.toolchain;
    found[id] = { tool, version, python: launcher.command[0] };
  }
  return found;
}

/** Written by hand, of the versions that the table names. */
const LOOKED_INTO = `What computes something else was looked into: none of it is a false alarm. BitShift of 8-bit integers (OpenVINO and
onnx2tf), DFT with an axis (OpenVINO), Elu with an alpha, Hardmax and cubic Resize (onnx2tf) give other numbers than
ONNX Runtime, and the reference evaluator of the \`onnx\` package agrees with ONNX Runtime. The symmetric windows were
asked for a window of one element, whose values are 0 / 0: nothing could be compared, and the error asks for real
inputs. False alarms that these graphs had shown before were mended: rounding where terms cancel out, scalars that
became lists of one, and quantized outputs of a quantized source.`;

/** The end of one conversion: its code, and the sentence that says why. */
function endOf(outcome) {
  if (outcome.status === 'converted' || outcome.status === 'unconverted') {
    const { verification } = outcome.descriptor;
    return verification.passed === true
      ? { end: SAME }
      : { end: `not checked: ${verification.skipped}` };
  }
  const { code, message, why = message, logTail = '' } = outcome.error;
  // what the log ends with says more than an exit status
  const last = /^exit status/.test(why) ? logTail.trim().split('\n').at(-1) : undefined;
  return { end: ENDS[code] ?? code, why: (last || why).replace(/\s+/g, ' ').slice(0, 300) };
}

async function convertOne(dir, file) {
  const words = Object.values(DEVICES).flatMap((device) => ['-d', device]);
  const output = path.join(dir, 'out', path.basename(file, '.onnx'));
  mkdirSync(output, { recursive: true });
  const command = [
    BIN,
    'convert',
    path.join(dir, file),
    ...words,
    '-o',
    `${output}/`,
    '--json',
    '-q',
    '--no-cache',
  ];
  const { stdout } = await run(process.execPath, command, { maxBuffer: 1 << 28 }).catch(
    (error) => error,
  );
  const { results } = JSON.parse(stdout);
  rmSync(output, { recursive: true, force: true });
  return Object.fromEntries(
    Object.entries(DEVICES).map(([id, device]) => [
      id,
      endOf(results.find((outcome) => outcome.device === device)),
    ]),
  );
}

async function convertAll(dir, graphs) {
  const log = path.join(dir, 'ends.json');
  const ends = existsSync(log) ? JSON.parse(readFileSync(log, 'utf8')) : {};
  const open = graphs.filter(({ file }) => ends[file] === undefined);
  const work = async () => {
    for (let graph = open.shift(); graph !== undefined; graph = open.shift()) {
      ends[graph.file] = await convertOne(dir, graph.file);
      writeFileSync(log, JSON.stringify(ends));
      process.stderr.write(`${Object.keys(ends).length}/${graphs.length} ${graph.file}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return Object.fromEntries(Object.entries(ends).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function countsOf(ends, id) {
  const counts = new Map();
  for (const each of Object.values(ends))
    counts.set(each[id].end, (counts.get(each[id].end) ?? 0) + 1);
  return counts;
}

function table(ends, tools) {
  const kinds = [SAME, ...Object.values(ENDS)];
  const others = [
    ...new Set(Object.values(ends).flatMap((each) => Object.values(each).map(({ end }) => end))),
  ].filter((end) => !kinds.includes(end));
  const columns = [...kinds, ...others];
  return [
    `| adapter | tool | ${columns.join(' | ')} |`,
    `|---|---|${columns.map(() => '---|').join('')}`,
    ...Object.keys(DEVICES).map((id) => {
      const counts = countsOf(ends, id);
      return `| ${id} | ${tools[id].tool} ${tools[id].version} | ${columns.map((end) => counts.get(end) ?? 0).join(' | ')} |`;
    }),
  ].join('\n');
}

/** Why graphs did not convert, or not to the same: one line for each. */
function reasons(ends, graphs, id) {
  const operators = new Map(graphs.map(({ file, operators: list }) => [file, list.join(', ')]));
  return Object.entries(ends)
    .filter(([, each]) => each[id].end !== SAME)
    .map(
      ([file, each]) =>
        `| ${path.basename(file, '.onnx')} | ${operators.get(file)} | ${each[id].end} | ${(each[id].why ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`,
    )
    .join('\n');
}

function document(ends, graphs, tools) {
  const operators = new Set(graphs.flatMap(({ operators: list }) => list)).size;
  return [
    '# Which operators convert',
    '',
    `Made by \`npm run operators\` from real conversions; do not edit it. ${graphs.length} small graphs with ${operators} operators, generated from the node tests of the \`onnx\` package (scripts/operator_graphs.py), each converted in fp32 with the default options and checked on generated samples, with the tolerance of every conversion.`,
    '',
    table(ends, tools),
    '',
    LOOKED_INTO,
    '',
    ...Object.keys(DEVICES).flatMap((id) => {
      const lines = reasons(ends, graphs, id);
      return lines === ''
        ? []
        : [
            `## ${id}: why the others do not`,
            '',
            '| graph | operators | end | why |',
            '|---|---|---|---|',
            lines,
            '',
          ];
    }),
  ].join('\n');
}

/** Graphs that end worse than the file of expected ends says: no longer the same, or something else now. */
function surprises(ends) {
  const expected = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const isWorse = (before, now) =>
    now !== before && (before === undefined || before === SAME || now === ENDS.E_PARITY);
  return Object.entries(ends).flatMap(([file, each]) =>
    Object.entries(each)
      .filter(([id, { end }]) => isWorse(expected[file]?.[id], end))
      .map(
        ([id, { end, why = '' }]) =>
          `${file} for ${id}: ${end} ${why} (expected: ${expected[file]?.[id] ?? 'nothing'})`,
      ),
  );
}

function writeReport(total, found, skipped) {
  if (flags.report === undefined) return;
  const counts = { numTotalTests: total, numPassedTests: total - found.length - skipped };
  const rest = { numFailedTests: found.length, numPendingTests: skipped, numTodoTests: 0 };
  const assertionResults = found.map((line) => ({
    status: 'failed',
    fullName: line,
    failureMessages: [],
  }));
  const testResults = [{ name: 'operators', status: 'passed', assertionResults }];
  const report = { ...counts, ...rest, success: found.length === 0, testResults };
  writeFileSync(flags.report, JSON.stringify(report));
}

async function measure(tools, dir) {
  await run(tools.tflite.python, [GENERATOR, dir, flags.count]);
  const graphs = JSON.parse(readFileSync(path.join(dir, 'graphs.json'), 'utf8'));
  const ends = await convertAll(dir, graphs);
  console.log(table(ends, tools));
  if (flags.write) {
    writeFileSync(DOCUMENT, document(ends, graphs, tools));
    const short = Object.fromEntries(
      Object.entries(ends).map(([file, each]) => [
        file,
        Object.fromEntries(Object.entries(each).map(([id, { end }]) => [id, end])),
      ]),
    );
    writeFileSync(BASELINE, `${JSON.stringify(short, null, 2)}\n`);
  }
  const found = flags.check ? surprises(ends) : [];
  for (const line of found) console.log(line);
  const total = Object.keys(ends).length * Object.keys(DEVICES).length;
  console.log(`${total - found.length} as expected, ${found.length} otherwise`);
  writeReport(total, found, 0);
  process.exitCode = found.length === 0 ? 0 : 1;
}

const tools = await versions();
if (tools === undefined) {
  writeReport(1, [], 1);
} else {
  const dir = flags.keep ?? mkdtempSync(path.join(tmpdir(), 'modelconv-operators-'));
  mkdirSync(dir, { recursive: true });
  try {
    await measure(tools, dir);
  } finally {
    if (flags.keep === undefined) rmSync(dir, { recursive: true, force: true });
  }
}
