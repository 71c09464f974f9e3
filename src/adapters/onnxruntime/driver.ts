// The child process in which ONNX Runtime runs: `driver.js RUNTIME_DIR convert|run FLAGS`.
// A crash of the native library ends this process and not modelconv.
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeAllSync } from '../../host/write-sync.js';
import type { Timing } from '../contract.js';
import type { RunResults, RunSpec } from '../run-files.js';

/** The part of the onnxruntime-node API that is used here. */
interface Tensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView | readonly string[];
}
interface Session {
  readonly outputNames: readonly string[];
  readonly outputMetadata: readonly { readonly name: string; readonly isTensor: boolean }[];
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
  release?(): Promise<void>;
}
interface Runtime {
  readonly InferenceSession: { create(file: string, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => Tensor;
}

const ARRAYS: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

async function convert(runtime: Runtime, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      output: { type: 'string' },
      optimization: { type: 'string' },
      without: { type: 'string' },
      'qdq-int8': { type: 'string' },
      'x64-precision': { type: 'string' },
    },
  });
  const { model = '', output = '', optimization = '', 'qdq-int8': qdqInt8 = '0', without } = values;
  const precision = values['x64-precision'];
  await runtime.InferenceSession.create(model, {
    optimizedModelFilePath: output,
    graphOptimizationLevel: optimization,
    executionProviders: ['cpu'],
    extra: {
      session: {
        save_model_format: 'ORT',
        qdqisint8allowed: qdqInt8,
        ...(precision === undefined ? {} : { x64quantprecision: precision }),
      },
      ...(without === undefined ? {} : { optimization: { disable_specified_optimizers: without } }),
    },
  });
  // loaded here: running models needs none of it
  const [{ normalizeOrtFile }, { MalformedError }] = await Promise.all([
    import('./normalize.js'),
    import('../../source/file-window.js'),
  ]);
  try {
    normalizeOrtFile(output);
  } catch (error) {
    // what is no ORT file is left as it is: it is refused when it is read back
    if (!(error instanceof MalformedError)) throw error;
  }
}

async function run(runtime: Runtime, args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { spec: { type: 'string' } } });
  const spec = JSON.parse(readFileSync(values.spec ?? '', 'utf8')) as RunSpec;
  for (const { path: model, resultDir, layers } of spec.models) {
    const session = await openSession(runtime, model, spec.timing);
    const names = layers === true ? tensorsOf(session) : session.outputNames;
    const results =
      spec.timing === undefined
        ? await keepOutputs(runtime, session, names, spec, resultDir)
        : await keepTimes(runtime, session, spec, spec.timing);
    writeFileSync(path.posix.join(resultDir, 'results.json'), JSON.stringify(results));
    await session.release?.();
  }
}

/** The runtime tells the formats apart by file name unless it is told. */
function isOrt(file: string): boolean {
  const start = Buffer.alloc(8);
  const fd = openSync(file, 'r');
  readSync(fd, start, 0, 8, 0);
  closeSync(fd);
  return start.toString('latin1', 4) === 'ORTM';
}

async function openSession(
  runtime: Runtime,
  model: string,
  timing: Timing | undefined,
): Promise<Session> {
  return await runtime.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    // one thread: results that do not depend on the number of processors
    intraOpNumThreads: timing?.threads ?? 1,
    interOpNumThreads: 1,
    extra: {
      session: {
        // what the model says, and not what saturates on a processor without VNNI
        ...(timing === undefined ? { x64quantprecision: '1' } : {}),
        ...(isOrt(model) ? { load_model_format: 'ORT' } : {}),
      },
    },
  });
}

async function keepTimes(
  runtime: Runtime,
  session: Session,
  spec: RunSpec,
  timing: Timing,
): Promise<RunResults> {
  // loaded here: a conversion times nothing
  const { timeRuns } = await import('../time-runs.js');
  const model = {
    count: spec.count,
    feedsOf: (sample: number) => feedsOf(runtime, spec, sample),
    run: (feeds: Record<string, Tensor>) => session.run(feeds, session.outputNames),
  };
  return { outputs: [], timing: await timeRuns(model, timing) };
}

/** Between layers there may be sequences, too: the binding gives none of them. */
function tensorsOf({ outputMetadata }: Session): string[] {
  return outputMetadata.flatMap(({ name, isTensor }) => (isTensor ? [name] : []));
}

async function keepOutputs(
  runtime: Runtime,
  session: Session,
  names: readonly string[],
  spec: RunSpec,
  resultDir: string,
): Promise<RunResults> {
  const files = new OutputFiles(
    names.map((_name, index) => path.posix.join(resultDir, `${index}.bin`)),
  );
  const shapes: number[][][] = names.map(() => []);
  const types: string[] = names.map(() => 'unknown');
  const refused: { sample: number; message: string }[] = [];
  for (let sample = 0; sample < spec.count; sample++) {
    const feeds = feedsOf(runtime, spec, sample);
    const outputs = await session.run(feeds, names).catch((error: unknown) => {
      if (spec.optional?.includes(sample) !== true) throw error;
      refused.push({ sample, message: error instanceof Error ? error.message : String(error) });
      return undefined;
    });
    if (outputs === undefined) {
      for (const own of shapes) own.push([0]);
      continue;
    }
    for (const [index, name] of names.entries()) {
      const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      if (tensor === undefined) throw new Error(`output ${name} is missing`);
      shapes[index]?.push([...tensor.dims]);
      types[index] = tensor.type;
      if (ArrayBuffer.isView(tensor.data))
        files.append(
          index,
          Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
        );
    }
  }
  files.close();
  const results: RunResults['outputs'][number][] = names.map((name, index) => ({
    name,
    dtype: (types[index] ?? 'unknown') as RunResults['outputs'][number]['dtype'],
    file: files.paths[index] ?? '',
    shapes: shapes[index] ?? [],
  }));
  return { outputs: results, ...(refused.length === 0 ? {} : { refused }) };
}

/** Systems let a process hold 256 files and more; the runtime needs some itself. */
const MAX_OPEN = 128;

/** One file for each output. Many, as of all layers, are opened for each sample: so many files may not be open. */
class OutputFiles {
  readonly paths: readonly string[];
  readonly #open: readonly number[];

  constructor(paths: readonly string[]) {
    this.paths = paths;
    for (const file of paths) writeFileSync(file, '');
    this.#open = paths.length > MAX_OPEN ? [] : paths.map((file) => openSync(file, 'a'));
  }

  append(index: number, data: Buffer): void {
    const open = this.#open[index];
    const fd = open ?? openSync(this.paths[index] ?? '', 'a');
    try {
      writeAllSync(fd, data);
    } finally {
      if (open === undefined) closeSync(fd);
    }
  }

  close(): void {
    for (const fd of this.#open) closeSync(fd);
  }
}

function feedsOf(runtime: Runtime, spec: RunSpec, sample: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const input of spec.inputs) {
    const { name, dtype, file } = input;
    const make = ARRAYS[dtype];
    if (make === undefined) throw new Error(`input ${name} is ${dtype}`);
    const { shape, start, bytes } = placeOf(input, spec.count, sample);
    const data = new ArrayBuffer(bytes);
    const fd = openSync(file, 'r');
    readSync(fd, new Uint8Array(data), 0, bytes, start);
    closeSync(fd);
    feeds[name] = new runtime.Tensor(dtype, new make(data), shape);
  }
  return feeds;
}

/** Where one sample stands in the file of its input; the samples are of one shape, or each of its own. */
function placeOf(
  { shape, shapes, file }: RunSpec['inputs'][number],
  count: number,
  sample: number,
): { shape: readonly number[]; start: number; bytes: number } {
  const size = statSync(file).size;
  if (shapes === undefined) return { shape, start: (sample * size) / count, bytes: size / count };
  const elements = shapes.map((one) => one.reduce((product, n) => product * n, 1));
  const total = elements.reduce((sum, one) => sum + one, 0);
  const before = elements.slice(0, sample).reduce((sum, one) => sum + one, 0);
  const perElement = total === 0 ? 0 : size / total;
  return {
    shape: shapes[sample] ?? shape,
    start: before * perElement,
    bytes: (elements[sample] ?? 0) * perElement,
  };
}

// Node.js 24 has Float16Array; onnxruntime-common then uses it for float16 tensors, but the native
// binding of 1.30 reads no elements from it. Without it the tensors are Uint16Array, as on Node.js 20.
Reflect.deleteProperty(globalThis, 'Float16Array');

const [runtimeDir = '', command, ...rest] = process.argv.slice(2);
try {
  const runtime = createRequire(import.meta.url)(runtimeDir) as Runtime;
  await (command === 'convert' ? convert : run)(runtime, rest);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
