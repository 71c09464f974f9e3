import { readFileSync } from 'node:fs';

/** Every exit status with its meaning, from the table of README.md: two pairs of columns. */
export function exitStatuses(): (readonly [status: number, meaning: string])[] {
  const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \| (.+?) \| (\d+) \| (.+?) \|$/gm)];
  return rows
    .flatMap(([, a, left = '', b, right = '']) => [
      [Number(a), left] as const,
      [Number(b), right] as const,
    ])
    .sort(([a], [b]) => a - b);
}
