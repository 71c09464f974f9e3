// Stands in for the Python of a vendor's environment: `fake-python.mjs BEHAVIOUR FORMAT WORDS…`, the words as
// an adapter's plan gives them. It writes real converted files, which it finds by their format, to every
// path below out/, and gives results by running the ONNX source in the real ONNX Runtime.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { behavioursOf, fail, forever, say } from './fake-behaviours.mjs';

const [behaviour, format, ...words] = process.argv.slice(2);
const MODELS = fileURLToPath(new URL(`../../fixtures/models/${format}/`, import.meta.url));
/** The fixture of each format that a conversion to fp32 or, for RKNN, fp16 gives. */
const MADE = {
  'openvino-ir': '../openvino/digits-cnn-fp32',
  tflite: 'digits-cnn-fp32',
  ncnn: 'digits-cnn-fp32',
  mnn: 'digits-cnn-fp32',
  rknn: 'digits-cnn-rk3588-fp16',
};

const after = (flag) => {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
};
const outputs = words.filter((word) => word.startsWith('out/'));
// ovc writes the weights beside what it is told
if (format === 'openvino-ir')
  outputs.push(...outputs.map((file) => file.replace(/\.xml$/, '.bin')));
// a model that is timed comes without its source
const source = existsSync('source') ? `source/${readdirSync('source')[0]}` : '';
/** What is run in its place: of TorchScript the ONNX model with the same weights. */
const runnable = source.endsWith('.pt')
  ? fileURLToPath(new URL('../../fixtures/models/digits-cnn-static.onnx', import.meta.url))
  : source;

/** Name and shape are what the runtime says; values may be altered on the way. */
async function runSource(spec, resultDir, alter = (values) => values, count = undefined) {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node');
  const session = await InferenceSession.create(runnable);
  const { count: samples, inputs } = JSON.parse(readFileSync(spec, 'utf8'));
  mkdirSync(resultDir, { recursive: true });
  const names = session.outputNames.slice(0, count);
  const parts = names.map(() => []);
  const shapes = names.map(() => []);
  for (let sample = 0; sample < samples; sample++) {
    const feeds = Object.fromEntries(
      inputs.map(({ name, dtype, shape, file }) => {
        const bytes = readFileSync(file);
        const size = bytes.length / samples;
        const data = new Float32Array(
          new Uint8Array(bytes.subarray(sample * size, (sample + 1) * size)).buffer,
        );
        return [name, new Tensor(dtype, data, shape)];
      }),
    );
    const results = await session.run(feeds);
    names.forEach((name, index) => {
      const { data, dims } = results[name];
      const values = alter(new Float32Array(data));
      parts[index].push(Buffer.from(values.buffer));
      shapes[index].push(dims);
    });
  }
  const written = names.map((name, index) => {
    const file = `${resultDir}/${index}.bin`;
    writeFileSync(file, Buffer.concat(parts[index]));
    return { name, dtype: 'float32', file, shapes: shapes[index] };
  });
  writeFileSync(`${resultDir}/results.json`, JSON.stringify({ outputs: written }));
}

const ALTERED = {
  'wrong-numbers': (values) => values.reverse(),
  nan: (values) => values.fill(Number.NaN),
};

const NS_PER_MS = 1e6;
/** Runs that fit into a duration. */
const RUNS_IN_DURATION = 7;
const TIMES = {
  'times-nothing': () => undefined,
  'times-garbage': () => ({ durationsNs: [1, -1] }),
};

/** Times that are known beforehand: the first run takes 1 ms, the second 2 ms, and so on. */
function knownTimes({ runs, durationMs }) {
  const count = durationMs === undefined ? runs : RUNS_IN_DURATION;
  const durationsNs = Array.from({ length: count }, (_, run) => (run + 1) * NS_PER_MS);
  return { durationsNs, peakMemoryBytes: 12_345_678 };
}

function giveTimes(wanted, resultDir) {
  say(`timing ${JSON.stringify(wanted)}`);
  const timing = (TIMES[behaviour] ?? knownTimes)(wanted);
  mkdirSync(resultDir, { recursive: true });
  writeFileSync(`${resultDir}/results.json`, JSON.stringify({ outputs: [], timing }));
}

/** What the converted model gives, by its runtime or the converter's simulator. */
async function giveResults(spec, resultDir) {
  if (behaviour === 'runs-nothing') return;
  if (behaviour === 'fails-on-converted') fail('Load model failed: fake');
  if (behaviour === 'runtime-crashes') process.kill(process.pid, 'SIGSEGV');
  if (behaviour === 'hangs-when-run') {
    writeFileSync('pids.json', JSON.stringify([process.pid]));
    return forever();
  }
  const { timing } = JSON.parse(readFileSync(spec, 'utf8'));
  if (timing !== undefined) return giveTimes(timing, resultDir);
  await runSource(
    spec,
    resultDir,
    ALTERED[behaviour],
    behaviour === 'missing-output' ? -1 : undefined,
  );
}

async function runModels() {
  const spec = after('--spec');
  for (const { resultDir } of JSON.parse(readFileSync(spec, 'utf8')).models)
    await giveResults(spec, resultDir);
}

function writeOutputs() {
  const isQuantized = words.includes('quantize') && behaviour !== 'quantizes-nothing';
  const made = isQuantized ? 'int8' : behaviour === 'halves' ? 'fp16' : 'fp32';
  const stem = MADE[format].replace('fp32', made);
  for (const file of outputs) copyFileSync(path.join(MODELS, `${stem}${path.extname(file)}`), file);
}

const CONVERT = behavioursOf({ outputs, source, writeOutputs });

/** The outputs stand for every tensor; in floating point they are those of the source. */
async function analyse(spec) {
  if (behaviour === 'analysis-fails') fail('fake converter: nothing to see');
  if (behaviour === 'analysis-hangs') return forever();
  if (behaviour === 'analysis-nothing') return;
  await runSource(spec, after('--golden'));
  await giveResults(spec, after('--results'));
}

if (words.includes('run')) await runModels();
else if (after('--analyse') !== undefined) await analyse(after('--analyse'));
else {
  // MNN says so whatever happens: the words alone must not be believed
  if (!/fails|crashes|hangs/.test(behaviour) || /-on-|-when-/.test(behaviour))
    process.once('exit', () => say('Converted Success!'));
  // the simulator runs before the source can be written over
  if (after('--simulate') !== undefined && behaviour !== 'fails' && behaviour !== 'hangs')
    await giveResults(after('--simulate'), after('--results'));
  await (CONVERT[behaviour] ?? CONVERT.succeeds)();
}
