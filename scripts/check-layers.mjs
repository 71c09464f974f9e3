// dependency-cruiser with an assertion that it read anything: with a TypeScript version that it does
// not know it reads no module, finds no violation, and says that all is well.
import { spawnSync } from 'node:child_process';

const LEAST_MODULES = 50;
const result = spawnSync(
  'npx',
  [
    '--no-install',
    'depcruise',
    'src',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ],
  { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, shell: process.platform === 'win32' },
);
if (result.stdout === '') {
  console.error(result.stderr);
  process.exit(1);
}
const { summary, modules } = JSON.parse(result.stdout);
const own = modules.filter(({ source }) => source.startsWith('src/')).length;
for (const { rule, from, to } of summary.violations)
  console.error(`${rule.severity} ${rule.name}: ${from} -> ${to}`);
console.log(`${own} modules cruised, ${summary.violations.length} violations`);
if (own < LEAST_MODULES)
  console.error(`only ${own} modules were read, at least ${LEAST_MODULES} were expected`);
process.exitCode = own < LEAST_MODULES || summary.error > 0 ? 1 : 0;
