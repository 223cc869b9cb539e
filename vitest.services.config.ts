import { defineConfig } from 'vitest/config'

// Tests against real servers: `npm run test:services`.
export default defineConfig({
  test: {
    include: ['test/services/**/*.test.ts'],
    globalSetup: ['test/services/start/provide-services.ts'],
    // One file at a time: a file may have brokers of its own, and takes times.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
