import type { Adapter } from '../../adapters/contract.js';
import type { DoctorEntry } from '../../schema/generated/types.js';
import { incompleteToolchains } from '../../toolchain/incomplete.js';
import { surveyPythonTools } from '../../toolchain/python-toolchain.js';
import { toInstallation } from './toolchains-list.js';

/** What doctor tells of a toolchain beside the version that is used first. */
export async function surveyToolchain(
  adapter: Adapter,
): Promise<Pick<DoctorEntry, 'installations' | 'incomplete' | 'quantizer'>> {
  const { toolchain } = adapter;
  if (toolchain === undefined) return {};
  const { installations } = await surveyPythonTools(toolchain);
  const incomplete = await incompleteToolchains(toolchain);
  const quantizer = await quantizerOf(adapter);
  return {
    ...(installations.length === 0 ? {} : { installations: installations.map(toInstallation) }),
    ...(incomplete.length === 0 ? {} : { incomplete }),
    ...(quantizer === undefined ? {} : { quantizer }),
  };
}

/** The toolchain of an adapter whose conversions without int8 need another tool, which comes with modelconv. */
async function quantizerOf(adapter: Adapter): Promise<DoctorEntry['quantizer']> {
  const { toolchain } = adapter;
  const plain = await adapter.detect();
  if (toolchain === undefined || !plain.found || plain.toolchain.tool === toolchain.tool)
    return undefined;
  const { tool } = toolchain;
  const quantizing = await adapter.detect({ quantizes: true });
  if (!quantizing.found)
    return { tool, found: false, why: quantizing.why, fix: quantizing.install };
  const [first] = (await surveyPythonTools(toolchain)).installations;
  return first === undefined
    ? { tool, found: true }
    : { tool, found: true, version: first.version, path: first.directory };
}
