import type { Row } from '../call.js'
import { filterHandler, type Listing } from '../filter/list.js'
import { metadataJson, parseMetadata } from '../json/metadata.js'
import { timestampJson } from '../json/time.js'

interface AccountRow {
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

/** Core's Account; lists do not load what it refers to. */
const ACCOUNT_LISTING: Listing<AccountRow> = {
  table: 'accounts',
  columns: 'account_id, name, number, bank_name, currency, ledger_id, identity_id, balance_id, created_at, meta_data',
  encode: (row) => ({
    account_id: row.account_id,
    name: row.name,
    number: row.number,
    bank_name: row.bank_name,
    currency: row.currency,
    balance_id: row.balance_id,
    identity_id: row.identity_id,
    ledger_id: row.ledger_id,
    ledger: null,
    balance: null,
    identity: null,
    created_at: timestampJson(row.created_at),
    meta_data: metadataJson(parseMetadata(row.meta_data))
  }),
  limit: { max: 100n, instead: 20n },
  empty: 'null',
  failure: 'Failed to retrieve accounts'
}

export const accountRows: readonly Row[] = [{ method: 'POST', path: '/accounts/filter', handler: filterHandler(ACCOUNT_LISTING) }]
