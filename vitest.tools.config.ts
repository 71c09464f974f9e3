import { defineConfig } from 'vitest/config';

/** Conversions with the vendors' own tools, wherever they are installed. */
export default defineConfig({
  test: {
    include: ['test/tools/**/*.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
