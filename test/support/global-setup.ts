import type { TestProject } from 'vitest/node'
import type { PostgresAddress } from '../../src/lib/postgres.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Postgres for tests that make schemas of their own: the embedded one, or the server that TEST_DATABASE_URL names. */
    postgres: PostgresAddress
  }
}

export default async function setUp (project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['TEST_DATABASE_URL']
  if (url !== undefined) {
    project.provide('postgres', { url })
    return async () => {}
  }
  // The compiled files: worker threads run JavaScript.
  const built = new URL('../../dist/src/store/', import.meta.url)
  const { startEmbedded } = await import(new URL('embedded.js', built).href) as typeof import('../../src/store/embedded.js')
  const { currentTemplate } = await import(new URL('template.js', built).href) as typeof import('../../src/store/template.js')
  const embedded = await startEmbedded({ dataDir: null, template: currentTemplate() })
  project.provide('postgres', { socketDir: embedded.socketDir })
  return async () => { await embedded.close() }
}
