import { schemaAge, type SchemaAge } from './core-version.js'
import { lackingIn, type Facts, type Index } from './facts.js'

interface Wanted {
  readonly name: string
  readonly table: string
  /** What it begins with. */
  readonly key: string
  /** All of it, where that is more. */
  readonly definition?: string
  readonly method?: 'gin'
  readonly why: string
}

/** Those that Core's own migrations make, under the names they have there (spec/core-tables.md), where the Data API needs them. */
const OF_CORE: readonly Wanted[] = [
  { name: 'blnk_transactions_created_at_source_idx', table: 'transactions', key: 'created_at', definition: '(created_at, source)', why: 'lists are sorted by created_at, and a page far behind is found in it' },
  { name: 'idx_transactions_reference', table: 'transactions', key: 'reference', why: 'the filter reference' },
  { name: 'idx_transactions_source', table: 'transactions', key: 'source', why: 'the filters source, balance_id and indicator' },
  { name: 'idx_transactions_destination', table: 'transactions', key: 'destination', why: 'the filters destination, balance_id and indicator' },
  { name: 'idx_transactions_status', table: 'transactions', key: 'status', why: 'the filter status' },
  { name: 'blnk_txn_currency_created_at_desc_idx', table: 'transactions', key: 'currency', definition: '(currency, created_at DESC) INCLUDE ("precision")', why: 'the filter currency' },
  { name: 'idx_transactions_parent_transaction', table: 'transactions', key: 'parent_transaction', why: 'the filter parent_transaction' },
  { name: 'idx_transactions_meta_data', table: 'transactions', key: 'meta_data', method: 'gin', why: 'filters meta_data.… of transactions with eq' },
  { name: 'blnk_balances_created_at_idx', table: 'balances', key: 'created_at', definition: '(created_at DESC)', why: 'lists are sorted by created_at' },
  { name: 'blnk_balances_ledger_id_idx', table: 'balances', key: 'ledger_id', why: 'the filter ledger_id' },
  { name: 'blnk_balances_identity_id_idx', table: 'balances', key: 'identity_id', why: 'the filter identity_id' },
  { name: 'blnk_balances_currency_identity_id_idx', table: 'balances', key: 'currency', definition: '(currency, identity_id)', why: 'the filter currency' },
  { name: 'idx_balances_indicator', table: 'balances', key: 'indicator', why: 'the filter indicator, of balances and of transactions' },
  { name: 'blnk_identity_created_at_idx', table: 'identity', key: 'created_at', definition: '(created_at DESC)', why: 'lists are sorted by created_at' },
  { name: 'blnk_identity_country_created_at_idx', table: 'identity', key: 'country', definition: '(country, created_at DESC)', why: 'the filter country' },
  { name: 'blnk_ledgers_created_at_idx', table: 'ledgers', key: 'created_at', definition: '(created_at DESC)', why: 'lists are sorted by created_at' },
  { name: 'idx_external_transactions_upload_id', table: 'external_transactions', key: 'upload_id', why: 'the filter upload_id' }
]

/** Those that no Core has (bench/data.mjs shows what they do). Each is written with every row. */
const OUR_OWN: readonly Wanted[] = [
  { name: 'gateway_transactions_amount', table: 'transactions', key: 'amount', why: 'the filter amount, for the page and its total' },
  { name: 'gateway_transactions_effective_date', table: 'transactions', key: 'effective_date', why: 'the filter effective_date and the order by it' },
  { name: 'gateway_balances_meta_data', table: 'balances', key: 'meta_data', method: 'gin', why: 'filters meta_data.… of balances with eq' },
  { name: 'gateway_identity_meta_data', table: 'identity', key: 'meta_data', method: 'gin', why: 'filters meta_data.… of identities with eq' },
  { name: 'gateway_identity_email_address', table: 'identity', key: 'email_address', why: 'the filter email_address' },
  { name: 'gateway_identity_phone_number', table: 'identity', key: 'phone_number', why: 'the filter phone_number' },
  { name: 'gateway_reconciliations_reconciliation_id', table: 'reconciliations', key: 'reconciliation_id', why: 'the detail of a reconciliation' },
  { name: 'gateway_reconciliations_started_at', table: 'reconciliations', key: 'started_at', why: 'lists are sorted by started_at' },
  { name: 'gateway_matching_rules_rule_id', table: 'matching_rules', key: 'rule_id', why: 'the detail of a matching rule' },
  { name: 'gateway_external_transactions_date', table: 'external_transactions', key: 'date', why: 'lists are sorted by date' },
  { name: 'gateway_external_transactions_reference', table: 'external_transactions', key: 'reference', why: 'the filter reference' }
]

/** Rows that are read faster than an index helps. */
const FEW_ROWS = 10_000

export interface Advice {
  /** `core`: an index that a newer Core makes by itself. `gateway`: one that none makes. `broken`: one that was not made to its end. `statistics`: a table that was never counted. */
  readonly kind: 'core' | 'gateway' | 'broken' | 'statistics'
  readonly table: string
  readonly why: string
  /** What would mend it, without a semicolon. */
  readonly statement: string
}

/** What a look at a Core's database comes to. */
export interface Report {
  readonly postgres: string
  readonly schema: SchemaAge
  /** `table.column` that this Core does not have yet; they read as null. */
  readonly lacks: readonly string[]
  readonly advice: readonly Advice[]
}

const serves = ({ table, key, method }: Wanted, index: Index): boolean =>
  index.table === table && index.keys[0] === key && index.method === (method ?? 'btree') && !index.isPartial

const createText = (schema: string, { name, table, key, definition = `(${key})`, method }: Wanted): string =>
  `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${schema}.${table}${method === undefined ? '' : ` USING ${method}`} ${definition}`

/** Compares what is there with what the filters and orders of the Data API can use. It asks nothing and changes nothing. */
export function examine (facts: Facts): Report {
  const { schema, tables, indexes } = facts
  const isWorthIt = ({ table, key }: Wanted): boolean => {
    const found = tables.get(table)
    return found?.columns.has(key) === true && (found.rows === null || found.rows >= FEW_ROWS)
  }
  const missing = (kind: 'core' | 'gateway', wanted: readonly Wanted[]): Advice[] => wanted
    .filter((one) => isWorthIt(one) && !indexes.some((index) => serves(one, index)))
    .map((one) => ({ kind, table: one.table, why: one.why, statement: createText(schema, one) }))
  const broken = indexes.filter(({ isValid, table }) => !isValid && tables.has(table)).map(({ name, table }): Advice =>
    ({ kind: 'broken', table, why: `${name} was not made to its end: it is written with each row and read by nobody`, statement: `REINDEX INDEX CONCURRENTLY ${schema}.${quoted(name)}` }))
  const read = new Set([...OF_CORE, ...OUR_OWN].map(({ table }) => table))
  const uncounted = [...tables.values()].filter(({ name, rows }) => rows === null && read.has(name)).map(({ name }): Advice =>
    ({ kind: 'statistics', table: name, why: `${name} was never analyzed: plans and estimated totals go by a guess`, statement: `ANALYZE ${schema}.${name}` }))
  return {
    postgres: facts.postgres,
    schema: schemaAge(facts),
    lacks: lackingIn(facts).columns,
    advice: [...broken, ...uncounted, ...missing('core', OF_CORE), ...missing('gateway', OUR_OWN)]
  }
}

const quoted = (name: string): string => /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
