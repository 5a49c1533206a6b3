import type { FilterSet } from './query.js'
import { columnKind, type FilterTable } from './tables.js'
import { validateFilter, type ValidFilter } from './validate.js'
import type { FilterValue } from './value.js'

/** A WHERE condition (`true` when there is no filter) and the values of its parameters, in order. */
export interface FilterSql { readonly where: string, readonly values: readonly unknown[] }

export interface FilterSqlOptions {
  readonly table: FilterTable
  /** Where the tables are: a checked name. */
  readonly schema: string
  readonly nested?: boolean
}

const COMPARISONS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'LIKE', ilike: 'ILIKE' } as const
const NULL_VALUE: FilterValue = { text: null, json: 'null' }

/** Numbers parameters as they come. */
class Parameters {
  readonly values: unknown[] = []
  add (value: unknown): string { return `$${this.values.push(value)}` }
}

const isTime = (filter: ValidFilter): boolean => 'kind' in filter && filter.kind === 'timestamp'

/** The value for a column: a date becomes its first moment where the column holds times. */
const columnValue = (filter: ValidFilter, value: FilterValue): string | null => isTime(filter) && value.span !== undefined ? value.span.from : value.text

function compare (operand: string, filter: ValidFilter, parameters: Parameters): string {
  const { operator, value = NULL_VALUE, values = [] } = filter
  switch (operator) {
    case 'isnull': return `${operand} IS NULL`
    case 'isnotnull': return `${operand} IS NOT NULL`
    case 'in': return `${operand} = ANY(${parameters.add(values.map((each) => columnValue(filter, each)))})`
    case 'between': {
      const [low, high] = values.map((each) => parameters.add(columnValue(filter, each)))
      return `${operand} BETWEEN ${low as string} AND ${high as string}`
    }
    case 'eq': {
      if (!isTime(filter) || value.span === undefined) break
      return `${operand} >= ${parameters.add(value.span.from)} AND ${operand} < ${parameters.add(value.span.until)}`
    }
    case 'ne': case 'gt': case 'gte': case 'lt': case 'lte': case 'like': case 'ilike': break
  }
  return `${operand} ${COMPARISONS[operator]} ${parameters.add(columnValue(filter, value))}`
}

const NUMBER_PATTERN = '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'

/** Metadata: equality is containment and tells types apart, order is that of numbers; a value that is no number is passed over. */
function compareMetadata (path: readonly string[], filter: ValidFilter, parameters: Parameters): string {
  const { operator, value = NULL_VALUE } = filter
  if (operator === 'eq') {
    const containing = path.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, value.json)
    if (value.span === undefined) return `meta_data @> ${parameters.add(containing)}::jsonb`
  }
  const text = `(meta_data #>> ${parameters.add(path)}::text[])`
  switch (operator) {
    case 'eq': return `(${text} = ${parameters.add(value.text)} OR ${spanCondition(text, value, parameters)})`
    case 'gt': case 'gte': case 'lt': case 'lte': case 'between':
      return compare(`(CASE WHEN ${text} ~ '${NUMBER_PATTERN}' THEN ${text}::numeric END)`, filter, parameters)
    case 'ne': case 'in': case 'like': case 'ilike': case 'isnull': case 'isnotnull': return compare(text, filter, parameters)
  }
}

// Complete dates only, so that the cast cannot fail; 29 February is left out for that.
const DAY_PATTERN = '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
const CLOCK_PATTERN = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?'
const ZONE_PATTERN = '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])'

/** A stored date is compared with the span of the one asked for, in UTC where it names no zone; what is no date is passed over. */
function spanCondition (text: string, { span }: FilterValue, parameters: Parameters): string {
  const zoned = `${text} || CASE WHEN ${text} ~ '${ZONE_PATTERN}$' THEN '' ELSE ' Z' END`
  const moment = `(CASE WHEN ${text} ~ '^[1-9][0-9]{3}-${DAY_PATTERN}([T ]${CLOCK_PATTERN}${ZONE_PATTERN}?)?$' THEN (${zoned})::timestamptz AT TIME ZONE 'UTC' END)`
  return `(${moment} >= ${parameters.add(span?.from)} AND ${moment} < ${parameters.add(span?.until)})`
}

/** Either end of a transaction. */
function compareEnds (filter: ValidFilter, parameters: Parameters): string {
  const ends = [compare('source', filter, parameters), compare('destination', filter, parameters)]
  return `(${ends.join(filter.operator === 'ne' || filter.operator === 'isnull' ? ' AND ' : ' OR ')})`
}

function condition (filter: ValidFilter, { table, schema }: FilterSqlOptions, parameters: Parameters): string {
  if ('path' in filter) return compareMetadata(filter.path, filter, parameters)
  if (table !== 'transactions') return compare(filter.column, filter, parameters)
  if (filter.column === 'balance_id') return compareEnds(filter, parameters)
  if (filter.column !== 'indicator') return compare(filter.column, filter, parameters)
  const named = `ARRAY(SELECT balance_id FROM ${schema}.balances WHERE ${compare('indicator', filter, parameters)})`
  return `(source = ANY(${named}) OR destination = ANY(${named}))`
}

/**
 * SQL of a filter set. Column names come out of the table of fields and everything that a caller sent is a parameter.
 * @throws FilterError
 */
export function filterSql ({ filters, logicalOperator }: FilterSet, options: FilterSqlOptions): FilterSql {
  const parameters = new Parameters()
  const conditions = filters
    .map((filter) => validateFilter(filter, options.table, options.nested))
    .map((filter) => `(${condition(filter, options, parameters)})`)
  return { where: conditions.length === 0 ? 'true' : conditions.join(logicalOperator === 'or' ? ' OR ' : ' AND '), values: parameters.values }
}

/** What ORDER BY names: the field if the table has it, otherwise `fallback`, newest first unless told; rows of one moment in the order they were made. */
export function orderSql (table: FilterTable, sort: { readonly by?: string, readonly order?: string, readonly fallback?: string } = {}): string {
  const wanted = (sort.by ?? '').trim().toLowerCase()
  // Virtual fields of transactions have no column to sort by.
  const virtual = table === 'transactions' && (wanted === 'balance_id' || wanted === 'indicator')
  const column = columnKind(table, wanted) !== undefined && !virtual ? wanted : sort.fallback ?? 'created_at'
  const direction = (sort.order ?? '').trim().toLowerCase() === 'asc' ? 'ASC' : 'DESC'
  return `${column} ${direction}, id ${direction}`
}
