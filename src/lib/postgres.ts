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
  /** A connection of one's own for LISTEN; the caller ends it. */
  connect(): Promise<pg.Client>
  close(): Promise<void>
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

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPES.has(oid) ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser']
}

/**
 * A pool of connections. Statements are unnamed: named ones of different connections collide in the embedded database.
 * @param max the most connections held open at a time
 */
export function openDatabase (address: PostgresAddress, max: number, onError: (error: Error) => void = () => {}): Database {
  const config: pg.ClientConfig = 'url' in address
    ? { connectionString: address.url }
    : { host: address.socketDir, port: 5432, user: 'postgres', database: 'postgres', password: '' }
  const pool = new pg.Pool({ ...config, max, types, idleTimeoutMillis: 0, connectionTimeoutMillis: 10_000 })
  // An idle connection that dies raises here; the next query opens another.
  pool.on('error', onError)

  const run = async (on: pg.Pool | pg.PoolClient, text: string, values?: readonly unknown[]) => {
    const result = await on.query(text, values as unknown[] | undefined)
    return { rows: result.rows, rowCount: result.rowCount ?? 0 }
  }

  return {
    query: async (text, values) => await run(pool, text, values) as never,
    async transaction (work) {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        await client.query('BEGIN')
        const result = await work({ query: async (text, values) => await run(client, text, values) as never })
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((e: Error) => { broken = e })
        throw error
      } finally {
        client.release(broken)
      }
    },
    async connect () {
      const client = new pg.Client({ ...config, types })
      await client.connect()
      return client
    },
    close: async () => { await pool.end() }
  }
}
