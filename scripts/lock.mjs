// Make package-lock.json: complete for every platform, and without download addresses. `npm ci` refuses
// a lock in which the optional packages of another platform are missing, as they are when a registry
// does not have them: look at the changes before committing. The addresses are taken out at the end.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK = new URL('../package-lock.json', import.meta.url);
const args = [
  'install',
  '--package-lock-only',
  '--ignore-scripts',
  '--omit-lockfile-registry-resolved=false',
];
const { status } = spawnSync('npm', args, {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
for (const entry of Object.values(lock.packages)) delete entry.resolved;
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
process.exitCode = status ?? 1;
