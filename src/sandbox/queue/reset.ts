import { assertSchemaName } from '../../lib/migrate.js'
import type { Database } from '../../lib/postgres.js'
import { retried } from '../transactions/store.js'

/** Brings a ledger back to the state just after its migration. */
export async function resetLedger (db: Database, schema: string): Promise<void> {
  assertSchemaName(schema)
  await retried(async () => await db.query(`SELECT ${schema}.reset_ledger()`))
}
