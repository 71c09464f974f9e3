import { formatBytes } from '../../format-bytes.js';
import { printableLine } from '../../printable.js';
import type { CacheInfoResult, CacheListResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** A line for each fact. */
export function renderCacheInfo({
  directory,
  sizeBytes,
  maxBytes,
  writable,
  packages,
  sources,
}: CacheInfoResult): string {
  const bound =
    maxBytes === 0 ? 'switched off (MODELCONV_CACHE_SIZE=0)' : `of ${formatBytes(maxBytes)}`;
  const kind = ({ entries, sizeBytes: size, uses }: CacheInfoResult['packages']): string =>
    `${entries}, ${formatBytes(size)}, taken ${uses} ${uses === 1 ? 'time' : 'times'}`;
  return alignColumns([
    ['directory', `${printableLine(directory)}${writable ? '' : ' (cannot be written)'}`],
    ['size', `${formatBytes(sizeBytes)} ${bound}`],
    ['packages', kind(packages)],
    ['sources', kind(sources)],
  ]);
}

/** The entries as a table. */
export function renderCacheList({ entries }: CacheListResult, style: Style): string {
  const head = ['KEY', 'KIND', 'NAME', 'VERSION', 'DEVICE', 'SIZE', 'TAKEN', 'LAST USED'].map(
    (title) => style.bold(title),
  );
  const rows = entries.map(
    ({ key, kind, name, version, device, sizeBytes, uses, lastUsed, damaged }) => [
      key.slice(0, 12),
      kind,
      damaged === true ? 'damaged' : (name ?? '-'),
      version ?? '-',
      device ?? '-',
      formatBytes(sizeBytes),
      String(uses),
      lastUsed.slice(0, 16).replace('T', ' '),
    ],
  );
  return alignColumns([head, ...rows.map((row) => row.map(printableLine))]);
}
