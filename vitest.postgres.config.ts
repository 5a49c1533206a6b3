import { defineConfig } from 'vitest/config'
import standard from './vitest.config.js'

/** What depends on the database, for a run on the server that TEST_DATABASE_URL names. */
export default defineConfig({
  test: { ...standard.test, exclude: ['test/long/**', 'test/install/**', 'test/surface/**', 'test/house/**'] }
})
