import { readFileSync } from 'node:fs';

/** Version of modelconv itself, read from its own package.json (one small file, no JSON import flag needed). */
export const MODELCONV_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;
