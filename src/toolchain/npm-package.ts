import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { exists } from '../host/files.js';

/** A tool that comes as an npm package. */
export interface NpmTool {
  readonly directory: string;
  readonly version: string;
}

async function readPackage(directory: string): Promise<NpmTool | undefined> {
  try {
    const manifest: unknown = JSON.parse(
      await readFile(path.join(directory, 'package.json'), 'utf8'),
    );
    if (
      typeof manifest !== 'object' ||
      manifest === null ||
      !('version' in manifest) ||
      typeof manifest.version !== 'string'
    )
      return undefined;
    return { directory, version: manifest.version };
  } catch {
    return undefined;
  }
}

/**
 * Find a tool that is an npm package: the directory that an environment variable names, else the
 * package installed beside modelconv.
 *
 * @returns undefined when it is not installed; never throws for absence.
 */
export async function findNpmTool(
  name: string,
  environmentVariable: string,
): Promise<NpmTool | undefined> {
  const own = process.env[environmentVariable];
  if (own !== undefined && own !== '') return await readPackage(path.resolve(own));
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const modules of paths) {
    const directory = path.join(modules, name);
    if (await exists(path.join(directory, 'package.json'))) return await readPackage(directory);
  }
  return undefined;
}
