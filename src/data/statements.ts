import { filterSql } from '../lib/filter/sql.js'
import type { Filter, FilterSet } from '../lib/filter/query.js'
import type { Place } from './cursor.js'
import { deepPageText, isFoundInIndex } from './deep-page.js'
import type { ColumnType, Resource } from './resources.js'

/** SQL and its parameters. Names in it are out of resources.ts and of the tables of lib/filter; what a caller sent is a parameter. */
export interface Statement { readonly text: string, readonly values: readonly unknown[] }

/** Where a resource's rows are. */
export interface From {
  readonly resource: Resource
  /** A checked name. */
  readonly schema: string
  /** Columns that this Core's table lacks. */
  readonly lacks: ReadonlySet<string>
}

export interface Order { readonly by: string, readonly direction: 'asc' | 'desc' }

/** Names of what a keyset needs of the last row beside what is answered. */
export const SORT_VALUE = '_sort_value'
export const KEY_VALUE = '_key_value'

const TYPES: Readonly<Record<ColumnType, string>> = { text: 'text', number: 'numeric', boolean: 'boolean', timestamp: 'timestamp', json: 'jsonb' }

const tableOf = ({ resource, schema }: From): string => `${schema}.${resource.table}`

function column ({ resource, lacks }: From, name: string): string {
  const type = TYPES[(resource.columns as Readonly<Record<string, ColumnType>>)[name] ?? 'text']
  return lacks.has(name) ? `NULL::${type}` : `"${name}"`
}

const selectList = (from: From): string => Object.keys(from.resource.columns).map((name) => `${column(from, name)} AS "${name}"`).join(', ')

const whereOf = (from: From, filters: FilterSet): { where: string, values: unknown[] } => {
  const { where, values } = filterSql(filters, { table: from.resource.table, schema: from.schema, dialect: 'data', lacks: from.lacks })
  return { where, values: [...values] }
}

/**
 * The condition of coming behind a row. Nulls are the greatest, as in ORDER BY. The first comparison is what an index on
 * the column can begin with.
 */
function behind (from: From, { by, direction }: Order, { place: { value, key }, values }: { place: Place, values: unknown[] }): string {
  const { key: unique, columns } = from.resource
  const than = direction === 'asc' ? '>' : '<'
  const sorted = column(from, by)
  const later = `"${unique.column}" ${than} $${values.push(key)}::${unique.type === 'text' ? 'text' : 'bigint'}`
  if (value === null) return direction === 'asc' ? `${sorted} IS NULL AND ${later}` : `((${sorted} IS NULL AND ${later}) OR ${sorted} IS NOT NULL)`
  const given = `$${values.push(value)}::${TYPES[(columns as Readonly<Record<string, ColumnType>>)[by] ?? 'text']}`
  const inOrder = `(${sorted} ${than}= ${given} AND (${sorted} ${than} ${given} OR ${later}))`
  // What is sorted by where nothing is said is never null, and without the alternative an index can be begun with.
  return direction === 'asc' && by !== from.resource.sort ? `(${inOrder} OR ${sorted} IS NULL)` : inOrder
}

export interface PageWanted {
  readonly filters: FilterSet
  readonly order: Order
  readonly limit: number
  /** The rows behind this one; without it those from `offset` on. */
  readonly place?: Place
  readonly offset?: bigint
}

/** A page of rows in order. @throws FilterError */
export function pageStatement (from: From, wanted: PageWanted): Statement {
  const { filters, order, limit, place, offset = 0n } = wanted
  const { where, values } = whereOf(from, filters)
  const direction = order.direction.toUpperCase()
  const { key } = from.resource
  const select = `${selectList(from)}, ${column(from, order.by)}::text AS "${SORT_VALUE}", "${key.column}"::text AS "${KEY_VALUE}"`
  if (place === undefined && isFoundInIndex(from.resource, wanted)) {
    const deep = { select, table: tableOf(from), where, sort: column(from, order.by), key: `"${key.column}"`, direction: order.direction }
    return { text: deepPageText({ ...deep, limit: `$${values.push(limit)}`, offset: `$${values.push(offset.toString())}` }), values }
  }
  const condition = place === undefined ? where : `(${where}) AND ${behind(from, order, { place, values })}`
  const text = `SELECT ${select} FROM ${tableOf(from)}
    WHERE ${condition} ORDER BY ${column(from, order.by)} ${direction}, "${key.column}" ${direction} LIMIT $${values.push(limit)}${offset === 0n ? '' : ` OFFSET $${values.push(offset.toString())}`}`
  return { text, values }
}

/** One row by the id that callers know. */
export const detailStatement = (from: From, id: string): Statement =>
  ({ text: `SELECT ${selectList(from)} FROM ${tableOf(from)} WHERE "${from.resource.id}" = $1 LIMIT 1`, values: [id] })

/** @param most counts no further than this; without it all @throws FilterError */
export function countStatement (from: From, filters: FilterSet, most?: number): Statement {
  const { where, values } = whereOf(from, filters)
  return most === undefined
    ? { text: `SELECT count(*)::text AS total FROM ${tableOf(from)} WHERE ${where}`, values }
    : { text: `SELECT count(*)::text AS total FROM (SELECT FROM ${tableOf(from)} WHERE ${where} LIMIT $${values.push(most)}) AS counted`, values }
}

/** The planner's guess at how many rows there are: `[{"Plan": {"Plan Rows": n}}]`. @throws FilterError */
export function estimateStatement (from: From, filters: FilterSet): Statement {
  const { where, values } = whereOf(from, filters)
  return { text: `EXPLAIN (FORMAT JSON) SELECT FROM ${tableOf(from)} WHERE ${where}`, values }
}

/** The ids of the balances that a filter on `indicator` names, no more than `most`. @throws FilterError */
export function namedBalancesStatement ({ schema }: From, filter: Filter, most: number): Statement {
  const { where, values } = filterSql({ filters: [filter], logicalOperator: 'and' }, { table: 'balances', schema, dialect: 'data' })
  return { text: `SELECT balance_id FROM ${schema}.balances WHERE ${where} LIMIT $${values.length + 1}`, values: [...values, most] }
}

/** Counts and sums of all rows that match, by the values of one column: those without one count under the empty name. @throws FilterError */
export function statsStatement (from: From, filters: FilterSet, { by, sums }: { by: string, sums: readonly string[] }): Statement {
  const { where, values } = whereOf(from, filters)
  const summed = sums.map((name) => `, sum(${column(from, name)})::text AS "${name}"`).join('')
  return { text: `SELECT COALESCE(${column(from, by)}, '') AS "group", count(*)::text AS count${summed} FROM ${tableOf(from)} WHERE ${where} GROUP BY 1 ORDER BY 1`, values }
}
