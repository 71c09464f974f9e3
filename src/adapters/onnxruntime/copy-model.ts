import { chmod, copyFile, link, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A copy that may be written to. The model itself is copied; its external data, which nothing writes to, is linked. */
export async function copyModel(from: string, to: string, name: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = path.join(entry.parentPath, entry.name);
    const target = path.join(to, path.relative(from, source));
    await mkdir(path.dirname(target), { recursive: true });
    if (path.relative(from, source) !== name)
      await link(source, target).catch(async () => await copyFile(source, target));
  }
  await copyFile(path.join(from, name), path.join(to, name));
  await chmod(path.join(to, name), 0o600);
}
