import { pino } from 'pino'
import { assertSchemaName, migrate, readMigrations } from '../lib/migrate.js'
import { openDatabase, type Database, type PostgresAddress } from '../lib/postgres.js'
import { buildCoreApp, type OpenLedger } from './app.js'
import type { Ledger } from './call.js'
import { Keyring } from './keyring.js'
import { resetLedger } from './queue/reset.js'
import { startQueue, type Queue } from './queue/worker.js'
import { rows } from './routes.js'
import { Turnstile } from './turnstile.js'

export interface SandboxOptions {
  readonly database: PostgresAddress
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly logLevel: string
}

/** A running sandbox: one listener, any number of ledgers, each a schema of the database with a key of its own. */
export interface Sandbox {
  readonly url: string
  /** Migrates the schema where it is missing or old, serves it under `key`, and starts its queue. */
  open(ledger: { readonly schema: string, readonly key: string }): Promise<void>
  /** Stops serving the schema and removes it with all it holds. */
  drop(schema: string): Promise<void>
  /** Back to the state just after the migration. Requests that come meanwhile wait. */
  reset(schema: string): Promise<void>
  /** Answers when nothing is queued or due. */
  settle(schema: string): Promise<void>
  health(): Promise<boolean>
  close(): Promise<void>
}

/** A reset gives the ledger a new queue. */
interface Served extends OpenLedger { queue: Queue }

/** Connections to the database. The embedded one works through them one statement at a time; a server has use for more. */
const connectionsTo = (address: PostgresAddress): number => 'url' in address ? 12 : 6

/** Starts a sandbox in this thread. `startSandbox` (thread.ts) is the same in a thread of its own. */
export async function startCore (options: SandboxOptions): Promise<Sandbox> {
  const log = pino({ level: options.logLevel, name: 'sandbox' }, pino.destination({ dest: 2, sync: true }))
  const db = openDatabase(options.database, connectionsTo(options.database), (error) => { log.warn({ err: error }, 'a database connection was lost') })
  const keyring = new Keyring<Served>()
  const served = new Map<string, Promise<Served>>()
  const queueFailed = (error: unknown): void => { log.error({ err: error }, 'queued work failed') }
  const healthy = async (): Promise<boolean> => await db.query('SELECT 1').then(() => true, () => false)
  const app = buildCoreApp({ rows, findLedger: (key) => keyring.find(key), healthy, log })

  const serve = async (schema: string): Promise<Served> => {
    await migrate(db, schema, readMigrations(new URL('./migrations/', import.meta.url)))
    return startServing(db, schema, queueFailed)
  }
  const known = async (schema: string): Promise<Served> => {
    const found = served.get(schema)
    if (found === undefined) throw new Error(`the sandbox serves no ledger ${JSON.stringify(schema)}`)
    return await found
  }

  let url: string
  try {
    url = await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await db.close()
    throw error
  }
  return {
    url,
    async open ({ schema, key }) {
      const opening = served.get(schema) ?? serve(schema)
      served.set(schema, opening)
      try {
        keyring.set(schema, key, await opening)
      } catch (error) {
        served.delete(schema)
        throw error
      }
    },
    async drop (schema) {
      assertSchemaName(schema)
      const found = await served.get(schema)
      keyring.remove(schema)
      served.delete(schema)
      await found?.turnstile.alone(async () => { await found.queue.close() })
      await db.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    },
    async reset (schema) {
      const found = await known(schema)
      await found.turnstile.alone(async () => {
        await found.queue.close()
        try {
          await resetLedger(db, schema)
        } finally {
          found.queue = startQueue(found.ledger, queueFailed)
        }
      })
    },
    settle: async (schema) => { await (await known(schema)).queue.settle() },
    health: healthy,
    async close () {
      await app.close()
      await Promise.all([...served.values()].map(async (opening) => { await (await opening).queue.close() }))
      await db.close()
    }
  }
}

function startServing (db: Database, schema: string, queueFailed: (error: unknown) => void): Served {
  const ledger: Ledger = { schema, db, wake: () => { served.queue.wake() } }
  const served: Served = { ledger, queue: startQueue(ledger, queueFailed), turnstile: new Turnstile() }
  return served
}
