import { stat } from 'node:fs/promises';

/** What changes when a file is written, without reading it. */
export async function fileStamp(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? 'gone' : `${found.ino} ${found.size} ${found.mtimeNs}`;
}
