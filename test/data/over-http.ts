import { inject } from 'vitest'
import { RESOURCES } from '../../src/data/handlers.js'
import type { Queryable } from '../../src/lib/postgres.js'
import { call, ownInstance } from '../support/gateway.js'
import type { Answered, Ask } from './difference.js'
import type { Rows } from './evaluate.js'
import { insertSql } from './generated-rows.js'
import { emptySql, TABLES, type ResourceName } from './tables.js'

const FILTER_PATHS: Partial<Record<ResourceName, string>> = { ledgers: '/ledger/filter', balances: '/balances/filter', transactions: '/transactions/filter', identities: '/identities/filter', reconciliations: '/reconciliation/filter' }

/** The texts of the records that an answer's `data` holds. */
function recordTexts (answer: string): string[] {
  const data = answer.slice('{"data":['.length)
  const found: string[] = []
  let [depth, start] = [0, 0]
  for (const { 0: token, index } of data.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token.startsWith('"')) continue
    if ('[{'.includes(token)) {
      if (depth++ === 0) start = index
    } else if (--depth === 0) found.push(data.slice(start, index + 1))
    else if (depth < 0) return found
  }
  return found
}

/** An instance whose tables hold these rows, and what asks it through the gateway. */
export async function askOverHttp (db: Queryable, rows: Rows): Promise<Ask> {
  const { url, instanceId, apiKey } = await ownInstance()
  const { rows: [instance] } = await db.query<{ schema: string }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [instanceId])
  const schema = instance?.schema as string
  for (const name of Object.keys(TABLES) as ResourceName[]) {
    await db.query(emptySql(TABLES[name], schema))
    const { text, values } = insertSql(TABLES[name], schema, rows[name])
    await db.query(text, values)
  }
  return async ({ resource, search, body }): Promise<Answered> => {
    const path = body === undefined ? `/data/${RESOURCES[resource].name}` : FILTER_PATHS[resource] as string
    const { status, text, json } = await call(`${url}${path}?instance_id=${instanceId}&${search}`, {
      headers: { Authorization: `Bearer ${apiKey}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { method: 'POST', body })
    })
    if (status === 400) return { refused: text }
    if (status !== 200) throw new Error(`${status} ${text} at ${inject('gateway').url}${path}?${search} ${body ?? ''}`)
    return { refused: undefined, records: recordTexts(text), total: /"total":(\d+)/.exec(text.slice(text.lastIndexOf('],"total":')))?.[1] ?? '', ...('next_cursor' in json && { nextCursor: json.next_cursor as string | null }) }
  }
}
