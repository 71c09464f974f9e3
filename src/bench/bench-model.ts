import type { Timing } from '../adapters/contract.js';
import { type RunTimes, readTimes } from '../adapters/run-files.js';
import { openSubject, type Runner, requireRunner, type Subject } from '../compare/subject.js';
import { ModelconvError } from '../errors.js';
import type { StepContext } from '../host/run-step.js';
import { fixInputs, type InputWishes } from '../request/input-shapes.js';
import type { InputDtypes, InputShapes, ModelTensor } from '../schema/generated/types.js';
import { generateSamples } from '../tensor/generate.js';
import { loadSamples, type SampleSet } from '../tensor/samples.js';

export interface BenchRequest {
  readonly file: string;
  /** Sizes of inputs that the model leaves open. */
  readonly inputs: Readonly<InputShapes>;
  readonly inputDtypes: Readonly<InputDtypes>;
  /** undefined: generated from a fixed seed. */
  readonly samples: string | undefined;
  readonly timing: Timing;
  /** For the whole of it: the start of the runtime, warm-up and runs. */
  readonly timeoutMs: number;
}

/** What a model took, and what ran it. */
export interface Benchmark {
  readonly subject: Subject;
  readonly runner: Runner;
  readonly samples: SampleSet;
  readonly timing: Timing;
  readonly times: RunTimes;
}

const RESULTS = 'results/bench';

/**
 * Time a model in its runtime on this machine: one start of the runtime, whose process takes the times itself.
 *
 * @throws ModelconvError as `openSubject`, `requireRunner` and `runStep` do; `E_SAMPLES_INVALID`, `E_USAGE`
 *   (`--input`), `E_TOOL_OUTPUT` when the runtime gives no times.
 */
export async function benchModel(request: BenchRequest, context: StepContext): Promise<Benchmark> {
  const subject = await openSubject(request.file, context.workDir, 'a', context.signal);
  const runner = await requireRunner(subject);
  try {
    return await timeSubject(request, { subject, runner }, context);
  } catch (error) {
    throw error instanceof ModelconvError ? withoutParity(error) : error;
  }
}

async function timeSubject(
  { samples: location, timing, timeoutMs, ...wishes }: BenchRequest,
  { subject, runner }: Pick<Benchmark, 'subject' | 'runner'>,
  context: StepContext,
): Promise<Benchmark> {
  const samples = await samplesFor(subject, wishes, location);
  const { adapter, toolchain } = runner;
  const models = [{ path: subject.staged, resultDir: RESULTS }];
  await adapter.run?.(toolchain, { models, samples, timing, timeoutMs }, context);
  const times = await readTimes(toolchain.tool, context.workDir, RESULTS);
  return { subject, runner, samples, timing, times };
}

/** What adapters advise when a conversion fails; there is no such check and no such flag here. */
const PARITY_ADVICE = /(, or )?leave the parity check out with --no-verify$/;

function withoutParity(error: ModelconvError): ModelconvError {
  const { next = '' } = error;
  if (!PARITY_ADVICE.test(next)) return error;
  return error.withNext(next.replace(PARITY_ADVICE, '') || 'run it on its device');
}

async function samplesFor(
  subject: Subject,
  wishes: InputWishes,
  location: string | undefined,
): Promise<SampleSet> {
  const inputs = fixInputs(knownInputs(subject), wishes);
  if (location !== undefined) return await loadSamples(location, inputs);
  const shapeless = inputs.find(({ shape }) => shape === undefined);
  if (shapeless !== undefined)
    throw new ModelconvError('E_SAMPLES_INVALID', {
      what: `no samples can be generated for input ${shapeless.name} of ${subject.file}`,
      why: 'the model does not say its shape',
      next: `say it with --input ${shapeless.name}=SIZES, or give samples with --samples FILE|DIR`,
    });
  return generateSamples(inputs, subject.indexLimits);
}

/** The inputs as the file has them; where it does not tell a shape or a type, the descriptor may. */
function knownInputs({ info, descriptor }: Subject): ModelTensor[] {
  return info.inputs.map((input) => {
    const told = descriptor?.model.inputs.find(({ name }) => name === input.name);
    const shape = input.shape ?? told?.shape;
    const dtype = input.dtype === 'unknown' ? (told?.dtype ?? input.dtype) : input.dtype;
    return { ...input, dtype, ...(shape === undefined ? {} : { shape }) };
  });
}
