import type { Ledger } from '../call.js'
import type { Listing } from '../filter/list.js'
import type { Encodable } from '../json/encode.js'
import { metadataJson, metadataText, parseMetadata, type Metadata } from '../json/metadata.js'
import { timestampJson } from '../json/time.js'

export interface LedgerRow { readonly ledger_id: string, readonly name: string | null, readonly created_at: string, readonly meta_data: string | null }

export const LEDGER_COLUMNS = 'ledger_id, name, created_at, meta_data'

/** Core's Ledger (spec/09 4). */
export const ledgerJson = (row: LedgerRow): Encodable => ({
  ledger_id: row.ledger_id,
  name: row.name ?? '',
  created_at: timestampJson(row.created_at),
  meta_data: metadataJson(parseMetadata(row.meta_data))
})

export const LEDGER_LISTING: Listing<LedgerRow> = {
  table: 'ledgers',
  columns: LEDGER_COLUMNS,
  encode: ledgerJson,
  limit: { max: 100n, instead: 20n },
  empty: '[]',
  failure: 'Failed to retrieve ledgers'
}

export async function createLedger ({ db, schema, clock, ids }: Ledger, name: string, metadata: Metadata | null): Promise<LedgerRow> {
  const row = { ledger_id: ids.next('ldg'), name, created_at: clock.now().column, meta_data: metadataText(metadata) }
  await db.query(`INSERT INTO ${schema}.ledgers (${LEDGER_COLUMNS}) VALUES ($1, $2, $3, $4)`, [row.ledger_id, row.name, row.created_at, row.meta_data])
  return row
}

export async function findLedger ({ db, schema }: Ledger, id: string): Promise<LedgerRow | undefined> {
  return (await db.query<LedgerRow>(`SELECT ${LEDGER_COLUMNS} FROM ${schema}.ledgers WHERE ledger_id = $1`, [id])).rows[0]
}

export async function renameLedger ({ db, schema }: Ledger, id: string, name: string): Promise<LedgerRow | undefined> {
  return (await db.query<LedgerRow>(`UPDATE ${schema}.ledgers SET name = $2 WHERE ledger_id = $1 RETURNING ${LEDGER_COLUMNS}`, [id, name])).rows[0]
}
