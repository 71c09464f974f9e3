// tsc copies nothing but what it compiles: drivers in Python, locks and adapter descriptions go to
// dist/ with the folders that they stand in.
import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));
const ASSET = /\.(py|txt|ya?ml)$/;

for (const name of readdirSync(source, { recursive: true })) {
  if (ASSET.test(name)) cpSync(path.join(source, name), path.join(target, name));
}
