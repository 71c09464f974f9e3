import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNpmTool, type NpmTool } from '../../toolchain/npm-package.js';
import type { PythonInstallation } from '../../toolchain/python-toolchain.js';
import { repairCommand, satisfies } from '../../toolchain/releases.js';
import type { Detection, DetectWish, Toolchain } from '../contract.js';
import { toolchain } from './toolchain.js';

export const TOOL = 'onnxruntime-node';
export const INSTALL =
  'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node (add -g when modelconv itself is installed globally)';
export const HOSTS = [
  'linux-x64',
  'linux-arm64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
] as const;
/** Directory of another onnxruntime-node package to use. */
const ENVIRONMENT = 'MODELCONV_ONNXRUNTIME';
const DRIVER = fileURLToPath(new URL('./driver.js', import.meta.url));
const QUANTIZE = fileURLToPath(new URL('./quantize.py', import.meta.url));

/**
 * The npm package, and for a job that quantizes the Python package too. A version that is asked for is
 * that of either.
 */
export async function detect(wish: DetectWish = {}): Promise<Detection> {
  const tool = await findNpmTool(TOOL, ENVIRONMENT);
  if (tool === undefined) return { found: false, tool: TOOL, ...absence() };
  const missing = await missingBinding(tool.directory);
  if (missing !== undefined) {
    const install = `use one of: ${HOSTS.join(', ')}`;
    return { found: false, tool: TOOL, why: missing, install };
  }
  const isWanted = satisfies(tool.version, wish);
  if (wish.quantizes === true) return await withPython(tool, isWanted ? {} : wish);
  if (isWanted) return { found: true, toolchain: toToolchain(tool) };
  return {
    found: false,
    tool: TOOL,
    why: `${TOOL} ${tool.version} is installed`,
    install: `npm install ${TOOL}@${wish.version ?? 'latest'}, or leave --toolchain out`,
  };
}

function absence(): { readonly why: string; readonly install: string } {
  const own = process.env[ENVIRONMENT];
  if (!own) return { why: `the optional npm package ${TOOL} is not installed`, install: INSTALL };
  // another installation changes nothing while the variable names this one
  return {
    why: `${ENVIRONMENT}=${own} is not an ${TOOL} package`,
    install: `unset ${ENVIRONMENT}, or let it name one; where none comes with modelconv: ${INSTALL}`,
  };
}

async function withPython(tool: NpmTool, wish: DetectWish): Promise<Detection> {
  // most jobs need no Python
  const { findPythonTool } = await import('../../toolchain/python-toolchain.js');
  const detection = await findPythonTool(toolchain, wish);
  return detection.found
    ? { found: true, toolchain: toToolchain(tool, detection.installation) }
    : { ...detection, tool: toolchain.tool };
}

function toToolchain(tool: NpmTool, python?: PythonInstallation): Toolchain {
  const command = [process.execPath, DRIVER, tool.directory] as const;
  return {
    tool: TOOL,
    version: tool.version,
    path: tool.directory,
    launcher:
      python === undefined
        ? { command }
        : // the name of the program is what the descriptor keeps of it
          {
            command,
            environment: python.directory,
            repair: repairCommand(toolchain, python),
            programs: {
              [`${toolchain.name}@${python.version}`]: [python.python, '-s', '-B', QUANTIZE],
            },
          },
  };
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
