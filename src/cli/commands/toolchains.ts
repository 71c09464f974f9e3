import path from 'node:path';
import type { Command } from 'commander';
import { ModelconvError } from '../../errors.js';
import type {
  ToolchainsInstallResult,
  ToolchainsRemoveResult,
} from '../../schema/generated/types.js';
import {
  addGlobalFlags,
  addProgressFlag,
  type CommandContext,
  collect,
  examples,
} from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';
import { createProgress } from '../progress.js';

interface InstallFlags extends GlobalFlags {
  readonly findLinks?: string;
  readonly indexUrl?: string;
  readonly extraIndexUrl?: readonly string[];
  readonly python?: string;
  readonly reinstall?: boolean;
  /** False with --no-uv. */
  readonly uv: boolean;
}

interface RemoveFlags extends GlobalFlags {
  readonly all?: boolean;
}

/** A vendor tool is not there. */
const EXIT_MISSING = 69;

/** `modelconv toolchains install|list|remove|doctor` */
export function addToolchains(program: Command, context: CommandContext): void {
  const toolchains = program
    .command('toolchains')
    .summary('install, list and remove vendor tools')
    .description(
      "Install, list and remove vendors' tools, each version in an environment of its own. Tools that you have are found first: named in toolchains.yaml, by an environment variable, or on PATH.",
    )
    .addHelpText(
      'after',
      examples(
        'modelconv toolchains doctor',
        'modelconv toolchains install openvino@2026',
        'modelconv toolchains remove openvino@2025.4.1',
      ),
    );
  addInstall(toolchains, context);
  addList(toolchains, context);
  addRemove(toolchains, context);
  addDoctor(toolchains, context);
}

function addInstall(toolchains: Command, context: CommandContext): void {
  const install = toolchains
    .command('install')
    .summary('install a vendor tool')
    .description(
      'Install a vendor tool, with every package at the version and hash that modelconv was tried with. A version may be shortened (@2026 is the newest 2026 release); without one, the newest is installed.',
    )
    .argument('<name[@version]>', 'toolchain, as in: modelconv toolchains list')
    .option('--find-links <dir>', 'take the packages from this directory; nothing is downloaded')
    .option('--index-url <url>', 'package index to use in place of the configured one')
    .option('--extra-index-url <url>', 'package index to use as well (repeatable)', collect)
    .option('--python <path>', 'Python to make the environment with')
    .option('--reinstall', 'make it again when it is there')
    .option('--no-uv', 'use pip even where uv is there')
    .action(async (word: string, flags: InstallFlags) => {
      await runInstall(word, flags, context);
    });
  addProgressFlag(install);
  addGlobalFlags(install, 'toolchains-install-result');
}

async function runInstall(
  word: string,
  flags: InstallFlags,
  { io }: CommandContext,
): Promise<void> {
  const { findToolchain } = await import('./toolchains-known.js');
  const { installToolchain } = await import('../../toolchain/install.js');
  const { toolchain, version } = await findToolchain(word);
  const progress = await createProgress(io, flags);
  const { findLinks, python } = flags;
  try {
    const result = await installToolchain({
      toolchain,
      version,
      findLinks: findLinks === undefined ? undefined : path.resolve(io.cwd, findLinks),
      indexUrl: flags.indexUrl,
      extraIndexUrls: flags.extraIndexUrl,
      python: python === undefined ? undefined : await programAt(python, io.cwd),
      reinstall: flags.reinstall,
      noUv: !flags.uv,
      progress,
      signal: io.signal,
    });
    const { name, tool, license } = toolchain;
    const { installation, alreadyInstalled, installedWith, pythonVersion, warnings } = result;
    for (const warning of warnings) progress.warn(warning);
    progress.done(
      alreadyInstalled ? 'present' : 'installed',
      `${name} ${installation.version}, Python ${pythonVersion}; licence: ${license}`,
    );
    const report: ToolchainsInstallResult = {
      name,
      tool,
      version: installation.version,
      path: installation.directory,
      python: installation.python,
      pythonVersion,
      installedWith,
      alreadyInstalled,
      license,
      ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
    };
    if (flags.json === true) writeJson(io.stdout, report);
    else io.stdout.write(`${report.path}\n`);
  } finally {
    progress.stop();
  }
}

/** A path, or the name of a program on PATH. */
async function programAt(word: string, cwd: string): Promise<string> {
  const { which } = await import('../../toolchain/which.js');
  const isName = path.basename(word) === word;
  return (isName ? await which(word) : undefined) ?? path.resolve(cwd, word);
}

function addList(toolchains: Command, { io }: CommandContext): void {
  const list = toolchains
    .command('list')
    .summary('list the vendor tools that are there, and those that can be installed')
    .description(
      'List the vendor tools that were found, in the order in which they are used, and the releases that can be installed.',
    )
    .action(async (flags: GlobalFlags) => {
      const { listToolchains } = await import('./toolchains-list.js');
      const { renderToolchains } = await import('../render/toolchains.js');
      const result = await listToolchains();
      const progress = await createProgress(io, flags);
      for (const warning of result.warnings ?? []) progress.warn(warning);
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderToolchains(result, await styleFor(io.stdout, io, flags)));
    });
  addGlobalFlags(list, 'toolchains-list-result');
}

function addRemove(toolchains: Command, { io }: CommandContext): void {
  const remove = toolchains
    .command('remove')
    .summary('remove what modelconv installed')
    .description('Remove a version that modelconv installed. Tools of your own are left alone.')
    .argument('<name[@version]>', 'toolchain and version')
    .option('--all', 'remove every version of it')
    .action(async (word: string, flags: RemoveFlags) => {
      const { findToolchain } = await import('./toolchains-known.js');
      const { removeToolchain } = await import('../../toolchain/remove.js');
      const { toolchain, version } = await findToolchain(word);
      if (version !== undefined && flags.all === true)
        throw new ModelconvError('E_USAGE', {
          what: `"${word}" names a version, and --all means every one`,
          next: 'leave one of them out',
        });
      const removed = await removeToolchain(toolchain, { version, all: flags.all });
      const report: ToolchainsRemoveResult = { name: toolchain.name, removed };
      if (flags.json === true) writeJson(io.stdout, report);
      else io.stdout.write(removed.map((one) => `${toolchain.name}@${one}\n`).join(''));
    });
  addGlobalFlags(remove, 'toolchains-remove-result');
}

function addDoctor(toolchains: Command, context: CommandContext): void {
  const { io } = context;
  const doctor = toolchains
    .command('doctor')
    .summary('say which vendor tools can be used, and how to get the others')
    .description(
      'Look at the tool of every adapter: whether it can be used, for which devices, and what puts it right. The exit status is 69 when one that you named cannot be used.',
    )
    .argument('[name...]', 'adapters to look at; all by default')
    .action(async (names: readonly string[], flags: GlobalFlags) => {
      const { examineAdapters } = await import('./toolchains-doctor.js');
      const { renderDoctor } = await import('../render/doctor.js');
      const result = await examineAdapters(names);
      const progress = await createProgress(io, flags);
      for (const warning of result.warnings ?? []) progress.warn(warning);
      if (flags.json === true) writeJson(io.stdout, result);
      else io.stdout.write(renderDoctor(result, await styleFor(io.stdout, io, flags)));
      if (names.length > 0 && result.adapters.some(({ found }) => !found))
        context.setExitCode(EXIT_MISSING);
    });
  addGlobalFlags(doctor, 'doctor-result');
}
