import { builtInAdapterIds, loadAdapter } from '../../adapters/registry.js';
import { ModelconvError } from '../../errors.js';
import { didYouMean } from '../../schema/nearest.js';
import { readToolchainConfig, toolchainConfigFile } from '../../toolchain/config.js';
import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** The toolchains of all adapters, in the adapters' order: those that a document describes have none. */
export async function knownToolchains(): Promise<PythonToolchain[]> {
  const adapters = await Promise.all(builtInAdapterIds().map(loadAdapter));
  return adapters.flatMap((adapter) =>
    adapter?.toolchain === undefined ? [] : [adapter.toolchain],
  );
}

/**
 * The toolchain that `NAME` or `NAME@VERSION` means.
 *
 * @throws ModelconvError `E_USAGE` for an unknown name, or a tool that is not installed this way.
 */
export async function findToolchain(
  word: string,
): Promise<{ readonly toolchain: PythonToolchain; readonly version: string | undefined }> {
  const [name = '', ...rest] = word.split('@');
  const version = rest.join('@');
  const known = await knownToolchains();
  const toolchain = known.find((candidate) => candidate.name === name);
  if (toolchain !== undefined && (version !== '' || rest.length === 0))
    return { toolchain, version: version === '' ? undefined : version };
  throw await notAToolchain(
    word,
    name,
    known.map((candidate) => candidate.name),
  );
}

async function notAToolchain(
  word: string,
  name: string,
  known: readonly string[],
): Promise<ModelconvError> {
  if (known.includes(name))
    return new ModelconvError('E_USAGE', {
      what: `"${word}" names no version after the @`,
      next: `leave the @ out for the newest: modelconv toolchains install ${name}`,
    });
  const detection = await (await loadAdapter(name))?.detect();
  if (detection !== undefined)
    return new ModelconvError('E_USAGE', {
      what: `${name} has no toolchain that modelconv installs`,
      why: detection.found ? `it is there already, in ${detection.toolchain.path}` : detection.why,
      next: detection.found ? 'nothing is to be done' : detection.install,
    });
  return new ModelconvError('E_USAGE', {
    what: `there is no toolchain named "${name}".${didYouMean(name, known)}`,
    next: 'see what there is: modelconv toolchains list',
  });
}

/** Names in the user's `toolchains.yaml` that nothing reads: slips. */
export async function configWarnings(known: readonly string[]): Promise<string[]> {
  const names = [...(await readToolchainConfig()).keys()].filter((name) => !known.includes(name));
  return names.map(
    (name) =>
      `${toolchainConfigFile()} names "${name}", which is no toolchain.${didYouMean(name, known)}`,
  );
}
