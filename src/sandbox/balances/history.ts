import type { Ledger } from '../call.js'

export interface BalanceAt { readonly currency: string, readonly credit: string, readonly debit: string, readonly balance: string }

/**
 * A balance as it stood at a moment (spec/09 5): the latest snapshot until then, and the applied transactions since by their
 * effective date. Holds do not count.
 * @param moment RFC 3339
 * @param fromSource leaves snapshots out
 * @returns undefined where there is no such balance
 */
export async function balanceAt ({ db, schema }: Ledger, id: string, { moment, fromSource }: { readonly moment: string, readonly fromSource: boolean }): Promise<BalanceAt | undefined> {
  const { rows } = await db.query<BalanceAt>(`
    WITH start AS (
      SELECT credit_balance, debit_balance, snapshot_time AT TIME ZONE 'UTC' AS since FROM ${schema}.balance_snapshots
      WHERE balance_id = $1 AND snapshot_time <= $2::timestamptz AND NOT $3::boolean ORDER BY snapshot_time DESC LIMIT 1
    ), moved AS (
      SELECT coalesce(sum(precise_amount) FILTER (WHERE destination = $1), 0) AS credit, coalesce(sum(precise_amount) FILTER (WHERE source = $1), 0) AS debit
      FROM ${schema}.transactions
      WHERE (source = $1 OR destination = $1) AND status = 'APPLIED'
        AND coalesce(effective_date, created_at) <= $2::timestamptz AT TIME ZONE 'UTC'
        AND coalesce(effective_date, created_at) > coalesce((SELECT since FROM start), '-infinity')
    ), total AS (
      SELECT moved.credit + coalesce((SELECT credit_balance FROM start), 0) AS credit, moved.debit + coalesce((SELECT debit_balance FROM start), 0) AS debit FROM moved
    )
    SELECT b.currency, total.credit, total.debit, total.credit - total.debit AS balance
    FROM ${schema}.balances AS b, total WHERE b.balance_id = $1`, [id, moment, fromSource])
  return rows[0]
}

/** One snapshot of each balance that has none of today yet. */
export async function takeSnapshots ({ db, schema, clock }: Ledger): Promise<void> {
  await db.query(`INSERT INTO ${schema}.balance_snapshots (balance_id, ledger_id, balance, credit_balance, debit_balance, inflight_balance,
      inflight_credit_balance, inflight_debit_balance, currency, snapshot_time, created_at, last_tx_id, meta_data)
    SELECT b.balance_id, b.ledger_id, b.balance, b.credit_balance, b.debit_balance, b.inflight_balance, b.inflight_credit_balance,
      b.inflight_debit_balance, b.currency, $1::timestamp AT TIME ZONE 'UTC', $1::timestamp,
      (SELECT t.transaction_id FROM ${schema}.transactions AS t WHERE t.source = b.balance_id OR t.destination = b.balance_id ORDER BY t.created_at DESC LIMIT 1),
      b.meta_data
    FROM ${schema}.balances AS b
    WHERE NOT EXISTS (SELECT FROM ${schema}.balance_snapshots AS s WHERE s.balance_id = b.balance_id
      AND date_trunc('day', s.snapshot_time AT TIME ZONE 'UTC') = date_trunc('day', $1::timestamp))
    ORDER BY b.id`, [clock.now().column])
}
