import { printableLine } from '../../printable.js';
import type { ToolchainEntry, ToolchainsListResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** The toolchains as a table: a row for each installation, with the releases that could be installed beside the first. */
export function renderToolchains({ toolchains }: ToolchainsListResult, style: Style): string {
  const head = ['NAME', 'VERSION', 'FOUND', 'PYTHON', 'CAN BE INSTALLED'].map((title) =>
    style.bold(title),
  );
  const rows = toolchains.flatMap(rowsOf);
  return alignColumns([head, ...rows.map((row) => row.map(printableLine))]);
}

function rowsOf({ name, installations, releases, problem }: ToolchainEntry): string[][] {
  const missing = releases.filter(({ installed }) => !installed).map(({ version }) => version);
  const installable = missing.join(', ') || '-';
  const rows = installations.map(({ version, origin, python }, index) => [
    name,
    version,
    ORIGINS[origin],
    python,
    index === 0 ? installable : '',
  ]);
  if (problem !== undefined) rows.unshift([name, '!', problem, '', '']);
  return rows.length > 0 ? rows : [[name, '-', '-', '-', installable]];
}

/** How people say where something was found. */
export const ORIGINS: Readonly<Record<ToolchainEntry['installations'][number]['origin'], string>> =
  {
    config: 'toolchains.yaml',
    environment: 'environment variable',
    path: 'PATH',
    installed: 'installed',
  };
