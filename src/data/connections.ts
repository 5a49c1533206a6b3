import pg from 'pg'
import { DatabaseGone, judged, types } from '../lib/postgres.js'
import { attemptsOf, type Bounds } from './address.js'

/** Runs one statement. */
export type Run = <R extends object>(text: string, values: readonly unknown[]) => Promise<R[]>

/** All connections are taken, and those who wait are many already. */
export class AllTaken extends Error {}

export interface Connections {
  readonly run: Run
  close(): Promise<void>
}

const CONNECT_MS = 5_000
/** A connection that nobody needs is not kept from a Core for longer. */
const IDLE_MS = 30_000
/** Beyond its time-out on the server a statement is given this, in case the server has gone silent. */
const GRACE_MS = 5_000
/** Who waits for a connection, for each that there is. */
const WAITING = 20

/** Whether another way to connect may be let in: the server has no TLS, or its rules refuse this way (28000, libpq-ssl 34.19.4). */
const refusesThisWay = (error: unknown): boolean =>
  (error as Error).message === 'The server does not support SSL connections' || (error as { code?: unknown }).code === '28000'

/**
 * Connections to a Core's database on which nothing can be written, opened when they are needed.
 * @param databaseUrl as libpq reads it
 * @throws AddressError; `run` AllTaken, DatabaseGone, or what the server says
 */
export function openConnections (databaseUrl: string, bounds: Bounds, onError: (error: Error) => void): Connections {
  let attempts = [...attemptsOf(databaseUrl, bounds)]
  let pool = poolOf(attempts[0] as pg.ClientConfig)

  function poolOf (config: pg.ClientConfig): pg.Pool {
    // The types of pg know nothing of onConnect.
    const options: pg.PoolConfig & { onConnect: typeof assertReadOnly } =
      { ...config, types, max: bounds.connections, idleTimeoutMillis: IDLE_MS, connectionTimeoutMillis: CONNECT_MS, query_timeout: bounds.statementMs + GRACE_MS, onConnect: assertReadOnly }
    const made = new pg.Pool(options)
    made.on('error', onError)
    return made
  }

  async function connect (): Promise<pg.PoolClient> {
    const from = pool
    try {
      return await from.connect()
    } catch (error) {
      if (from.totalCount >= bounds.connections) throw new AllTaken((error as Error).message)
      if (from !== pool) return await connect()
      if (attempts.length === 1 || !refusesThisWay(error)) throw judged(error)
      // The next way is the one from now on; what was refused has no connections to end.
      attempts = attempts.slice(1)
      pool = poolOf(attempts[0] as pg.ClientConfig)
      return await connect()
    }
  }

  return {
    async run (text, values) {
      if (pool.waitingCount >= bounds.connections * WAITING) throw new AllTaken('too many wait for a connection')
      const client = await connect()
      try {
        const { rows } = await client.query({ text, values: values as unknown[] })
        client.release()
        return rows
      } catch (error) {
        const judgment = judged(error)
        // What the server answered leaves the connection as it was; anything else may still be running on it.
        client.release(error instanceof pg.DatabaseError && !(judgment instanceof DatabaseGone) ? undefined : error as Error)
        throw judgment
      }
    },
    close: async () => { await pool.end() }
  }
}

/** A pooler between may have dropped what we set when connecting. */
async function assertReadOnly (client: pg.Client | pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ is: string }>("SELECT current_setting('default_transaction_read_only') AS is")
  if (rows[0]?.is !== 'on') throw new Error('the connection is not read-only: a pooler in between drops the option. Connect to Postgres itself, or ALTER ROLE … SET default_transaction_read_only = on')
}
