/** How a column compares: what a filter's value is turned into for it. */
export type ColumnKind = 'text' | 'number' | 'timestamp' | 'json'

const text = 'text'
const number = 'number'
const timestamp = 'timestamp'
const json = 'json'

/** The fields that may be filtered and sorted by, of each table that has lists (spec/02 2.4). */
export const FILTER_TABLES = {
  transactions: {
    transaction_id: text,
    parent_transaction: text,
    amount: number,
    currency: text,
    source: text,
    destination: text,
    balance_id: text,
    reference: text,
    status: text,
    created_at: timestamp,
    effective_date: timestamp,
    indicator: text,
    description: text,
    precision: number,
    meta_data: json
  },
  balances: {
    balance_id: text,
    ledger_id: text,
    identity_id: text,
    indicator: text,
    currency: text,
    balance: number,
    credit_balance: number,
    debit_balance: number,
    inflight_balance: number,
    inflight_credit_balance: number,
    inflight_debit_balance: number,
    created_at: timestamp,
    meta_data: json
  },
  ledgers: { ledger_id: text, name: text, created_at: timestamp, meta_data: json },
  identity: {
    identity_id: text,
    first_name: text,
    last_name: text,
    other_names: text,
    gender: text,
    dob: timestamp,
    email_address: text,
    phone_number: text,
    nationality: text,
    street: text,
    country: text,
    state: text,
    organization_name: text,
    category: text,
    identity_type: text,
    post_code: text,
    city: text,
    created_at: timestamp,
    meta_data: json
  },
  accounts: {
    account_id: text,
    name: text,
    number: text,
    bank_name: text,
    currency: text,
    ledger_id: text,
    identity_id: text,
    balance_id: text,
    created_at: timestamp,
    meta_data: json
  },
  reconciliations: {
    reconciliation_id: text,
    upload_id: text,
    status: text,
    matched_transactions: number,
    unmatched_transactions: number,
    started_at: timestamp,
    completed_at: timestamp
  },
  matching_rules: { rule_id: text, name: text, description: text, created_at: timestamp, updated_at: timestamp },
  external_transactions: { id: text, amount: number, reference: text, currency: text, description: text, date: timestamp, source: text, upload_id: text }
} as const satisfies Readonly<Record<string, Readonly<Record<string, ColumnKind>>>>

export type FilterTable = keyof typeof FILTER_TABLES

/** undefined where the table has no such field. */
export function columnKind (table: FilterTable, field: string): ColumnKind | undefined {
  const columns: Readonly<Record<string, ColumnKind>> = FILTER_TABLES[table]
  return Object.hasOwn(columns, field) ? columns[field] : undefined
}
