import { fileURLToPath } from 'node:url';
import {
  type ExplainFailure,
  type Launcher,
  runStep,
  type Step,
  type StepContext,
} from '../host/run-step.js';
import {
  findPythonTool,
  type PythonInstallation,
  type PythonToolchain,
} from '../toolchain/python-toolchain.js';
import { repairCommand } from '../toolchain/releases.js';
import { whileInUse } from '../toolchain/use.js';
import type { Adapter, Toolchain } from './contract.js';
import { RUN_SPEC, writeRunSpec } from './run-files.js';

/** What the adapters have in common whose tools come as Python packages. */
export interface PythonAdapter {
  readonly toolchain: PythonToolchain;
  /** Name of what runs the models, where it is not the tool. */
  readonly runtime?: string;
  /** The driver, beside the adapter. */
  readonly driver: URL;
  /** Further programs of an installation, by the name that steps use. */
  readonly programs?: (installation: PythonInstallation) => Launcher['programs'];
  readonly explainFailure: ExplainFailure;
}

/** `python -sB`: no packages of the user's own, nothing written beside the driver. */
const FLAGS = ['-s', '-B'] as const;

/** The words that run a module of an installation. */
export function pythonModule(
  { python }: PythonInstallation,
  module: string,
): readonly [string, ...string[]] {
  return [python, ...FLAGS, '-m', module];
}

/** The members of an adapter that follow from where its tool is: `detect`, `planRun`, `run`. */
export function pythonMembers({
  toolchain,
  runtime,
  driver,
  programs,
  explainFailure,
}: PythonAdapter): Required<Pick<Adapter, 'toolchain' | 'detect' | 'planRun' | 'run'>> {
  const toToolchain = (installation: PythonInstallation): Toolchain => {
    const further = programs?.(installation);
    return {
      tool: toolchain.tool,
      version: installation.version,
      path: installation.directory,
      ...(runtime === undefined ? {} : { runtime }),
      launcher: {
        command: [installation.python, ...FLAGS, fileURLToPath(driver)],
        binDir: installation.binDir,
        environment: installation.directory,
        repair: repairCommand(toolchain, installation),
        ...(further === undefined ? {} : { programs: further }),
      },
    };
  };
  return {
    toolchain,
    async detect(wish) {
      const detection = await findPythonTool(toolchain, wish);
      return detection.found
        ? { found: true, toolchain: toToolchain(detection.installation) }
        : detection;
    },
    planRun,
    async run(found, request, context: StepContext) {
      await writeRunSpec(context.workDir, request);
      const step = planRun(request.timeoutMs);
      await whileInUse(
        [found.launcher],
        async () =>
          await runStep(step, runtime ?? found.tool, found.launcher, context, explainFailure),
      );
    },
  };
}

function planRun(timeoutMs: number): Step {
  return { label: 'run', args: ['run', '--spec', RUN_SPEC], timeoutMs };
}
