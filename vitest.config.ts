import { defineConfig } from 'vitest/config'

const LONG = 'test/**/*.long.test.ts'

export default defineConfig({
  test: {
    maxWorkers: '100%',
    globalSetup: ['test/support/build-pglite-worker.ts'],
    // Machines are shared and may be slow: a test waits for conditions, and this only ends one that hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      // `npm test`. Files share a process, since loading the same modules for each would take as long as the tests: none may leave anything behind.
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts', 'examples/**/*.test.js'],
          exclude: ['test/services/**', LONG],
          isolate: false,
        },
      },
      // `npm run test:long`: files that take more than about five seconds, with processes, a browser, databases or weeks of readings.
      { extends: true, test: { name: 'long', include: [LONG] } },
    ],
  },
})
