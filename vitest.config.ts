import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{unit,integration,browser}/**/*.test.ts'],
    // Integration tests start processes, sockets and browsers; two files at a time is what two cores bear.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
