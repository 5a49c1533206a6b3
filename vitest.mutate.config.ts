import { defineConfig } from 'vitest/config'

/** For mutations: what tests admission, scopes, fill, headers and targets alone, without a database, a listener or another process. */
export default defineConfig({
  test: {
    include: ['test/proxy/{fill,fill-against-go,fill-corpus,fill-property,headers,url}.test.ts', 'test/gateway/{admits,asks-its-gates}.test.ts', 'test/lib/json-bytes.test.ts', 'test/surface/scopes.test.ts'],
    // The same texts each time, so that a figure is the same each time.
    env: { SEED: '1' },
    maxWorkers: 1,
    testTimeout: 30_000
  }
})
