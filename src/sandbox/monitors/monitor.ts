import type { Ledger } from '../call.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { float64Text } from '../json/numbers.js'
import { timestampJson } from '../json/time.js'

export interface MonitorRow {
  readonly monitor_id: string
  readonly balance_id: string
  readonly description: string | null
  readonly created_at: string
  readonly field: string
  readonly operator: string
  readonly value: string
  readonly precision: string | null
  readonly precise_value: string | null
}

const COLUMNS = 'monitor_id, balance_id, description, created_at, field, operator, value, "precision"::text, precise_value'

/** A condition as it is sent: numbers are float64 text. */
export interface Condition { readonly field: string, readonly operator: string, readonly value: string, readonly precision: string }

const float = (decimal: string | null): RawJson => new RawJson(float64Text(decimal ?? '0') ?? '0')

/** Core's BalanceMonitor (spec/09 11). `call_back_url` is kept and shown nowhere. */
export const monitorJson = (row: MonitorRow): Encodable => ({
  monitor_id: row.monitor_id,
  balance_id: row.balance_id,
  description: row.description === null || row.description === '' ? undefined : row.description,
  created_at: timestampJson(row.created_at),
  condition: {
    value: float(row.value),
    precision: float(row.precision),
    precise_value: row.precise_value === null ? null : new RawJson(row.precise_value),
    field: row.field,
    operator: row.operator
  }
})

/** The list of all leaves out precision and precise_value, which Core does not read there. */
export const listedMonitor = (row: MonitorRow): Encodable => monitorJson({ ...row, precision: null, precise_value: null })

const LEAST_INT64 = -(2n ** 63n)

/**
 * Go's int64(value * precision), a product of float64s: a threshold of Core's is what its rounding makes it, and
 * beyond 64 bits it is the least number.
 */
export function preciseValue ({ value, precision }: Pick<Condition, 'value' | 'precision'>): string {
  const product = Math.trunc(Number(value) * Number(precision))
  const whole = Number.isFinite(product) ? BigInt(product) : LEAST_INT64
  return String(BigInt.asIntN(64, whole) === whole ? whole : LEAST_INT64)
}

export async function createMonitor ({ db, schema, clock, ids }: Ledger, { balanceId, callBackUrl, condition }: { readonly balanceId: string, readonly callBackUrl: string, readonly condition: Condition }): Promise<MonitorRow> {
  const row: MonitorRow = { monitor_id: ids.next('mon'), balance_id: balanceId, description: '', created_at: clock.now().column, ...condition, precise_value: preciseValue(condition) }
  await db.query(`INSERT INTO ${schema}.balance_monitors (monitor_id, balance_id, field, operator, value, "precision", precise_value, description, call_back_url, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)`,
  [row.monitor_id, row.balance_id, row.field, row.operator, row.value, row.precision, row.precise_value, callBackUrl, row.created_at])
  return row
}

export async function findMonitor ({ db, schema }: Ledger, id: string): Promise<MonitorRow | undefined> {
  return (await db.query<MonitorRow>(`SELECT ${COLUMNS} FROM ${schema}.balance_monitors WHERE monitor_id = $1`, [id])).rows[0]
}

/** @param balanceId null for all */
export async function listMonitors ({ db, schema }: Ledger, balanceId: string | null): Promise<MonitorRow[]> {
  return (await db.query<MonitorRow>(`SELECT ${COLUMNS} FROM ${schema}.balance_monitors WHERE $1::text IS NULL OR balance_id = $1 ORDER BY id`, [balanceId])).rows
}

/** precision and precise_value stay: the old threshold goes on firing, as in Core (recording balance-monitors, step 6). */
export async function updateMonitor ({ db, schema }: Ledger, id: string, { balanceId, description, condition }: { readonly balanceId: string, readonly description: string, readonly condition: Condition }): Promise<boolean> {
  const { rowCount } = await db.query(`UPDATE ${schema}.balance_monitors SET balance_id = $2, field = $3, operator = $4, value = $5, description = $6, call_back_url = '' WHERE monitor_id = $1`,
    [id, balanceId, condition.field, condition.operator, condition.value, description])
  return rowCount > 0
}

export async function deleteMonitor ({ db, schema }: Ledger, id: string): Promise<boolean> {
  return (await db.query(`DELETE FROM ${schema}.balance_monitors WHERE monitor_id = $1`, [id])).rowCount > 0
}
