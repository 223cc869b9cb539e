import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.js'],
    exclude: ['test/services/**'],
    globalSetup: ['test/support/build-pglite-worker.ts'],
    testTimeout: 30_000,
  },
})
