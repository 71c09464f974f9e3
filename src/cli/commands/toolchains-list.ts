import path from 'node:path';
import { userDataDir } from '../../host/user-dirs.js';
import type { ToolchainEntry, ToolchainsListResult } from '../../schema/generated/types.js';
import {
  type PythonInstallation,
  type PythonToolchain,
  surveyPythonTools,
} from '../../toolchain/python-toolchain.js';
import { installCommand } from '../../toolchain/releases.js';
import { configWarnings, knownToolchains } from './toolchains-known.js';

/** What is installed of every toolchain, and what could be. Starts a Python only for one of the system's. */
export async function listToolchains(): Promise<ToolchainsListResult> {
  const known = await knownToolchains();
  const warnings = await configWarnings(known.map(({ name }) => name));
  return {
    home: path.join(userDataDir(), 'toolchains'),
    toolchains: await Promise.all(known.map(toEntry)),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

async function toEntry(toolchain: PythonToolchain): Promise<ToolchainEntry> {
  const { name, tool, license, variable, releases } = toolchain;
  const { installations, problem } = await surveyPythonTools(toolchain);
  const managed = installations.filter(({ origin }) => origin === 'installed');
  return {
    name,
    tool,
    license,
    variable,
    installations: installations.map(toInstallation),
    releases: releases.map(({ version, python, sizeBytes }) => ({
      version,
      python: [...python],
      sizeBytes,
      installed: managed.some((installation) => installation.version === version),
      install: installCommand(toolchain, version),
    })),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** An installation as the results tell it. */
export function toInstallation(
  installation: PythonInstallation,
): ToolchainEntry['installations'][number] {
  const { origin, version, directory, python } = installation;
  return { origin, version, path: directory, python };
}
