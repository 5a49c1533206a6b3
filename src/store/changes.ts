import type pg from 'pg'
import type { Database, Queryable } from '../lib/postgres.js'
import type { Freshness } from './freshness.js'

export type Changed = 'keys' | 'instances' | 'tokens'

/** What is in memory, by the number that the database counts its changes with. */
export type Versions = ReadonlyMap<Changed, string>

const CHANNEL = 'blnk_gateway_changes'

/** Milliseconds between two questions whether anything changed: what bounds a lost notification. */
const ASK_MS = 1_000

/** Milliseconds for an answer to that. */
const ANSWER_MS = 2_000

/** Milliseconds after which loading counts as failing, so that what is in memory counts as old. */
const LOAD_MS = 5_000

const RETRY_MS = 500

/** Tells the other replicas of a change that the database does not tell of by itself (021-changes.sql). */
export async function announce (db: Queryable, what: Changed): Promise<void> {
  await db.query('WITH counted AS (UPDATE gateway.changes SET version = version + 1 WHERE what = $2 RETURNING what) SELECT pg_notify($1, what) FROM counted', [CHANNEL, what])
}

interface Counted { readonly what: Changed, readonly version: string }

export async function readVersions (db: { query(text: string): Promise<{ rows: unknown[] }> }): Promise<Versions> {
  const rows = (await db.query('SELECT what, version FROM gateway.changes')).rows as Counted[]
  return new Map(rows.map(({ what, version }) => [what, version]))
}

interface Watched {
  readonly db: Database
  /** Loads what is of another version than what is in memory. */
  readonly refresh: (now: Versions) => Promise<void>
  readonly freshness: Freshness
}

/**
 * Keeps memory as the database is: asks whether anything changed when another replica says so, and every second, on a
 * connection of its own; opens another when that one is silent or gone.
 */
export function watchChanges ({ db, refresh, freshness }: Watched): { close(): Promise<void> } {
  const closing = new AbortController()
  let wake = (): void => {}
  const pause = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const follow = async (client: pg.Client): Promise<void> => {
    let lost: Error | undefined
    let told = false
    const tell = (error?: Error): void => {
      lost ??= error
      told = true
      wake()
    }
    client.on('notification', () => { tell() })
    client.on('error', tell)
    client.on('end', () => { tell(new Error('the connection ended')) })
    await client.query(`LISTEN ${CHANNEL}`)
    for (;;) {
      told = false
      const asked = performance.now()
      const versions = await readVersions(client)
      const late = setTimeout(() => { freshness.failed(new Error(`loading keys and instances takes more than ${LOAD_MS} ms`)) }, LOAD_MS)
      await refresh(versions).finally(() => { clearTimeout(late) })
      freshness.confirmed(asked)
      if (!told) await pause(ASK_MS)
      if (closing.signal.aborted) return
      if (lost !== undefined) throw lost
    }
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const client = db.client(ANSWER_MS)
      try {
        await client.connect()
        await follow(client)
      } catch (error) {
        if (!closing.signal.aborted) freshness.failed(error as Error)
      }
      client.removeAllListeners()
      client.on('error', () => {})
      const ended = client.end().catch(() => {})
      if (closing.signal.aborted) await ended
      else await pause(RETRY_MS)
    }
  }
  const running = run()
  return {
    async close () {
      closing.abort()
      wake()
      await running
    }
  }
}
