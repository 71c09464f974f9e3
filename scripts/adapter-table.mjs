// Converts the fixtures with every adapter whose tool is installed, in every precision, and writes what
// came out to docs/measured.md: success, size, time, parity, and for digits the top-1 accuracy on the
// held-out test set before and after. Run with: npm run measure [-- ADAPTER…]
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { builtInAdapterIds, loadAdapter } from '../dist/adapters/registry.js';
import { readResults, writeRunSpec } from '../dist/adapters/run-files.js';
import { planRoute } from '../dist/convert/plan.js';
import { planInput } from '../dist/convert/plan-input.js';
import { prepareData } from '../dist/convert/prepare-data.js';
import { runPlan } from '../dist/convert/run-plan.js';
import { stageSource } from '../dist/convert/stage-source.js';
import { BUILTIN_DEVICES } from '../dist/device/builtin.js';
import { withScratchDir } from '../dist/host/temp.js';
import { acquireRequests } from '../dist/request/acquire.js';
import { probeModel } from '../dist/source/probe.js';
import { OutputComparison } from '../dist/tensor/metrics.js';
import { readNpy } from '../dist/tensor/npy.js';
import { loadSamples } from '../dist/tensor/samples.js';

const fixture = (name) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const OUTPUT = fileURLToPath(new URL('../docs/measured.md', import.meta.url));

const MODELS = [
  {
    title: 'digits CNN',
    file: fixture('models/digits-cnn-static.onnx'),
    inputs: {},
    samples: fixture('data/digits-test.npy'),
    calibration: fixture('data/digits-calib.npy'),
  },
  {
    title: 'sequence model (transformer, int64 tokens)',
    file: fixture('models/digits-transformer.onnx'),
    inputs: { tokens: [1, 64] },
    samples: fixture('data/digits-test-tokens.npy'),
    calibration: fixture('data/digits-calib-tokens.npy'),
  },
];
/** The device that stands for an adapter, where there are several. */
const DEVICES = {
  onnxruntime: 'onnxruntime-mobile',
  openvino: 'openvino-cpu',
  tflite: 'tflite-cpu',
  ncnn: 'ncnn-cpu',
  mnn: 'mnn-cpu',
  rknn: 'rk3588',
};

const labels = [...(await labelsOf(fixture('data/digits-test-labels.npy')))];

async function labelsOf(file) {
  const { data, dtype } = await readNpy(file);
  const view = { int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array }[dtype];
  return Array.from(new view(new Uint8Array(data).buffer), Number);
}

function argmax(values) {
  return values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
}

/** Outputs of all samples of the first output. */
async function outputsOf(tool, workDir, resultDir, count) {
  const [output] = await readResults(tool, workDir, resultDir);
  const all = [];
  for (let sample = 0; sample < count; sample++) all.push(await output.sample(sample));
  return all;
}

function accuracy(outputs) {
  const right = outputs.filter((output, index) => argmax([...output]) === labels[index]).length;
  return right / outputs.length;
}

async function convertOnce(adapter, model, precision) {
  const device = BUILTIN_DEVICES.find(({ name }) => name === DEVICES[adapter.id]);
  const needsData = adapter.capabilities.needsCalibration.includes(precision);
  const [request] = await acquireRequests(
    {
      model: model.file,
      devices: [device.name],
      output: 'unused.tar',
      precision,
      inputs: model.inputs,
      samples: model.samples,
      ...(needsData ? { calibration: model.calibration } : {}),
    },
    undefined,
    { entries: BUILTIN_DEVICES.map((one) => ({ device: one, origin: 'built-in' })) },
  );
  const source = await probeModel(model.file);
  const { calibration } = await prepareData(request, source);
  const route = await planRoute(request, source, planInput(request, source, calibration));
  const stage = route.stages.at(-1);
  return await withScratchDir(async (workDir) => {
    const context = { workDir, logFile: path.join(workDir, 'log.txt') };
    const staged = await stageSource(source, workDir);
    const samples = await loadSamples(
      model.samples,
      source.info.inputs.map((input) => ({
        ...input,
        shape: model.inputs[input.name] ?? input.shape,
      })),
    );
    await calibration?.write(workDir);
    await writeRunSpec(workDir, { models: [], samples, timeoutMs: 600_000 });
    const started = performance.now();
    const { files, converted } = await runPlan(stage.adapter, stage.toolchain, stage.plan, context);
    const seconds = (performance.now() - started) / 1000;
    if (adapter.capabilities.simulates !== true)
      await adapter.run(
        stage.toolchain,
        {
          models: [{ path: stage.plan.outputs[0], resultDir: 'results/converted' }],
          samples,
          timeoutMs: 600_000,
        },
        context,
      );
    const tool = stage.toolchain.tool;
    const after = await outputsOf(tool, workDir, 'results/converted', samples.count);
    const reference = await loadAdapter('onnxruntime');
    const bundled = await reference.detect();
    await reference.run(
      bundled.toolchain,
      { models: [{ path: staged.path, resultDir: 'results/source' }], samples, timeoutMs: 600_000 },
      context,
    );
    const before = await outputsOf('onnxruntime-node', workDir, 'results/source', samples.count);
    const comparison = new OutputComparison();
    before.forEach((expected, index) => {
      comparison.add(expected, after[index], expected.length);
    });
    const { maxAbs, cosine } = comparison.result();
    return {
      version: stage.toolchain.version,
      made: converted.info.precision ?? precision,
      bytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
      seconds,
      maxAbs,
      cosine,
      before: accuracy(before),
      after: accuracy(after),
      deterministic: stage.plan.deterministic,
    };
  });
}

const percent = (share) => `${(share * 100).toFixed(2)} %`;

function row(adapter, precision, result) {
  const cells =
    'error' in result
      ? [adapter, precision, `no: ${result.error}`, '', '', '', '', '', '', '']
      : [
          `${adapter} ${result.version}`,
          precision,
          'yes',
          `${(result.bytes / 1024).toFixed(1)} KiB`,
          `${result.seconds.toFixed(1)} s`,
          result.maxAbs.toExponential(1),
          String(Number(result.cosine.toFixed(7))),
          percent(result.before),
          percent(result.after),
          String(result.deterministic),
        ];
  return `| ${cells.join(' | ')} |`;
}

const HEAD = [
  '| adapter | precision | converted | size | time | max abs | worst cosine | top-1 before | top-1 after | same bytes twice |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

const wanted = process.argv.slice(2);
const lines = [
  '# Measured',
  '',
  'Made by `npm run measure` from real conversions with the real tools: each adapter, each precision. Source sizes: ' +
    MODELS.map(({ title, file }) => `${title} ${(statSync(file).size / 1024).toFixed(1)} KiB`).join(
      ', ',
    ) +
    '. Time is that of the converter alone, on a small shared machine: an upper bound. Parity and accuracy are over the whole held-out test set (360 samples); accuracy before is that of the source in ONNX Runtime. RKNN models are run in the simulator of RKNN-Toolkit2, all others in their own runtime.',
];
for (const model of MODELS) {
  lines.push('', `## ${model.title}`, '', ...HEAD);
  for (const id of builtInAdapterIds()) {
    if (wanted.length > 0 && !wanted.includes(id)) continue;
    const adapter = await loadAdapter(id);
    if (DEVICES[id] === undefined) continue;
    for (const precision of ['fp32', 'fp16', 'int8', 'int4']) {
      const { convertsTo, keeps } = adapter.capabilities;
      const isOwn = precision === 'fp32' && keeps.includes('fp32');
      if (!convertsTo.includes(precision) && !isOwn) continue;
      const result = await convertOnce(adapter, model, precision).catch((error) => ({
        error: `${error.code ?? ''} ${error.message}`.trim().replaceAll('|', '/'),
      }));
      lines.push(row(id, precision, result));
      process.stderr.write(`${lines.at(-1)}\n`);
    }
  }
}
writeFileSync(OUTPUT, `${lines.join('\n')}\n`);
