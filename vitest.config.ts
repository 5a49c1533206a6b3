import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/install/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // Two cores: more workers than that only take memory from the embedded database.
    maxWorkers: 2,
    // What is polled for is awaited under a limit that a busy machine does not reach.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
