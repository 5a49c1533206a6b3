import type { Database } from '../lib/postgres.js'

/**
 * Remembers keys, instances and their webhooks, and OAuth clients, as they are now.
 * @param keepsAudit whether the audit log stays as it is; it may be emptied only where it is in memory
 * @returns what brings them back, in one statement a table
 */
export async function createSnapshot (db: Database, { keepsAudit }: { readonly keepsAudit: boolean }): Promise<() => Promise<void>> {
  const { rows } = await db.query<{ keys: string, instances: string, webhooks: string, clients: string }>(`SELECT
    (SELECT coalesce(jsonb_agg(k), '[]') FROM gateway.api_keys k) AS keys,
    (SELECT coalesce(jsonb_agg(i), '[]') FROM gateway.instances i) AS instances,
    (SELECT coalesce(jsonb_agg(w), '[]') FROM gateway.webhooks w) AS webhooks,
    (SELECT coalesce(jsonb_agg(c), '[]') FROM gateway.oauth_clients c) AS clients`)
  const { keys, instances, webhooks, clients } = rows[0] as { keys: string, instances: string, webhooks: string, clients: string }
  return async () => {
    await db.transaction(async (tx) => {
      if (!keepsAudit) {
        await tx.query("SET LOCAL gateway.audit_forgets TO 'on'")
        await tx.query('DELETE FROM gateway.audit_log')
      }
      await tx.query('DELETE FROM gateway.api_keys')
      await tx.query('DELETE FROM gateway.instances')
      // And all that was granted to them.
      await tx.query('DELETE FROM gateway.oauth_clients')
      await tx.query('INSERT INTO gateway.instances SELECT * FROM jsonb_populate_recordset(NULL::gateway.instances, $1)', [instances])
      await tx.query('INSERT INTO gateway.webhooks SELECT * FROM jsonb_populate_recordset(NULL::gateway.webhooks, $1)', [webhooks])
      await tx.query('INSERT INTO gateway.api_keys SELECT * FROM jsonb_populate_recordset(NULL::gateway.api_keys, $1)', [keys])
      await tx.query('INSERT INTO gateway.oauth_clients SELECT * FROM jsonb_populate_recordset(NULL::gateway.oauth_clients, $1)', [clients])
    })
  }
}
