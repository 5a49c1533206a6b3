import { defineConfig } from 'vitest/config'
import standard from './vitest.config.js'

/** Everything of `npm test` with ten times the random operations, and what takes minutes. */
export default defineConfig({
  // Not mergeConfig: it would join the two lists of what is excluded.
  test: { ...standard.test, exclude: ['test/install/**'], env: { TEST_LONG: '1' }, testTimeout: 30 * 60_000 }
})
