import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'node_modules/**'],
    // conversions start processes of their own: more workers than cores only make them wait
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: ['default'],
  },
});
