import type { Facts } from './facts.js'

interface Mark {
  readonly version: string
  /** What its migrations brought, in words. */
  readonly brought: string
  readonly isIn: (facts: Facts) => boolean
}

const hasColumn = (table: string, column: string) => ({ tables }: Facts): boolean => tables.get(table)?.columns.has(column) === true
const hasIndex = (wanted: string) => ({ indexes }: Facts): boolean => indexes.some(({ name }) => name === wanted)

/**
 * By what a schema is told apart, the newest first: Core's migrations are named by the second they were written in, and its
 * changelog says which version came next (blnkfinance/blnk sql/, changelog/blnk-core.mdx).
 */
const MARKS: readonly Mark[] = [
  { version: '0.15', brought: 'the column transactions.chain_seq', isIn: hasColumn('transactions', 'chain_seq') },
  { version: '0.13.2', brought: 'the column api_keys.key_prefix', isIn: hasColumn('api_keys', 'key_prefix') },
  { version: '0.13', brought: 'the column balances.track_fund_lineage', isIn: hasColumn('balances', 'track_fund_lineage') },
  { version: '0.12.2', brought: 'the index blnk_transactions_created_at_source_idx', isIn: hasIndex('blnk_transactions_created_at_source_idx') },
  { version: '0.12', brought: 'amounts of any length in external_transactions', isIn: ({ tables }) => tables.get('external_transactions')?.columns.get('amount') === 'numeric' }
]

/** How old a schema is. */
export interface SchemaAge {
  /** The Core whose migrations have all been here; null: older than each that is known. */
  readonly since: string | null
  /** The Core whose migrations have not; null: there is none known. */
  readonly before: string | null
  readonly message: string
}

export function schemaAge (facts: Facts): SchemaAge {
  const at = MARKS.findIndex(({ isIn }) => isIn(facts))
  const next = at === -1 ? MARKS.at(-1) : MARKS[at - 1]
  const since = MARKS[at]?.version ?? null
  if (next === undefined) return { since, before: null, message: `the schema is that of a Core ${since as string} or newer` }
  const from = since === null ? 'older than' : `${since} or newer, and older than`
  return { since, before: next.version, message: `the schema is that of a Core ${from} ${next.version}, which brought ${next.brought}` }
}
