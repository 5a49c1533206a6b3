import type { Ledger } from '../call.js'
import { timestampJson } from '../json/time.js'

/** One thing that was told, or is to be. */
export interface DeliveryRecord {
  readonly delivery_id: string
  readonly kind: 'webhook' | 'hook'
  /** A webhook's event, or a hook's type. */
  readonly event: string
  readonly hook_id: string | null
  readonly status: 'pending' | 'delivered' | 'failed'
  /** Tries since it was queued or asked for again. */
  readonly attempts: number
  /** RFC 3339 by the ledger's clock; null: none yet. */
  readonly last_attempt_at: string | null
  /** RFC 3339; null: at once, or never again. */
  readonly next_attempt_at: string | null
  readonly response_status: number | null
  readonly error: string | null
  /** What is sent, as JSON text; null: not tried yet. */
  readonly body: string | null
}

export interface DeliveryQuery { readonly status?: DeliveryRecord['status'], readonly limit: number, readonly offset: number }

interface Row extends Omit<DeliveryRecord, 'delivery_id' | 'kind' | 'next_attempt_at'> { readonly id: string, readonly due_at: string }

const PREFIX = 'dlv_'

/** @returns the latest first, and how many there are */
export async function listDeliveries ({ db, schema }: Ledger, { status, limit, offset }: DeliveryQuery): Promise<{ readonly data: DeliveryRecord[], readonly total: number }> {
  const where = '$1::text IS NULL OR status = $1'
  const { rows } = await db.query<Row>(`SELECT id, hook_id, event, body, status, due_at, attempts, last_attempt_at, response_status, error FROM ${schema}.deliveries
    WHERE ${where} ORDER BY deliveries.id DESC LIMIT $2 OFFSET $3`, [status ?? null, limit, offset])
  const counted = await db.query<{ total: number }>(`SELECT count(*)::integer AS total FROM ${schema}.deliveries WHERE ${where}`, [status ?? null])
  return {
    data: rows.map(({ id, due_at: due, last_attempt_at: last, ...row }) => ({
      delivery_id: PREFIX + id,
      kind: row.hook_id === null ? 'webhook' : 'hook',
      event: row.event,
      hook_id: row.hook_id,
      status: row.status,
      attempts: row.attempts,
      last_attempt_at: last === null ? null : timestampJson(last),
      next_attempt_at: row.status !== 'pending' || due === '-infinity' ? null : timestampJson(due),
      response_status: row.response_status,
      error: row.error,
      body: row.body
    })),
    total: counted.rows[0]?.total ?? 0
  }
}

/** Sends one again, whatever became of it before, with the same body. @returns whether there is one of this id */
export async function redeliver ({ db, schema }: Ledger, deliveryId: string): Promise<boolean> {
  const id = /^dlv_(\d{1,18})$/.exec(deliveryId)?.[1]
  if (id === undefined) return false
  return (await db.query(`UPDATE ${schema}.deliveries SET status = 'pending', due_at = '-infinity', attempts = 0, error = NULL, response_status = NULL WHERE id = $1`, [id])).rowCount > 0
}
