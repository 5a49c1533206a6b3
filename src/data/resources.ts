import { columnKind, type FilterTable } from '../lib/filter/tables.js'

/** How a column is written in an answer: see encode.ts. */
export type ColumnType = 'text' | 'number' | 'boolean' | 'timestamp' | 'json'

export interface Resource {
  /** In the path: /data/NAME */
  readonly name: string
  /** In a sentence: `ledger not found`. */
  readonly singular: string
  readonly table: FilterTable
  /** The column of the id that callers know. */
  readonly id: string
  /** The column that is unique for certain, by which rows of one moment are told apart. */
  readonly key: { readonly column: string, readonly type: 'integer' | 'text' }
  readonly pageSize: number
  /** Sorted by this, the newest first, unless told. */
  readonly sort: string
  /** In the order of the answer (spec/02 2.5). */
  readonly columns: Readonly<Record<string, ColumnType>>
}

const text = 'text'
const number = 'number'
const timestamp = 'timestamp'
const json = 'json'
const serial = { column: 'id', type: 'integer' } as const

/** What the Data API serves (spec/02). Its tables are those that Core's own migrations make (spec/core-tables.md). */
export const RESOURCES = {
  ledgers: {
    name: 'ledgers',
    singular: 'ledger',
    table: 'ledgers',
    id: 'ledger_id',
    key: serial,
    pageSize: 30,
    sort: 'created_at',
    columns: { ledger_id: text, name: text, created_at: timestamp, meta_data: json }
  },
  balances: {
    name: 'balances',
    singular: 'balance',
    table: 'balances',
    id: 'balance_id',
    key: serial,
    pageSize: 20,
    sort: 'created_at',
    columns: {
      balance_id: text,
      balance: number,
      currency: text,
      ledger_id: text,
      indicator: text,
      identity_id: text,
      credit_balance: number,
      debit_balance: number,
      inflight_balance: number,
      inflight_credit_balance: number,
      inflight_debit_balance: number,
      version: number,
      track_fund_lineage: 'boolean',
      allocation_strategy: text,
      created_at: timestamp,
      meta_data: json
    }
  },
  transactions: {
    name: 'transactions',
    singular: 'transaction',
    table: 'transactions',
    id: 'transaction_id',
    key: serial,
    pageSize: 20,
    sort: 'created_at',
    columns: {
      transaction_id: text,
      parent_transaction: text,
      source: text,
      destination: text,
      reference: text,
      currency: text,
      description: text,
      status: text,
      hash: text,
      amount: number,
      precise_amount: number,
      precision: number,
      created_at: timestamp,
      effective_date: timestamp,
      scheduled_for: timestamp,
      meta_data: json
    }
  },
  identities: {
    name: 'identities',
    singular: 'identity',
    table: 'identity',
    id: 'identity_id',
    key: serial,
    pageSize: 20,
    sort: 'created_at',
    // The order of Core's own answers (spec/09 8).
    columns: {
      identity_id: text,
      identity_type: text,
      organization_name: text,
      category: text,
      first_name: text,
      last_name: text,
      other_names: text,
      gender: text,
      email_address: text,
      phone_number: text,
      nationality: text,
      street: text,
      country: text,
      state: text,
      post_code: text,
      city: text,
      dob: timestamp,
      created_at: timestamp,
      meta_data: json
    }
  },
  reconciliations: {
    name: 'reconciliations',
    singular: 'reconciliation',
    table: 'reconciliations',
    id: 'reconciliation_id',
    key: serial,
    pageSize: 20,
    sort: 'started_at',
    columns: {
      reconciliation_id: text,
      upload_id: text,
      status: text,
      matched_transactions: number,
      unmatched_transactions: number,
      started_at: timestamp,
      completed_at: timestamp
    }
  },
  matchingRules: {
    name: 'matching-rules',
    singular: 'matching rule',
    table: 'matching_rules',
    id: 'rule_id',
    key: serial,
    pageSize: 20,
    sort: 'created_at',
    columns: { rule_id: text, name: text, description: text, criteria: json, created_at: timestamp, updated_at: timestamp }
  },
  externalTransactions: {
    name: 'external-transactions',
    singular: 'external transaction',
    table: 'external_transactions',
    id: 'id',
    key: { column: 'id', type: 'text' },
    pageSize: 20,
    sort: 'date',
    columns: { id: text, reference: text, currency: text, description: text, source: text, upload_id: text, amount: number, date: timestamp }
  }
} as const satisfies Readonly<Record<string, Resource>>

/** Fields that are asked for and are no column: either end of a transaction. */
const VIRTUAL = ['balance_id', 'indicator']

/** Whether rows can be sorted by a field: one that has a column, and an order that means something. */
export function isSortable ({ table, columns }: Resource, field: string): boolean {
  const kind = columnKind(table, field)
  return kind !== undefined && kind !== 'json' && Object.hasOwn(columns, field) && !(table === 'transactions' && VIRTUAL.includes(field))
}
