import { pino } from 'pino'
import { openDatabase, type PostgresAddress } from '../lib/postgres.js'
import { buildCoreApp } from './app.js'
import type { ClockOrder, ClockState } from './control.js'
import { rows } from './routes.js'
import type { DeliveryQuery, DeliveryRecord } from './deliveries/list.js'
import { Serving, type LedgerToOpen } from './serving.js'

export interface SandboxOptions {
  readonly database: PostgresAddress
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly logLevel: string
  /** From where an upload may be fetched by its URL: host names in small letters; none unless given. */
  readonly uploadHosts?: readonly string[]
}

/** A running sandbox: one listener, any number of ledgers, each a schema of the database with a key of its own. */
export interface Sandbox {
  readonly url: string
  /** Migrates a schema that is to be served later. */
  prepare(schema: string): Promise<void>
  /** Migrates the schema where it is missing or old, serves it under `key`, starts its queue, and sends its webhooks where they shall go. */
  open(ledger: LedgerToOpen): Promise<void>
  /** Stops serving the schema and removes it with all it holds. */
  drop(schema: string): Promise<void>
  /**
   * Back to the state just after the migration: empty, the process's time, random ids. Requests that come meanwhile wait.
   * With a seed, what follows has the same ids for the same requests.
   */
  reset(schema: string, seed?: string | null): Promise<void>
  /** From here on the same ids for the same requests; null: random ones again. */
  seedIds(schema: string, seed: string | null): Promise<void>
  /** How the ledger's clock stands, after it was ordered so, and everything due was done. */
  clock(schema: string, order: ClockOrder): Promise<ClockState>
  /** Answers when nothing is queued or due. */
  settle(schema: string): Promise<void>
  /** What the ledger told others or is about to, the latest first. Of what has ended, the last thousand. */
  deliveries(schema: string, query: DeliveryQuery): Promise<{ readonly data: readonly DeliveryRecord[], readonly total: number }>
  /** Sends something again. @returns whether there is a delivery of this id */
  redeliver(schema: string, deliveryId: string): Promise<boolean>
  health(): Promise<boolean>
  close(): Promise<void>
}

/** Connections to the database. The embedded one works through them one statement at a time; a server has use for more. */
const connectionsTo = (address: PostgresAddress): number => 'url' in address ? 12 : 6

/** Starts a sandbox in this thread. `startSandbox` (thread.ts) is the same in a thread of its own. */
export async function startCore (options: SandboxOptions): Promise<Sandbox> {
  const log = pino({ level: options.logLevel, name: 'sandbox' }, pino.destination({ dest: 2, sync: true }))
  const db = openDatabase(options.database, connectionsTo(options.database), (error) => { log.warn({ err: error }, 'a database connection was lost') })
  const serving = new Serving({ db, alone: !('url' in options.database), uploadHosts: options.uploadHosts ?? [], workFailed: (error) => { log.error({ err: error }, 'queued work failed') } })
  const healthy = async (): Promise<boolean> => await db.query('SELECT 1').then(() => true, () => false)
  const app = buildCoreApp({ rows, findLedger: (key) => serving.find(key), findTagged: (tag) => serving.findTagged(tag), healthy, log })
  let url: string
  try {
    url = await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await db.close()
    throw error
  }
  return {
    url,
    prepare: async (schema) => { await serving.prepare(schema) },
    open: async (ledger) => { await serving.open(ledger) },
    drop: async (schema) => { await serving.drop(schema) },
    reset: async (schema, seed) => { await serving.reset(schema, seed ?? null) },
    seedIds: async (schema, seed) => { await serving.seedIds(schema, seed) },
    clock: async (schema, order) => await serving.clock(schema, order),
    settle: async (schema) => { await serving.settle(schema) },
    deliveries: async (schema, query) => await serving.deliveries(schema, query),
    redeliver: async (schema, deliveryId) => await serving.redeliver(schema, deliveryId),
    health: healthy,
    async close () {
      await app.close()
      await serving.close()
      await db.close()
    }
  }
}
