import type { Ledger } from '../call.js'
import type { Listing } from '../filter/list.js'
import type { Encodable } from '../json/encode.js'
import { metadataJson, parseMetadata } from '../json/metadata.js'
import { timestampJson } from '../json/time.js'

export interface AccountRow {
  readonly account_id: string
  readonly name: string
  readonly number: string
  readonly bank_name: string
  readonly currency: string
  readonly ledger_id: string
  readonly identity_id: string
  readonly balance_id: string
  readonly created_at: string
  readonly meta_data: string | null
}

export const ACCOUNT_COLUMNS = 'account_id, name, number, bank_name, currency, ledger_id, identity_id, balance_id, created_at, meta_data'

/** What GET /accounts/:id adds on demand. */
export interface AccountIncludes { readonly ledger?: Encodable, readonly balance?: Encodable, readonly identity?: Encodable }

/** Core's Account (spec/09 14). */
export const accountJson = (row: AccountRow, { ledger = null, balance = null, identity = null }: AccountIncludes = {}): Encodable => ({
  account_id: row.account_id,
  name: row.name,
  number: row.number,
  bank_name: row.bank_name,
  currency: row.currency,
  balance_id: row.balance_id,
  identity_id: row.identity_id,
  ledger_id: row.ledger_id,
  ledger,
  balance,
  identity,
  created_at: timestampJson(row.created_at),
  meta_data: metadataJson(parseMetadata(row.meta_data))
})

export const ACCOUNT_LISTING: Listing<AccountRow> = {
  table: 'accounts',
  columns: ACCOUNT_COLUMNS,
  encode: (row) => accountJson(row),
  limit: { max: 100n, instead: 20n },
  empty: 'null',
  failure: 'Failed to retrieve accounts'
}

export async function findAccount ({ db, schema }: Ledger, id: string): Promise<AccountRow | undefined> {
  return (await db.query<AccountRow>(`SELECT ${ACCOUNT_COLUMNS} FROM ${schema}.accounts WHERE account_id = $1`, [id])).rows[0]
}
