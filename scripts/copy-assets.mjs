// tsc copies nothing but what it compiles: drivers in Python, locks, adapter descriptions and
// shell scripts go to dist/ with the folders that they stand in.
import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));
const ASSET = /\.(py|txt|ya?ml|bash|zsh|fish)$/;

for (const name of readdirSync(source, { recursive: true })) {
  if (ASSET.test(name)) cpSync(path.join(source, name), path.join(target, name));
}
