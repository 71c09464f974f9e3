import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileStamp } from '../host/file-stamp.js';
import { exists } from '../host/files.js';
import type { Launcher } from '../host/run-step.js';
import { managedName, manifestFile } from './installed.js';

/** A tool that was found, as far as it can be told from another. */
export interface StampedTool {
  readonly tool: string;
  readonly version: string;
  /** Where it is installed. */
  readonly path: string;
  readonly launcher: Launcher;
}

/** What tells one installation of a tool from another. */
export interface ToolStamp {
  /** Files that change when the tool does; absolute. */
  readonly files: readonly string[];
  /** Plain data: differs when the tool may give something else. Starts nothing. */
  readonly identity: unknown;
}

/**
 * Of what modelconv installed: the manifest, with the digest of its lock. Of an npm package: its
 * `package.json`. Of everything else: place, size and time of its programs.
 */
export async function stampTool({
  tool,
  version,
  path: place,
  launcher,
}: StampedTool): Promise<ToolStamp> {
  const { command, environment, programs = {}, env } = launcher;
  const manifest = environment === undefined ? undefined : await managedManifest(environment);
  const npm = path.join(place, 'package.json');
  const isNpm = command[0] === process.execPath && (await exists(npm));
  const started = [command, ...Object.values(programs)]
    .map(([file]) => file)
    // modelconv's own drivers are run by its own Node.js
    .filter((file) => file !== process.execPath);
  const own = [...(isNpm ? [npm] : []), ...(manifest === undefined ? new Set(started) : [])];
  return {
    files: [...own, ...(manifest === undefined ? [] : [manifest.file])],
    identity: {
      tool,
      version,
      ...(manifest === undefined ? {} : { managed: manifest.identity }),
      found: await Promise.all(own.map(identityOf)),
      ...(environment === undefined || manifest !== undefined
        ? {}
        : { packages: await packagesOf(environment) }),
      env: env ?? {},
    },
  };
}

async function identityOf(file: string): Promise<unknown> {
  return [file, await realpath(file).catch(() => file), await fileStamp(file)];
}

/** Where it lies does not matter: the lock says what is in it. */
async function managedManifest(
  environment: string,
): Promise<{ readonly file: string; readonly identity: unknown } | undefined> {
  if (managedName(environment) === undefined) return undefined;
  const file = manifestFile(environment);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { name, version, pythonVersion, lockSha256 } = JSON.parse(text) as Record<string, unknown>;
  return { file, identity: { name, version, pythonVersion, lockSha256 } };
}

/** Times of the directories that packages are installed in: pip changes them with every package. */
async function packagesOf(environment: string): Promise<unknown> {
  const libraries = path.join(environment, 'lib');
  const versions = await readdir(libraries).catch(() => []);
  const places = [
    ...versions.sort().map((name) => path.join(libraries, name, 'site-packages')),
    path.join(environment, 'Lib', 'site-packages'),
  ];
  return await Promise.all(places.map(fileStamp));
}
