import { defineConfig } from 'vitest/config'

/**
 * What installs the packed package from the registry and drives it from several languages, and what takes long: many
 * processes, or many requests to the gateway that the files share.
 */
export default defineConfig({
  test: {
    include: ['test/install/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 120_000,
    hookTimeout: 10 * 60_000
  }
})
