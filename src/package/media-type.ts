import type { PackageFile } from '../schema/generated/types.js';

/** The media type of a file by its name, for the few that are text. */
export function mediaTypeOf(path: string): string {
  const types: Readonly<Record<string, string>> = {
    yaml: 'application/yaml',
    yml: 'application/yaml',
    json: 'application/json',
    txt: 'text/plain',
    md: 'text/markdown',
    html: 'text/html',
    xml: 'application/xml',
    csv: 'text/csv',
    log: 'text/plain',
    png: 'image/png',
    jpg: 'image/jpeg',
    jpeg: 'image/jpeg',
  };
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return types[extension] ?? 'application/octet-stream';
}

/** A role for every file that has none given, by where it lies. */
export function roleOf(path: string): PackageFile['role'] {
  if (path.startsWith('model/')) return 'model';
  return path.startsWith('source/') ? 'source' : 'document';
}
