import type { Database } from '../lib/postgres.js'

/** What is remembered, in the order in which rows refer to each other: what an instance goes with goes first and comes back after it. */
const TABLES = ['instances', 'webhooks', 'api_keys', 'oauth_clients', 'apps', 'app_installs', 'app_deliveries', 'alert_statuses', 'alerts'] as const

/**
 * Remembers keys, instances and their webhooks, OAuth clients, apps with what they were sent, and alerts, as they are now.
 * @param keepsAudit whether the audit log stays as it is; it may be emptied only where it is in memory
 * @returns what brings them back, in one statement a table
 */
export async function createSnapshot (db: Database, { keepsAudit }: { readonly keepsAudit: boolean }): Promise<() => Promise<void>> {
  const { rows: [kept] } = await db.query<Record<string, string>>(`SELECT ${TABLES.map((table) => `(SELECT coalesce(jsonb_agg(t), '[]') FROM gateway.${table} t) AS ${table}`).join(', ')}`)
  return async () => {
    await db.transaction(async (tx) => {
      if (!keepsAudit) {
        await tx.query("SET LOCAL gateway.audit_forgets TO 'on'")
        await tx.query('DELETE FROM gateway.audit_log')
      }
      for (const table of [...TABLES].reverse()) await tx.query(`DELETE FROM gateway.${table}`)
      for (const table of TABLES) await tx.query(`INSERT INTO gateway.${table} SELECT * FROM jsonb_populate_recordset(NULL::gateway.${table}, $1)`, [kept?.[table]])
    })
  }
}
