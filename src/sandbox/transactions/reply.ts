import { RawJson, encodeJson, type Encodable } from '../json/encode.js'
import { metadataJson, parseMetadata, type Metadata } from '../json/metadata.js'
import { float64Text } from '../json/numbers.js'
import { timestampJson, ZERO_TIME } from '../json/time.js'

/** A row of the transactions table as text, the way the driver and transaction_row (004-holds.sql) give it. */
export interface TransactionRow {
  readonly transaction_id: string
  readonly parent_transaction: string | null
  readonly source: string | null
  readonly destination: string | null
  readonly reference: string
  readonly amount: string
  readonly precise_amount: string
  readonly precision: string
  readonly currency: string
  readonly description: string | null
  readonly status: string
  readonly hash: string
  readonly created_at: string
  readonly effective_date: string | null
  readonly scheduled_for: string | null
  readonly meta_data: string | null
}

/** What a query names to get TransactionRows. */
export const TRANSACTION_COLUMNS = 'transaction_id, parent_transaction, source, destination, reference, amount, precise_amount, precision, currency, description, status, hash, created_at, effective_date, scheduled_for, meta_data'

export interface Leg { readonly identifier: string, readonly distribution: string, readonly precise_distribution: string, readonly transaction_id: string }

/** A transaction as Core's API shows it. Amounts are plain decimal text, times RFC 3339. */
export interface TransactionView {
  readonly precise_amount: string
  readonly amount: string
  readonly amount_string?: string | undefined
  readonly precision: string
  readonly overdraft_limit?: string
  readonly transaction_id: string
  readonly parent_transaction: string
  readonly source: string
  readonly destination: string
  readonly reference: string
  readonly currency: string
  readonly description: string
  readonly status: string
  readonly hash: string
  readonly allow_overdraft?: boolean
  readonly inflight?: boolean
  readonly skip_queue?: boolean
  readonly atomic?: boolean
  readonly sources?: readonly Leg[]
  readonly destinations?: readonly Leg[]
  readonly created_at: string
  readonly effective_date?: string | undefined
  readonly scheduled_for?: string
  readonly inflight_expiry_date?: string
  readonly inflight_commit_date?: string
  readonly meta_data: Metadata | null
}

// A float64 field of Core's: shown as Go prints the nearest double, not computed with (spec/09 1, floats).
const float = (decimal: string): RawJson => new RawJson(float64Text(decimal) ?? '0')

const legs = (list: readonly Leg[] | undefined): Encodable | undefined => list === undefined || list.length === 0
  ? undefined
  : list.map((leg) => ({
    identifier: leg.identifier,
    distribution: leg.distribution,
    precise_distribution: leg.precise_distribution === '' ? undefined : leg.precise_distribution,
    transaction_id: leg.transaction_id
  }))

/** The members in Core's order (spec/09 6.5). A true `inflight` in the metadata is shown as the member of that name. */
export function transactionMembers (view: TransactionView): { readonly [key: string]: Encodable | undefined } {
  const meta = new Map(view.meta_data)
  const lifted = meta.get('inflight') === 'true'
  if (lifted) meta.delete('inflight')
  return {
    precise_amount: new RawJson(view.precise_amount),
    amount: float(view.amount),
    amount_string: view.amount_string,
    precision: float(view.precision),
    overdraft_limit: float(view.overdraft_limit ?? '0'),
    transaction_id: view.transaction_id,
    parent_transaction: view.parent_transaction,
    source: view.source === '' ? undefined : view.source,
    destination: view.destination === '' ? undefined : view.destination,
    reference: view.reference,
    currency: view.currency,
    description: view.description === '' ? undefined : view.description,
    status: view.status,
    hash: view.hash,
    allow_overdraft: view.allow_overdraft ?? false,
    inflight: lifted || (view.inflight ?? false),
    skip_queue: view.skip_queue ?? false,
    atomic: view.atomic ?? false,
    sources: legs(view.sources),
    destinations: legs(view.destinations),
    created_at: view.created_at,
    effective_date: view.effective_date,
    scheduled_for: view.scheduled_for ?? ZERO_TIME,
    inflight_expiry_date: view.inflight_expiry_date ?? ZERO_TIME,
    inflight_commit_date: view.inflight_commit_date ?? ZERO_TIME,
    meta_data: meta.size === 0 ? undefined : metadataJson(meta)
  }
}

export const transactionJson = (view: TransactionView): string => encodeJson(transactionMembers(view))

/** A stored row as a view, without what Core leaves out on a read by id: the effective date. */
export function viewOf (row: TransactionRow): TransactionView {
  return {
    precise_amount: row.precise_amount,
    amount: row.amount,
    precision: row.precision,
    transaction_id: row.transaction_id,
    parent_transaction: row.parent_transaction ?? '',
    source: row.source ?? '',
    destination: row.destination ?? '',
    reference: row.reference,
    currency: row.currency,
    description: row.description ?? '',
    status: row.status,
    hash: row.hash,
    created_at: timestampJson(row.created_at),
    meta_data: parseMetadata(row.meta_data)
  }
}

/** As lists and filters show a row (spec/09 6.5, read quirks). */
export const listedTransaction = (row: TransactionRow): TransactionView => ({
  ...viewOf(row),
  ...(row.effective_date === null ? {} : { effective_date: timestampJson(row.effective_date) })
})
