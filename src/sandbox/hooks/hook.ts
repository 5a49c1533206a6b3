import type { Ledger } from '../call.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { timestampJson } from '../json/time.js'
import { callLedger } from '../transactions/store.js'

/** Times are of a `timestamp` column, in UTC. */
export interface Hook {
  readonly hook_id: string
  readonly name: string
  readonly url: string
  readonly type: string
  readonly active: boolean
  /** Seconds, and how often a call is tried again: Go's int, as text. */
  readonly timeout: string
  readonly retry_count: string
  readonly created_at: string
  readonly last_run: string
  readonly last_success: boolean
}

const COLUMNS = 'hook_id, name, url, type, active, timeout, retry_count, created_at, last_run, last_success'

/** Core's Hook (spec/09 15). */
export const hookJson = (hook: Hook): Encodable => ({
  id: hook.hook_id,
  name: hook.name,
  url: hook.url,
  type: hook.type,
  active: hook.active,
  timeout: new RawJson(hook.timeout),
  retry_count: new RawJson(hook.retry_count),
  created_at: timestampJson(hook.created_at),
  last_run: timestampJson(hook.last_run),
  last_success: hook.last_success
})

/** A hook of the same id is replaced. */
export async function putHook (ledger: Ledger, hook: Hook): Promise<void> {
  await ledger.db.query(`INSERT INTO ${ledger.schema}.hooks (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (hook_id) DO UPDATE SET name = excluded.name, url = excluded.url, type = excluded.type, active = excluded.active, timeout = excluded.timeout,
      retry_count = excluded.retry_count, created_at = excluded.created_at, last_run = excluded.last_run, last_success = excluded.last_success`,
  COLUMNS.split(', ').map((column) => hook[column as keyof Hook]))
  await listen(ledger)
}

/** Transactions are told of, or no more, as there are hooks. */
async function listen (ledger: Ledger): Promise<void> {
  await callLedger(ledger, 'arm_deliveries()', [])
  ledger.wake()
}

export async function findHook ({ db, schema }: Ledger, id: string): Promise<Hook | undefined> {
  return (await db.query<Hook>(`SELECT ${COLUMNS} FROM ${schema}.hooks WHERE hook_id = $1`, [id])).rows[0]
}

/** In the order they were made; Core's is random. @param type '' for both kinds, and neither for a hook of no kind */
export async function listHooks ({ db, schema }: Ledger, type: string): Promise<Hook[]> {
  return (await db.query<Hook>(`SELECT ${COLUMNS} FROM ${schema}.hooks WHERE CASE WHEN $1 = '' THEN type IN ('PRE_TRANSACTION', 'POST_TRANSACTION') ELSE type = $1 END ORDER BY id`, [type])).rows
}

export async function deleteHook (ledger: Ledger, id: string): Promise<boolean> {
  const { rowCount } = await ledger.db.query(`DELETE FROM ${ledger.schema}.hooks WHERE hook_id = $1`, [id])
  if (rowCount > 0) await listen(ledger)
  return rowCount > 0
}
