import pg from 'pg'
import { CERTIFICATE } from '../instances/reach.js'
import { DatabaseGone, judged, types } from '../lib/postgres.js'
import { attemptsOf, type Bounds } from './address.js'

/** Runs one statement. */
export type Run = <R extends object>(text: string, values: readonly unknown[]) => Promise<R[]>

/** All connections are taken, ours or the server's, and those who wait are many already or have waited long. */
export class AllTaken extends Error {}

/** The server was reached and does not let us in, or not as we must be. */
export class NotLetIn extends Error {}

/** What is between has dropped the setting with which nothing can be written. */
export class NotReadOnly extends NotLetIn {}

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

/** The sentence of pg-pool for who waited in vain; the one for a connection that could not be opened is another. */
const WAITED = 'timeout exceeded when trying to connect'

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? '')

/**
 * Whether another way to connect may be let in: the server has no TLS, none that fits or an unknown certificate, or its rules refuse this way
 * (28000, libpq-ssl 34.19.4).
 */
const refusesThisWay = (error: unknown): boolean =>
  (error as Error).message === 'The server does not support SSL connections' || CERTIFICATE.test(codeOf(error)) || /^(?:28000|EPROTO|ERR_SSL_.*)$/.test(codeOf(error))

/** By the class of what the server says: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const REFUSALS: Readonly<Record<string, string>> = { 28: 'the server does not let this role in', '3D': 'the server has no database of this name' }

function judgedConnecting (error: unknown): unknown {
  const { message } = error as Error
  if (message === WAITED || codeOf(error) === '53300') return new AllTaken(message, { cause: error })
  if (error instanceof NotLetIn) return error
  const why = CERTIFICATE.test(codeOf(error)) ? "the server's certificate is not trusted" : error instanceof pg.DatabaseError ? REFUSALS[codeOf(error).slice(0, 2)] : undefined
  return why === undefined ? judged(error) : new NotLetIn(why, { cause: error })
}

/**
 * Connections to a Core's database on which nothing can be written, opened when they are needed.
 * @param databaseUrl as libpq reads it
 * @throws AddressError; `run` AllTaken, DatabaseGone, or what the server says
 */
export function openConnections (databaseUrl: string, bounds: Bounds, onError: (error: Error) => void): Connections {
  const attempts = attemptsOf(databaseUrl, bounds)
  let way = 0
  let pool = poolOf(attempts[way] as pg.ClientConfig)
  /** Of ways that were refused: who waits there is refused too and comes to the new one. */
  let former: pg.Pool[] = []

  function poolOf (config: pg.ClientConfig): pg.Pool {
    // The types of pg know nothing of onConnect.
    const options: pg.PoolConfig & { onConnect: typeof assertReadOnly } =
      { ...config, types, max: bounds.connections, idleTimeoutMillis: IDLE_MS, connectionTimeoutMillis: CONNECT_MS, query_timeout: bounds.statementMs + GRACE_MS, onConnect: assertReadOnly }
    const made = new pg.Pool(options)
    made.on('error', onError)
    // The pool listens to idle connections alone, and an error that nobody hears ends the process.
    made.on('acquire', (client) => { client.on('error', onError) })
    made.on('release', (_error, client) => { client.off('error', onError) })
    return made
  }

  /** @param left ways that were not tried yet */
  async function connect (left = attempts.length - 1): Promise<pg.PoolClient> {
    const from = pool
    try {
      return await from.connect()
    } catch (error) {
      if (left === 0 || !refusesThisWay(error)) throw judgedConnecting(error)
      // The next way is the one from now on, until it is refused in turn: servers change their rules.
      if (from === pool) {
        way = (way + 1) % attempts.length
        pool = poolOf(attempts[way] as pg.ClientConfig)
        former = [...former.filter((one) => one.totalCount > 0), from]
      }
      return await connect(left - 1)
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
    close: async () => { await Promise.all([pool, ...former].map(async (one) => { await one.end() })) }
  }
}

/** A pooler between may have dropped what we set when connecting. */
async function assertReadOnly (client: pg.Client | pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ is: string }>("SELECT current_setting('default_transaction_read_only') AS is")
  if (rows[0]?.is !== 'on') throw new NotReadOnly('the connection is not read-only: a pooler in between drops the option. Connect to Postgres itself, or ALTER ROLE … SET default_transaction_read_only = on')
}
