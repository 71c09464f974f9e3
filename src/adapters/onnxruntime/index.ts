import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelconvError } from '../../errors.js';
import { runStep, type Step, type StepFailure } from '../../host/run-step.js';
import { findNpmTool } from '../../toolchain/npm-package.js';
import type { Adapter, Detection } from '../contract.js';
import { RUN_SPEC, writeRunSpec } from '../run-files.js';
import { readMetadata } from './metadata.js';
import { plan } from './plan.js';

const TOOL = 'onnxruntime-node';
/** Directory of another onnxruntime-node package to use. */
const ENVIRONMENT = 'MODELCONV_ONNXRUNTIME';
const DRIVER = fileURLToPath(new URL('./driver.js', import.meta.url));
const INSTALL =
  'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node (add -g when modelconv itself is installed globally)';

/** ONNX to the ORT format through the onnxruntime-node package: the converter that modelconv brings along. */
export const onnxruntime: Adapter = {
  id: 'onnxruntime',
  capabilities: {
    sources: ['onnx'],
    output: 'ort',
    convertsTo: [],
    keeps: ['fp64', 'fp32', 'fp16', 'bf16', 'int16', 'int8', 'int4', 'mixed'],
    stacks: ['onnxruntime'],
    needsCalibration: [],
    hosts: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    runs: ['onnx', 'ort'],
    canEmbed: false,
  },

  async detect() {
    const tool = await findNpmTool(TOOL, ENVIRONMENT);
    if (tool === undefined) {
      const own = process.env[ENVIRONMENT];
      return {
        found: false,
        why: own
          ? `${ENVIRONMENT}=${own} is not an onnxruntime-node package`
          : `the optional npm package ${TOOL} is not installed`,
        install: INSTALL,
      };
    }
    const missing = await missingBinding(tool.directory);
    if (missing !== undefined)
      return {
        found: false,
        why: missing,
        install: `use one of: ${onnxruntime.capabilities.hosts.join(', ')}`,
      };
    return {
      found: true,
      toolchain: {
        tool: TOOL,
        version: tool.version,
        path: tool.directory,
        launcher: { command: [process.execPath, DRIVER, tool.directory] },
      },
    } satisfies Detection;
  },

  plan,
  planRun,
  readMetadata,

  async run(toolchain, request, context) {
    await writeRunSpec(context.workDir, request);
    const step = planRun(request.timeoutMs);
    await runStep(step, toolchain.tool, toolchain.launcher, context, explainFailure);
  },

  explainFailure,
};

function planRun(timeoutMs: number): Step {
  return { label: 'run', args: ['run', '--spec', RUN_SPEC], timeoutMs };
}

/** The package holds one native library per platform; an absent one is named before anything starts. */
async function missingBinding(directory: string): Promise<string | undefined> {
  const bin = path.join(directory, 'bin');
  const [abi] = (await readdir(bin).catch(() => [])).filter((name) => name.startsWith('napi-'));
  if (abi === undefined) return undefined;
  const files = await readdir(path.join(bin, abi, process.platform, process.arch)).catch(() => []);
  return files.some((name) => name.endsWith('.node'))
    ? undefined
    : `${TOOL} has no build for ${process.platform}-${process.arch}`;
}

interface KnownFailure {
  readonly pattern: RegExp;
  explain(match: RegExpExecArray, failure: StepFailure): ModelconvError;
}

/** Log lines of ONNX Runtime 1.16 to 1.30 and what they mean. */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern:
      /(?:Fatal error: |No Op registered for |Could not find an implementation for )([\w.:]+)[^\n]*/,
    explain: ([line, operator]) =>
      new ModelconvError('E_NOT_CONVERTIBLE', {
        what: `the model uses the operator ${operator?.replace(/\(.*$/, '')}, which ONNX Runtime does not have`,
        why: line,
        next: 'export the model without the custom operator, or with one that the ai.onnx operator set has',
      }),
  },
  {
    pattern:
      /(?:Non-zero status code returned while running|Got invalid dimensions for input|Unexpected input data type|indices element out of data bounds)[^\n]*/,
    explain: ([line], { step }) =>
      step.label === 'run'
        ? new ModelconvError('E_SAMPLES_INVALID', {
            what: 'the model cannot be run on these samples',
            why: line,
            next: 'give real ones with --samples FILE|DIR, or leave the parity check out with --no-verify',
          })
        : new ModelconvError('E_TOOL_FAILED', {
            what: 'onnxruntime-node failed',
            why: line,
            next: 'run again with --log FILE to keep its whole log',
          }),
  },
  {
    pattern: /std::bad_alloc|Failed to allocate memory[^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_TOOL_FAILED', {
        what: 'onnxruntime-node ran out of memory',
        why: line,
        next: 'convert on a machine with more memory',
      }),
  },
  {
    pattern: /No space left on device|ENOSPC/,
    explain: ([line]) =>
      new ModelconvError('E_OUTPUT', {
        what: 'the converter could not write: the disk of the temporary directory is full',
        why: line,
        next: 'set TMPDIR to a directory with more room',
      }),
  },
  {
    pattern:
      /(?:Cannot find module|ERR_DLOPEN_FAILED|invalid ELF header|version `GLIBC[^\n]*)[^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_TOOL_MISSING', {
        what: 'onnxruntime-node could not be loaded',
        why: line,
        next: `install it again: ${INSTALL}`,
      }),
  },
  {
    pattern: /(?:INVALID_GRAPH|INVALID_PROTOBUF|Load model from [^\n]* failed)[^\n]*/,
    explain: ([line]) =>
      new ModelconvError('E_MODEL_INVALID', {
        what: 'ONNX Runtime refuses the model',
        why: line,
        next: 'check it with: python -m onnx.checker, or export it again',
      }),
  },
];

function explainFailure(failure: StepFailure): ModelconvError | undefined {
  for (const { pattern, explain } of KNOWN_FAILURES) {
    const match = pattern.exec(failure.logTail);
    if (match !== null) return explain(match, failure);
  }
  return undefined;
}
