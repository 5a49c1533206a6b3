import { defineConfig } from 'vitest/config'

/** For mutations: what tests admission, scopes, fill, headers and targets, and needs no other process. */
export default defineConfig({
  test: {
    include: ['test/proxy/**/*.test.ts', 'test/gateway/**/*.test.ts', 'test/auth/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000
  }
})
