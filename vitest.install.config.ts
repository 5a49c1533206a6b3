import { defineConfig } from 'vitest/config'

/** What installs the packed package from the registry, and drives it from several languages. */
export default defineConfig({
  test: {
    include: ['test/install/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 10 * 60_000
  }
})
