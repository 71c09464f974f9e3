// What `convert` costs beyond running the vendor's tool by hand: at most 1.10 x that + 0.3 s; and what its
// parity check adds: at most 1.0 s. Each tool that is installed is measured; a table, then JSON; ends with 1 when a goal is not met.
// `--quick`: three runs in place of nine; `--write`: docs/overhead.md, too; ADAPTER: that one alone.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAdapter } from '../dist/adapters/registry.js';
import { timing } from './timing.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = path.join(ROOT, 'bin/modelconv.js');
const MODEL = path.join(ROOT, 'fixtures/models/digits-cnn-static.onnx');
const SHARE = 1.1;
const GOAL_S = 0.3;
const GATE_GOAL_S = 1;
const RUNS = process.argv.includes('--quick') ? 3 : 9;
const ONLY = process.argv.slice(2).filter((word) => !word.startsWith('--'));

const MNN = 'import sys,MNN,_tools;_tools.mnnconvert(["mnnconvert"]+sys.argv[1:])';
const RKNN = `
import sys
from rknn.api import RKNN
r = RKNN(verbose=False)
r.config(target_platform="rk3588", mean_values=[[0]], std_values=[[1]])
ok = r.load_onnx(model="by-hand.onnx") == 0 and r.build(do_quantization=False) == 0 and r.export_rknn("by-hand.rknn") == 0
sys.exit(0 if ok else 1)
`;

/** How a person would run each tool; the model lies as by-hand.onnx in the current directory. */
const BY_HAND = {
  onnxruntime: {
    device: 'local',
    command: (python) => [
      python,
      '-m',
      'onnxruntime.tools.convert_onnx_models_to_ort',
      'by-hand.onnx',
      '--optimization_style',
      'Fixed',
      '--output_dir',
      'by-hand-ort',
    ],
  },
  openvino: {
    device: 'openvino-cpu',
    command: (python) => [
      python,
      '-m',
      'openvino.tools.ovc',
      'by-hand.onnx',
      '--output_model',
      'by-hand.xml',
      '--compress_to_fp16=False',
    ],
  },
  ncnn: {
    device: 'ncnn-cpu',
    command: (python) => [
      path.join(path.dirname(python), '../lib', libOf(python), 'site-packages/pnnx/pnnx'),
      'by-hand.onnx',
      'fp16=0',
      'inputshape=[1,1,8,8]',
    ],
  },
  mnn: {
    device: 'mnn-cpu',
    command: (python) => [
      python,
      '-c',
      MNN,
      '-f',
      'ONNX',
      '--modelFile',
      'by-hand.onnx',
      '--MNNModel',
      'by-hand.mnn',
      '--bizCode',
      'none',
    ],
  },
  tflite: {
    device: 'tflite-cpu',
    // it writes over its input
    command: (python) => [
      'sh',
      '-c',
      'cp by-hand.onnx over.onnx && PATH="$0:$PATH" onnx2tf -i over.onnx -o by-hand-tf -kat image -n',
      path.dirname(python),
    ],
  },
  rknn: { device: 'rk3588', precision: 'fp16', command: (python) => [python, '-c', RKNN] },
};

/** The Python that the tool lives in: of one that is a package of npm, the one that quantizes for it. */
async function pythonOf(id) {
  const detection = await (await loadAdapter(id))?.detect({ quantizes: true });
  if (detection?.found !== true) return { why: detection?.why ?? 'no such adapter' };
  const { launcher, version, tool } = detection.toolchain;
  const [program] = Object.entries(launcher.programs ?? {}).filter(([, [file]]) =>
    /python/.test(file),
  );
  return launcher.environment !== undefined &&
    program !== undefined &&
    !/python/.test(launcher.command[0])
    ? { python: program[1][0], tool: program[0] }
    : { python: launcher.command[0], tool: `${tool} ${version}` };
}

const HEAD = `# What convert costs

Made by \`npm run bench:tools -- --write\`: whole commands on one machine, in turn, medians of ${RUNS} runs; do not edit it.
\`convert --no-verify\` of \`fixtures/models/digits-cnn-static.onnx\` beside the vendor's own converter, run by hand on
the same file. The goal: at most ${SHARE} x the tool + ${GOAL_S} s. What convert does in that time besides: it probes the model,
finds the tool, stages a copy, reads the result back, and packs it with its descriptor.

The parity check: the same command with and without it, the inference of its samples included; the goal is at most
${GATE_GOAL_S.toFixed(1)} s beyond the inference. Each of the two runtimes is started once, whatever the number of samples; where the
converter's own simulator gives the results (rknn), the check loads the model into it.
`;

function mark(isGood) {
  return isGood ? '' : ' **over**';
}

/** The table for people. */
function document(measured) {
  const lines = measured.map(
    ({ adapter, tool, convertS, byHandS, beyondS, gateS }) =>
      `| ${adapter} | ${tool} | ${byHandS.toFixed(2)} | ${convertS.toFixed(2)} | ${beyondS.toFixed(2)}${mark(beyondS <= GOAL_S)} | ${gateS.toFixed(2)}${mark(gateS <= GATE_GOAL_S)} |`,
  );
  return [
    HEAD,
    `| adapter | tool | by hand, s | convert --no-verify, s | beyond ${SHARE} x, s (at most ${GOAL_S}) | the parity check adds, s (at most ${GATE_GOAL_S.toFixed(1)}) |`,
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    `Node.js ${process.version}, ${availableParallelism()} cores.`,
    '',
  ].join('\n');
}

/** `python3.11` of an environment's lib/. */
function libOf(python) {
  const names = readdirSync(path.join(path.dirname(python), '../lib'));
  return names.find((name) => /^python3/.test(name));
}

const dir = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'modelconv-bench-'));
copyFileSync(MODEL, path.join(dir, 'by-hand.onnx'));
// as every step gets it: without it some tools try to send usage reports first
const { pair } = timing(dir, { CI: 'true', MODELCONV_CACHE_SIZE: '0' });
const rows = [];
try {
  for (const [id, { device, precision = 'fp32', command }] of Object.entries(BY_HAND)) {
    if (ONLY.length > 0 && !ONLY.includes(id)) continue;
    const { python, tool, why } = await pythonOf(id);
    if (python === undefined) {
      console.log(`skip  ${id.padEnd(11)} ${why}`);
      continue;
    }
    const convert = [
      process.execPath,
      BIN,
      'convert',
      MODEL,
      '-d',
      device,
      '--precision',
      precision,
      '-o',
      `${id}.tar`,
      '--force',
      '--quiet',
      '--no-verify',
    ];
    const measured = pair(convert, command(python), RUNS);
    const beyond = measured.beyond(SHARE);
    const gate = pair(
      convert.filter((word) => word !== '--no-verify'),
      convert,
      RUNS,
    ).extra;
    const passed = beyond <= GOAL_S && gate <= GATE_GOAL_S;
    rows.push({
      adapter: id,
      tool,
      convertS: measured.a,
      byHandS: measured.b,
      beyondS: Number(beyond.toFixed(3)),
      goalS: GOAL_S,
      gateS: Number(gate.toFixed(3)),
      gateGoalS: GATE_GOAL_S,
      passed,
    });
    console.log(
      `${passed ? 'ok  ' : 'OVER'}  ${id.padEnd(11)} ${beyond.toFixed(2)} s beyond ${SHARE} x by hand (goal ${GOAL_S}): ${measured.a.toFixed(2)} s and ${measured.b.toFixed(2)} s; the parity check adds ${gate.toFixed(2)} s (goal ${GATE_GOAL_S})`,
    );
  }
  console.log(JSON.stringify({ node: process.version, rows }, null, 2));
  if (process.argv.includes('--write'))
    writeFileSync(path.join(ROOT, 'docs/overhead.md'), document(rows));
  process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
