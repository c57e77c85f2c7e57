import { defineConfig } from 'vitest/config'

/** Tests that need minutes and gigabytes, one after the other: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    disableConsoleIntercept: true,
  },
})
