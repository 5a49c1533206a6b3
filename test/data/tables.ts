import type { RESOURCES } from '../../src/data/handlers.js'

export type ResourceName = keyof typeof RESOURCES
export type Kind = 'text' | 'number' | 'timestamp' | 'json' | 'boolean'

export interface Column {
  /** SQL's */
  readonly type: string
  readonly kind: Kind
  readonly nullable: boolean
  /** It may be filtered by (spec/02 2.4). */
  readonly filtered: boolean
  /** An answer has it (spec/02 2.5). */
  readonly answered: boolean
}

export interface Table {
  readonly name: string
  readonly key: string
  readonly sort: string
  readonly pageSize: number
  readonly columns: Readonly<Record<string, Column>>
  /** Filtered by, and no column. */
  readonly virtual: readonly string[]
}

const KINDS: Readonly<Record<string, Kind>> = { text: 'text', varchar: 'text', numeric: 'number', integer: 'number', bigint: 'number', serial: 'number', timestamp: 'timestamp', date: 'timestamp', boolean: 'boolean', jsonb: 'json' }

/**
 * @param spec of each column its name, its type, `?` where it may be null, `-` where it cannot be filtered by, and `!` where
 * no answer has it
 */
function table (name: string, spec: string, more: Partial<Table> = {}): Table {
  const columns: Record<string, Column> = {}
  for (const part of spec.trim().split(/\s*,\s*/)) {
    const [, column = '', type = '', marks = ''] = /^(\w+) (\w+)([?!-]*)$/.exec(part) ?? []
    columns[column] = { type, kind: KINDS[type] as Kind, nullable: marks.includes('?'), filtered: !/[!-]/.test(marks), answered: !marks.includes('!') }
  }
  return { name, key: 'id', sort: 'created_at', pageSize: 20, virtual: [], ...more, columns }
}

/** The tables of a Core (spec/core-tables.md), as far as the Data API reads them. */
export const TABLES: Readonly<Record<ResourceName, Table>> = {
  ledgers: table('ledgers', 'id serial!, name text?, ledger_id text, created_at timestamp, meta_data jsonb?', { pageSize: 30 }),
  balances: table('balances', `id serial!, balance_id text, indicator text?, balance numeric, credit_balance numeric, debit_balance numeric, currency text,
    ledger_id text, identity_id text?, created_at timestamp, meta_data jsonb?, version integer-, inflight_balance numeric, inflight_credit_balance numeric,
    inflight_debit_balance numeric, track_fund_lineage boolean-, allocation_strategy text-`),
  transactions: table('transactions', `id serial!, transaction_id text, source text?, destination text?, description text?, reference text?, amount numeric?,
    currency text?, status text?, hash text?-, created_at timestamp, scheduled_for timestamp?-, meta_data jsonb?, precise_amount numeric?-,
    precision bigint?, parent_transaction text?, effective_date timestamp?`, { virtual: ['balance_id', 'indicator'] }),
  identities: table('identity', `id serial!, identity_id text, first_name text, last_name text, other_names text?, gender text?, dob date?,
    email_address text?, phone_number text?, nationality text?, street text?, country text?, state text?, organization_name text?, category text?,
    identity_type text?, post_code text?, city text?, created_at timestamp, meta_data jsonb?`),
  reconciliations: table('reconciliations', `id serial!, reconciliation_id text, upload_id text, status varchar, matched_transactions integer,
    unmatched_transactions integer, started_at timestamp, completed_at timestamp?`, { sort: 'started_at' }),
  matchingRules: table('matching_rules', 'id serial!, rule_id text, created_at timestamp, updated_at timestamp, name varchar, description text?, criteria jsonb-'),
  externalTransactions: table('external_transactions', `id text, amount numeric, reference varchar, currency text, description text?, date timestamp,
    source varchar, upload_id text`, { sort: 'date' })
}

/**
 * Texts are compared by their bytes whatever the database's own collation is, and so `C` is the collation of the columns; a
 * text within metadata has the database's, in which nothing but ILIKE is asked of it.
 */
export function createSql ({ name, key, columns }: Table, schema: string): string {
  const lines = Object.entries(columns).map(([column, { type, kind, nullable }]) =>
    `"${column}" ${type === 'varchar' ? 'varchar(255)' : type}${kind === 'text' ? ' COLLATE "C"' : ''}${nullable ? '' : ' NOT NULL'}${column === key ? ' PRIMARY KEY' : ''}`)
  return `CREATE TABLE ${schema}.${name} (${lines.join(', ')})`
}

/**
 * Empties a sandbox's own table and lets it take any row: the functions of the sandbox go on with it, which they would not
 * with another of its name.
 */
export function emptySql ({ name, columns, key }: Table, schema: string): string {
  const table = `${schema}.${name}`
  const altered = Object.entries(columns).flatMap(([column, { type, kind, nullable }]) => [
    ...(kind === 'text' ? [`ALTER COLUMN "${column}" TYPE ${type === 'varchar' ? 'varchar(255)' : type} COLLATE "C"`] : []),
    ...(nullable && column !== key ? [`ALTER COLUMN "${column}" DROP NOT NULL`] : [])
  ])
  return `DO $$
    DECLARE name text;
    BEGIN
      FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid = '${table}'::regclass AND NOT tgisinternal LOOP EXECUTE format('DROP TRIGGER %I ON ${table}', name); END LOOP;
      FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = '${table}'::regclass AND contype IN ('c', 'f') LOOP EXECUTE format('ALTER TABLE ${table} DROP CONSTRAINT %I', name); END LOOP;
      FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = '${table}'::regclass AND contype = 'u' LOOP EXECUTE format('ALTER TABLE ${table} DROP CONSTRAINT %I CASCADE', name); END LOOP;
      FOR name IN SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '${table}'::regclass AND indisunique AND NOT indisprimary LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
      DELETE FROM ${table};
      ALTER TABLE ${table} ${altered.join(', ')};
    END $$`
}
