import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'test/**/*.slow.test.ts', 'test/tools/**', 'node_modules/**'],
    // conversions start processes of their own: more workers than cores only make them wait
    setupFiles: ['test/support/seed.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: ['default'],
  },
});
