import { defineConfig } from 'vitest/config';

/** Suites that take minutes: kills at random moments, installs with pip, other Node majors, gigabyte files, real shells and builds, documentation. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts', 'test/**/*.slow.test.ts'],
    setupFiles: ['test/support/seed.ts'],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
