import type pg from 'pg'
import type { Database } from '../lib/postgres.js'

export type Changed = 'keys' | 'instances' | 'tokens'

const CHANNEL = 'blnk_gateway_changes'

/** Milliseconds after which what is in memory is loaded again in any case: what bounds a lost notification. */
const TIME_TO_LIVE_MS = 5_000

const RETRY_MS = 500

/** Tells the other replicas. */
export async function announce (db: Database, what: Changed): Promise<void> {
  await db.query('SELECT pg_notify($1, $2)', [CHANNEL, what])
}

/** Calls `reload` when another replica changed something, and at least every five seconds. */
export function watchChanges (db: Database, reload: (what: Changed) => Promise<void>, onError: (error: Error) => void): { close(): Promise<void> } {
  let closed = false
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  const all = (): void => { for (const what of ['instances', 'keys', 'tokens'] as const) reload(what).catch(onError) }

  const listen = async (): Promise<void> => {
    client = await db.connect()
    client.on('notification', ({ payload }) => { reload(payload as Changed).catch(onError) })
    client.on('error', again)
    client.on('end', () => { again(new Error('the connection for notifications ended')) })
    await client.query(`LISTEN ${CHANNEL}`)
    // What changed while nobody listened.
    all()
  }
  const again = (error: Error): void => {
    if (closed || retry !== undefined) return
    onError(error)
    client?.removeAllListeners()
    client?.on('error', () => {})
    client?.end().catch(() => {})
    retry = setTimeout(() => {
      retry = undefined
      listen().catch(again)
    }, RETRY_MS)
  }
  listen().catch(again)
  const ttl = setInterval(all, TIME_TO_LIVE_MS)
  return {
    async close () {
      closed = true
      clearInterval(ttl)
      clearTimeout(retry)
      await client?.end().catch(() => {})
    }
  }
}
