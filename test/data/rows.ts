import { openDatabase } from '../../src/lib/postgres.js'
import { inject } from 'vitest'
import { ownInstance, type Own } from '../support/gateway.js'

/** Rows that no route of the sandbox makes in a moment. */
const DIRECT = `
  INSERT INTO reconciliations (reconciliation_id, upload_id, status, matched_transactions, unmatched_transactions, started_at, completed_at)
  VALUES ('recon_1', 'upload_1', 'completed', 3, 1, '2026-01-02 03:04:05.678901', NULL), ('recon_2', 'upload_1', 'failed', 0, 4, '2026-01-03', '2026-01-03 00:00:01');
  INSERT INTO matching_rules (rule_id, created_at, updated_at, name, description, criteria)
  VALUES ('rule_1', '2026-01-01', '2026-01-02 00:00:00.5', 'amounts', NULL, '[{"field": "amount", "operator": "equals", "allowable_drift": 0.01}]');
  INSERT INTO external_transactions (id, amount, reference, currency, description, date, source, upload_id)
  VALUES ('ext_1', 123456789012345678901234567890.12, 'ref-1', 'USDT', 'ä"\\', '2026-02-01 10:00:00', 'bank', 'upload_1'), ('ext_2', -0.10, 'ref-2', 'USD', NULL, '2026-02-02', 'bank', 'upload_1');
  INSERT INTO identity (identity_id, first_name, last_name, dob, created_at, meta_data) VALUES ('idt_1', 'Ada', 'Lovelace', '1815-12-10', '2026-01-01', '{"tier": {"level": 3}}');
  INSERT INTO balances (balance_id, indicator, balance, credit_balance, debit_balance, currency, ledger_id, identity_id, created_at)
  VALUES ('bln_1', '@world', -99999999999999999999999999999999, 0, 99999999999999999999999999999999, 'USD', 'general_ledger_id', NULL, '2026-01-01'), ('bln_2', NULL, 5, 5, 0, 'USD', 'general_ledger_id', 'idt_1', '2026-01-01');
  INSERT INTO transactions (transaction_id, source, destination, reference, amount, precise_amount, "precision", currency, status, created_at, meta_data)
  SELECT 'txn_' || i, CASE WHEN i % 3 = 0 THEN 'bln_1' ELSE 'bln_2' END, 'bln_2', 'ref_' || i, i / 100.0, i, 100, 'USD', CASE WHEN i % 2 = 0 THEN 'APPLIED' ELSE 'QUEUED' END,
    timestamp '2026-01-01' + i / 7 * interval '1 second', jsonb_build_object('n', i, 'app', jsonb_build_object('channel', CASE WHEN i % 5 = 0 THEN 'web' ELSE 'pos' END))
  FROM generate_series(1, 2000) i`

/** A sandbox with rows in all that the Data API reads; and its schema. */
export async function filledSandbox (): Promise<Own & { readonly schema: string }> {
  const own = await ownInstance()
  const db = openDatabase(inject('postgres'), 1)
  const { rows: [found] } = await db.query<{ schema: string }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [own.instanceId])
  const { schema } = found as { schema: string }
  await db.transaction(async (tx) => {
    await tx.query(`SET LOCAL search_path TO ${schema}`)
    await tx.query(DIRECT)
  })
  await db.close()
  return { ...own, schema }
}
