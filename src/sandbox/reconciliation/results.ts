import type { Queryable } from '../../lib/postgres.js'

/** `of` says whose amount and date a match has: those of the one that may be many. */
export interface Match { readonly external: string, readonly internal: string, readonly of: 'external' | 'internal' }

/** Writes matches, and into the metadata of each matched transaction and its children what it was matched with (spec/09 9, results). */
export async function recordMatches (tx: Queryable, schema: string, { reconciliationId, matches, at }: { reconciliationId: string, matches: readonly Match[], at: string }): Promise<void> {
  if (matches.length === 0) return
  const values = [matches.map(({ external }) => external), matches.map(({ internal }) => internal), matches.map(({ of }) => of === 'external'), reconciliationId]
  const matched = `SELECT DISTINCT ON (m.n) m.n, m.external, m.internal, CASE WHEN m.by_external THEN e.amount ELSE t.amount END AS amount, CASE WHEN m.by_external THEN e.date ELSE t.created_at END AS date
    FROM unnest($1::text[], $2::text[], $3::boolean[]) WITH ORDINALITY AS m (external, internal, by_external, n)
    JOIN ${schema}.external_transactions AS e ON e.id = m.external JOIN ${schema}.transactions AS t ON t.transaction_id = m.internal ORDER BY m.n`
  await tx.query(`INSERT INTO ${schema}.matches (external_transaction_id, internal_transaction_id, reconciliation_id, amount, date) SELECT external, internal, $4, amount, date FROM (${matched}) AS found`, values)
  // A transaction that is matched twice shows the later match; one that is matched itself, its own and not its parent's.
  for (const column of ['parent_transaction', 'transaction_id']) {
    await tx.query(`WITH latest AS (SELECT DISTINCT ON (internal) internal, external, amount FROM (${matched}) AS found ORDER BY internal, n DESC)
      UPDATE ${schema}.transactions AS t SET meta_data = CASE WHEN jsonb_typeof(t.meta_data) = 'object' THEN t.meta_data ELSE '{}' END || jsonb_build_object(
        'reconciled', true, 'reconciliation_id', $4::text, 'reconciled_at', $5::text, 'external_txn_id', latest.external, 'reconciliation_amount', latest.amount::float8)
      FROM latest WHERE t.${column} = latest.internal`, [...values, `${at.slice(0, 19)}Z`])
  }
}

/** Writes who was left without a match: externals, or with many_to_one the ledger's own. */
export async function recordUnmatched (tx: Queryable, schema: string, { reconciliationId, ids, at }: { reconciliationId: string, ids: readonly string[], at: string }): Promise<void> {
  if (ids.length > 0) await tx.query(`INSERT INTO ${schema}.unmatched (external_transaction_id, reconciliation_id, date) SELECT id, $2, $3 FROM unnest($1::text[]) AS id`, [ids, reconciliationId, at])
}
