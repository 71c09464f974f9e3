// tsc copies nothing but what it compiles: drivers in Python, locks, adapter descriptions and shell
// scripts go to dist/ with the folders that they stand in. build.json then says by a digest which code this is: what
// other code converted is no answer of the cache.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));
const ASSET = /\.(py|txt|ya?ml|bash|zsh|fish)$/;

for (const name of readdirSync(source, { recursive: true })) {
  if (ASSET.test(name)) cpSync(path.join(source, name), path.join(target, name));
}

const CODE = /\.(js|py|txt|ya?ml)$/;
const digest = createHash('sha256');
for (const name of readdirSync(target, { recursive: true }).sort()) {
  if (CODE.test(name)) digest.update(`${name}\0`).update(readFileSync(path.join(target, name)));
}
writeFileSync(
  path.join(target, 'build.json'),
  `${JSON.stringify({ sha256: digest.digest('hex') })}\n`,
);
