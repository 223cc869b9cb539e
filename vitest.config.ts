import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.js'],
    exclude: ['test/services/**'],
    maxWorkers: '100%',
    globalSetup: ['test/support/build-pglite-worker.ts'],
    // Machines are shared and may be slow: a test waits for conditions, and this only ends one that hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
