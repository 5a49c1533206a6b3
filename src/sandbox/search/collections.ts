import { BALANCE_COLUMNS, balanceJson, type BalanceRow } from '../balances/balance.js'
import { IDENTITY_COLUMNS, identityJson, TEXT_COLUMNS, type IdentityRow } from '../identities/identity.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { timestampJson } from '../json/time.js'
import { LEDGER_COLUMNS, ledgerJson, type LedgerRow } from '../ledgers/ledger.js'
import { listedTransaction, TRANSACTION_COLUMNS, transactionMembers, type TransactionRow } from '../transactions/reply.js'
import { SearchError } from './error.js'

/** What a field holds in an index. `time` is an int64 of Unix seconds, `object` the metadata with whatever is in it. */
export type FieldKind = 'string' | 'integer' | 'float' | 'bool' | 'time' | 'object'

export interface SearchField {
  readonly kind: FieldKind
  /** The field's value in SQL: text, a number, a boolean or a `timestamp`. */
  readonly sql: string
}

/** What Core indexes of one of its tables. */
export interface Collection {
  readonly name: string
  readonly table: string
  /** The member that is the document's id. */
  readonly id: string
  readonly columns: string
  /** By its name in the document. */
  readonly fields: Readonly<Record<string, SearchField>>
  /** The newest first where nothing else is asked for. */
  readonly order: string
  /** Which rows Core indexes. */
  readonly where: string
  /** Numbers that a document holds as text. */
  readonly asText: readonly string[]
  /** Members that Core leaves out of a document where they are empty. */
  readonly optional: readonly string[]
  members(row: never): Encodable
}

type Fields = Record<string, SearchField>

const string = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, { kind: 'string', sql: `coalesce(${name}, '')` }]))
const digits = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, { kind: 'string', sql: `${name}::text` }]))
const integer = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, { kind: 'integer', sql: name }]))
const time = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, { kind: 'time', sql: name }]))
const never = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, { kind: 'time', sql: "'0001-01-01'::timestamp" }]))
const flag = (name: string): Fields => ({ [name]: { kind: 'bool', sql: `coalesce(meta_data -> '${name}' = 'true', false)` } })
const float = (name: string, sql = `${name}::float8`): Fields => ({ [name]: { kind: 'float', sql } })
const META: Fields = { meta_data: { kind: 'object', sql: 'meta_data' } }

interface Reconciliation { readonly reconciliation_id: string, readonly upload_id: string, readonly status: string, readonly matched_transactions: number, readonly unmatched_transactions: number, readonly started_at: string, readonly completed_at: string }

const AMOUNTS = ['balance', 'credit_balance', 'debit_balance', 'inflight_balance', 'inflight_credit_balance', 'inflight_debit_balance']
const PLAIN = { order: 'created_at', where: 'true', asText: [], optional: [] }

const DESCRIBED: ReadonlyArray<Omit<Collection, 'name'> & { readonly name: string }> = [
  {
    ...PLAIN,
    name: 'ledgers',
    table: 'ledgers',
    id: 'ledger_id',
    columns: LEDGER_COLUMNS,
    fields: { ...string('ledger_id', 'name'), ...time('created_at'), ...META },
    members: (row: LedgerRow) => ledgerJson(row)
  },
  {
    ...PLAIN,
    name: 'balances',
    table: 'balances',
    id: 'balance_id',
    columns: BALANCE_COLUMNS,
    asText: AMOUNTS,
    optional: ['identity_id'],
    fields: {
      ...digits(...AMOUNTS),
      ...integer('version'),
      ...float('precision', '0::float8'),
      ...string('ledger_id', 'identity_id', 'balance_id', 'indicator', 'currency'),
      ...time('created_at'),
      ...never('inflight_expires_at'),
      ...META
    },
    members: (row: BalanceRow) => balanceJson(row)
  },
  {
    ...PLAIN,
    name: 'transactions',
    table: 'transactions',
    id: 'transaction_id',
    columns: TRANSACTION_COLUMNS,
    asText: ['precise_amount'],
    fields: {
      ...digits('precise_amount'),
      ...float('amount'),
      ...float('precision'),
      ...string('transaction_id', 'parent_transaction', 'source', 'destination', 'reference', 'currency', 'description', 'status', 'hash'),
      ...flag('allow_overdraft'),
      ...flag('inflight'),
      ...time('created_at', 'scheduled_for', 'effective_date'),
      ...never('inflight_expiry_date'),
      ...META
    },
    members: (row: TransactionRow) => {
      const { meta_data: meta, ...view } = listedTransaction(row)
      return transactionMembers({ ...view, allow_overdraft: meta?.get('allow_overdraft') === 'true', meta_data: meta })
    }
  },
  {
    ...PLAIN,
    name: 'identities',
    table: 'identity',
    id: 'identity_id',
    columns: IDENTITY_COLUMNS,
    fields: { ...string('identity_id', ...TEXT_COLUMNS), ...time('dob', 'created_at'), ...META },
    members: (row: IdentityRow) => identityJson(row)
  },
  {
    ...PLAIN,
    name: 'reconciliations',
    table: 'reconciliations',
    id: 'reconciliation_id',
    order: 'started_at',
    where: "status = 'completed'",
    columns: 'reconciliation_id, upload_id, status, matched_transactions, unmatched_transactions, started_at, completed_at',
    fields: { ...string('reconciliation_id', 'upload_id', 'status'), ...integer('matched_transactions', 'unmatched_transactions'), ...time('started_at', 'completed_at') },
    members: (row: Reconciliation) => ({ ...row, is_dry_run: new RawJson('false'), started_at: timestampJson(row.started_at), completed_at: timestampJson(row.completed_at) })
  }
]

const COLLECTIONS = new Map(DESCRIBED.map((each) => [each.name, each as Collection]))

export function collectionOf (name: string): Collection {
  const found = COLLECTIONS.get(name)
  if (found === undefined) throw new SearchError(404, 'Not found.')
  return found
}

/** A field as a query names it: one of the collection's, or `meta_data.key` with any depth of keys. */
export interface NamedField extends SearchField { readonly name: string, readonly path: readonly string[] }

export function fieldOf ({ fields }: Collection, name: string): NamedField | undefined {
  const [head = '', ...path] = name.split('.')
  const field = Object.hasOwn(fields, head) ? fields[head] : undefined
  if (field === undefined || (path.length > 0 && field.kind !== 'object')) return undefined
  return { ...field, name, path }
}
