import { defineConfig, mergeConfig } from 'vitest/config'
import standard from './vitest.config.js'

/** Everything of `npm test` with ten times the random operations, and what takes minutes. */
export default mergeConfig(standard, defineConfig({
  test: { exclude: [], env: { TEST_LONG: '1' }, testTimeout: 30 * 60_000 }
}))
