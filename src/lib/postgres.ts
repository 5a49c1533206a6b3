import pg from 'pg'

/** Where a Postgres answers: a connection URL of a server, or the directory of the embedded one's Unix socket. */
export type PostgresAddress = { readonly url: string } | { readonly socketDir: string }

/** Rows come back as text where a JavaScript value would lose something: numeric, bigint, timestamps, json. */
export interface Queryable {
  query<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction. Never await a client or a request inside: the embedded database is one backend behind all connections. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
  /** A connection of one's own, not opened yet; the caller ends it. Its statements fail after so many milliseconds. */
  client(answerMs: number): pg.Client
  close(): Promise<void>
}

/** The server was not reached, or does not answer: not an error of the statement. */
export class DatabaseGone extends Error {}

/** Class 08, and what a server says that starts, stops or is full: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const GONE = /^(?:08...|57P0[123]|53300)$/

/** What pg throws, told apart: an error with a code for what the server says, one without or with a system's code for the rest. */
export function judged (error: unknown): unknown {
  const isServers = error instanceof pg.DatabaseError
  const { code = '', message } = error as NodeJS.ErrnoException
  if (isServers ? !GONE.test(code) : error instanceof TypeError || error instanceof RangeError) return error
  return new DatabaseGone(message || code, { cause: error })
}

const TEXT_TYPES = new Set<number>([
  pg.types.builtins.INT8,
  pg.types.builtins.NUMERIC,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.TIMESTAMPTZ,
  pg.types.builtins.DATE,
  pg.types.builtins.JSON,
  pg.types.builtins.JSONB
])

/** How rows are read: see Queryable. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPES.has(oid) ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser']
}

/**
 * A pool of connections. Statements are unnamed: named ones of different connections collide in the embedded database.
 * @param max the most connections held open at a time
 * @param answerMs milliseconds after which a statement that is no part of a transaction fails; 0: never. A server that is cut off says nothing
 */
export function openDatabase (address: PostgresAddress, max: number, onError: (error: Error) => void = () => {}, answerMs = 0): Database {
  const config: pg.ClientConfig = 'url' in address
    ? { connectionString: address.url }
    : { host: address.socketDir, port: 5432, user: 'postgres', database: 'postgres', password: '' }
  const pool = new pg.Pool({ ...config, max, types, idleTimeoutMillis: 0, connectionTimeoutMillis: 10_000 })
  // An idle connection that dies raises here; the next query opens another.
  pool.on('error', onError)

  const run = async (on: pg.Pool | pg.PoolClient, text: string, values?: readonly unknown[]) => {
    const query = { text, ...(values !== undefined && { values: values as unknown[] }), ...(on === pool && answerMs > 0 && { query_timeout: answerMs }) }
    const result = await on.query(query).catch((error: unknown) => { throw judged(error) })
    return { rows: result.rows, rowCount: result.rowCount ?? 0 }
  }

  return {
    query: async (text, values) => await run(pool, text, values) as never,
    async transaction (work) {
      const client = await pool.connect().catch((error: unknown) => { throw judged(error) })
      let broken: Error | undefined
      // The pool listens to idle connections alone, and an error that nobody hears ends the process.
      const lost = (error: Error): void => {
        broken = error
        onError(error)
      }
      client.on('error', lost)
      try {
        await run(client, 'BEGIN')
        const result = await work({ query: async (text, values) => await run(client, text, values) as never })
        await run(client, 'COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((e: Error) => { broken = e })
        throw error
      } finally {
        client.off('error', lost)
        client.release(broken)
      }
    },
    client: (answerMs) => new pg.Client({ ...config, types, query_timeout: answerMs, connectionTimeoutMillis: answerMs }),
    close: async () => { await pool.end() }
  }
}
