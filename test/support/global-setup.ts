import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import type { PostgresAddress } from '../../src/lib/postgres.js'
import { keepInFolder, keepSecrets, keepSecretsOf, keptFile } from './kept.js'
import { hasNoSecrets, keepWhatItTells } from './no-secrets.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Postgres of the run, for tests that make schemas of their own: embedded, or on the server that TEST_DATABASE_URL names. */
    postgres: PostgresAddress
    /** The gateway that the test files share; see support/gateway.ts for an instance of one's own on it. */
    gateway: { readonly url: string, readonly adminToken: string, readonly apiKey: string, readonly instanceId: string, readonly sandboxCoreUrl: string, readonly sandboxCoreKey: string }
  }
}

/** A database of the run's own on the server, so that no run sees another's rows. */
async function freshDatabase (server: string): Promise<{ url: string, drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  await run(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: async () => { await run(`DROP DATABASE ${name} WITH (FORCE)`) } }
}

export default async function setUp (project: TestProject): Promise<() => Promise<void>> {
  // The compiled files: worker threads run JavaScript, and it is what ships.
  const built = async <T>(file: string): Promise<T> => await import(new URL(`../../dist/src/${file}`, import.meta.url).href) as T
  const { buildApp } = await built<typeof import('../../src/app.js')>('app.js')
  const { readConfig } = await built<typeof import('../../src/config.js')>('config.js')

  const server = process.env['TEST_DATABASE_URL']
  const database = server === undefined ? undefined : await freshDatabase(server)
  const settings = database === undefined
    ? { EPHEMERAL: 'true', FAULTS: 'on', BLNK_ENCRYPTION_KEY: randomBytes(32).toString('hex') }
    : { DATABASE_URL: database.url, SANDBOX: 'on', FAULTS: 'on', REQUEST_LOG: 'on', APPS_ALLOW_LOCAL: 'true', BLNK_ENCRYPTION_KEY: randomBytes(32).toString('hex'), BLNK_ADMIN_TOKEN: randomBytes(32).toString('hex') }
  const folder = keepInFolder()
  keepSecretsOf(settings)
  // All that it could say, into a file in which no secret may be; TEST_LOG_LEVEL shows some of it.
  const file = pino.destination({ dest: keptFile('log.text'), sync: false, minLength: 8192 })
  const shown = process.env['TEST_LOG_LEVEL'] as pino.Level | undefined
  const log = pino({ level: 'trace', base: null }, pino.multistream([{ level: 'trace', stream: file }, ...(shown === undefined ? [] : [{ level: shown, stream: process.stderr }])]))
  const app = buildApp(readConfig({ PORT: '0', BLNK_API_KEY: `blnk_${randomBytes(32).toString('base64url')}`, ...settings }), log)
  await app.listen()
  const { database: postgres, url, adminToken, apiKey, instanceId, sandboxCoreUrl, sandboxCoreKey } = await app.started
  project.provide('postgres', postgres)
  project.provide('gateway', { url, adminToken, apiKey: apiKey as string, instanceId: instanceId as string, sandboxCoreUrl: sandboxCoreUrl as string, sandboxCoreKey: sandboxCoreKey as string })
  keepSecrets(adminToken, apiKey, sandboxCoreKey)
  return async () => {
    // vitest prints what a teardown throws, and ends with 0 all the same: it is 1 until the last look was taken.
    const before = process.exitCode
    process.exitCode = 1
    await keepWhatItTells({ url, adminToken, postgres }).finally(async () => { await app.close() })
    file.flushSync()
    if (hasNoSecrets(folder)) process.exitCode = before
    await database?.drop()
  }
}
