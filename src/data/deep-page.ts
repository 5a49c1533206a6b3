import type { FilterSet } from '../lib/filter/query.js'
import type { Resource } from './resources.js'

/** Rows to be passed over before it is worth it. */
const DEEP = 1_000n

interface Wanted { readonly filters: FilterSet, readonly order: { readonly by: string, readonly direction: 'asc' | 'desc' }, readonly offset?: bigint }

/**
 * Whether a page far behind the first is found in an index alone: nothing but the column that it is sorted by is asked
 * for, and that one is indexed and never null (spec/core-tables.md).
 */
export function isFoundInIndex ({ sort }: Resource, { filters: { filters }, order, offset = 0n }: Wanted): boolean {
  return offset >= DEEP && sort === 'created_at' && order.by === sort && filters.every(({ field }) => field === sort)
}

export interface DeepPage {
  readonly select: string
  readonly table: string
  readonly where: string
  readonly sort: string
  readonly key: string
  readonly direction: 'asc' | 'desc'
  /** Parameters. */
  readonly limit: string
  readonly offset: string
}

/**
 * OFFSET reads every row that it passes over, since no index of a Core's has the key beside the time. The time alone is in
 * one: the first row's is found in it, then which of the rows of that moment it is, and the page begins there.
 */
export function deepPageText ({ select, table, where, sort, key, direction, limit, offset }: DeepPage): string {
  const [before, behind] = direction === 'asc' ? ['<', '>'] : ['>', '<']
  const of = (comparison: string): string => `FROM ${table} WHERE (${where}) AND ${sort} ${comparison} (SELECT value FROM edge)`
  return `WITH edge AS MATERIALIZED (SELECT ${sort} AS value FROM ${table} WHERE ${where} ORDER BY ${sort} ${direction} LIMIT 1 OFFSET ${offset}),
    place AS MATERIALIZED (SELECT ${key} AS value ${of('=')} ORDER BY ${key} ${direction} LIMIT 1 OFFSET
      CASE WHEN (SELECT count(*) FROM (SELECT ${of('=')} LIMIT 2) AS of_one_moment) = 1 THEN 0 ELSE ${offset}::bigint - (SELECT count(*) ${of(before)}) END)
    SELECT ${select} ${of(`${behind}=`)} AND (${sort} ${behind} (SELECT value FROM edge) OR ${key} ${behind}= (SELECT value FROM place))
    ORDER BY ${sort} ${direction}, ${key} ${direction} LIMIT ${limit}`
}
