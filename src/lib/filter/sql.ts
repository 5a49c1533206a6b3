import { parseTimeSpan, type TimeSpan } from './datetime.js'
import type { Dialect } from './operators.js'
import type { FilterSet } from './query.js'
import { columnKind, type ColumnKind, type FilterTable } from './tables.js'
import { validateFilter, type ValidFilter } from './validate.js'
import type { FilterValue } from './value.js'

/** A WHERE condition (`true` when there is no filter) and the values of its parameters, in order. */
export interface FilterSql { readonly where: string, readonly values: readonly unknown[] }

export interface FilterSqlOptions {
  readonly table: FilterTable
  /** Where the tables are: a checked name. */
  readonly schema: string
  readonly dialect: Dialect
  /** Columns that the tables of an older Core do not have: they read as null. */
  readonly lacks?: ReadonlySet<string>
}

const COMPARISONS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'LIKE', ilike: 'ILIKE' } as const
const NULL_VALUE: FilterValue = { text: null, json: 'null' }

/** What the conditions of one statement are built with: its parameters, numbered as they come, and the columns of its tables. */
class Building {
  readonly values: unknown[] = []
  constructor (private readonly options: FilterSqlOptions) {}
  get schema (): string { return this.options.schema }
  add (value: unknown): string { return `$${this.values.push(value)}` }
  column (name: string, kind: ColumnKind): string { return this.options.lacks?.has(name) === true ? `NULL::${TYPES[kind]}` : name }

  /** In the Data API a value that does not fit the type of its column, such as 1.5 for an integer, is compared all the same. */
  typed (kind: ColumnKind | undefined): string { return this.options.dialect === 'core' || kind === undefined || kind === 'text' ? '' : `::${TYPES[kind]}` }

  /** What a value covers where the column holds times. */
  spanOf (filter: ValidFilter, value: FilterValue): TimeSpan | undefined {
    if (kindOf(filter) !== 'timestamp') return undefined
    // In Core a date of a JSON body is text like any other.
    return value.span ?? (this.options.dialect === 'data' ? parseTimeSpan(value.text ?? '') : undefined)
  }
}

const TYPES: Readonly<Record<ColumnKind, string>> = { text: 'text', number: 'numeric', timestamp: 'timestamp', json: 'jsonb' }

const kindOf = (filter: ValidFilter): ColumnKind | undefined => 'kind' in filter ? filter.kind : undefined

function compare (operand: string, filter: ValidFilter, building: Building): string {
  const { operator, value = NULL_VALUE, values = [] } = filter
  const type = building.typed(kindOf(filter))
  // A date becomes a moment where the column holds times.
  const parameter = (one: FilterValue): string => `${building.add(building.spanOf(filter, one)?.at ?? one.text)}${type}`
  switch (operator) {
    case 'isnull': case 'notexists': return `${operand} IS NULL`
    case 'isnotnull': case 'exists': return `${operand} IS NOT NULL`
    case 'in': return `${operand} = ANY(${building.add(values.map((one) => building.spanOf(filter, one)?.at ?? one.text))}${type === '' ? '' : `${type}[]`})`
    case 'between': {
      const [low, high] = values.map(parameter)
      return `${operand} BETWEEN ${low as string} AND ${high as string}`
    }
    case 'eq': {
      const span = building.spanOf(filter, value)
      if (span === undefined) break
      return `${operand} >= ${building.add(span.from)}${type} AND ${operand} < ${building.add(span.until)}${type}`
    }
    case 'ne': case 'gt': case 'gte': case 'lt': case 'lte': case 'like': case 'ilike': break
  }
  return `${operand} ${COMPARISONS[operator]} ${parameter(value)}`
}

// One text that is too large for a number, or has too many digits behind the point, would fail the cast of every row's:
// 131,072 and 16,383 digits are the most (https://www.postgresql.org/docs/18/datatype-numeric.html), an exponent's included.
const LONGEST_NUMBER = 6000
const NUMBER_PATTERN = '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,4})?$'

/** Metadata: equality is containment and tells types apart, order is that of numbers; a value that is no number is passed over. */
function compareMetadata (path: readonly string[], filter: ValidFilter, building: Building): string {
  const { operator, value = NULL_VALUE } = filter
  const column = building.column('meta_data', 'json')
  if (operator === 'exists' || operator === 'notexists') return compare(`(${column} #> ${building.add(path)}::text[])`, filter, building)
  if (operator === 'eq') {
    const containing = path.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, value.json)
    if (value.span === undefined) return `${column} @> ${building.add(containing)}::jsonb`
  }
  const text = `(${column} #>> ${building.add(path)}::text[])`
  switch (operator) {
    case 'eq': return `(${text} = ${building.add(value.text)} OR ${spanCondition(text, value, building)})`
    case 'gt': case 'gte': case 'lt': case 'lte': case 'between':
      return compare(`(CASE WHEN length(${text}) <= ${LONGEST_NUMBER} AND ${text} ~ '${NUMBER_PATTERN}' THEN ${text}::numeric END)`, filter, building)
    case 'ne': case 'in': case 'like': case 'ilike': case 'isnull': case 'isnotnull': return compare(text, filter, building)
  }
}

// Complete dates only, so that the cast cannot fail.
const LEAP_YEAR = '([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)'
const DAY_PATTERN = `(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|${LEAP_YEAR}-02-29)`
/** A dash that is no range of a class. */
const BETWEEN_DAYS = /-(?![0-9]\])/g
const CLOCK_PATTERN = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?'
const ZONE_PATTERN = '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])'

/** A stored date is compared with the span of the one asked for, in UTC where it names no zone; what is no date is passed over. */
function spanCondition (text: string, { span }: FilterValue, building: Building): string {
  const zoned = `${text} || CASE WHEN ${text} ~ '${ZONE_PATTERN}$' THEN '' ELSE ' Z' END`
  const moment = `(CASE WHEN ${text} ~ '^(${DAY_PATTERN}([T ]${CLOCK_PATTERN}${ZONE_PATTERN}?)?|${DAY_PATTERN.replaceAll(BETWEEN_DAYS, '/')})$' THEN (${zoned})::timestamptz AT TIME ZONE 'UTC' END)`
  return `(${moment} >= ${building.add(span?.from)} AND ${moment} < ${building.add(span?.until)})`
}

/** Either end of a transaction. */
function compareEnds (filter: ValidFilter, building: Building): string {
  const ends = [compare('source', filter, building), compare('destination', filter, building)]
  return `(${ends.join(filter.operator === 'ne' || filter.operator === 'isnull' ? ' AND ' : ' OR ')})`
}

function condition (filter: ValidFilter, table: FilterTable, building: Building): string {
  if ('path' in filter) return compareMetadata(filter.path, filter, building)
  const { column, kind } = filter
  if (table !== 'transactions') return compare(building.column(column, kind), filter, building)
  if (column === 'balance_id') return compareEnds(filter, building)
  if (column !== 'indicator') return compare(building.column(column, kind), filter, building)
  const named = `ARRAY(SELECT balance_id FROM ${building.schema}.balances WHERE ${compare('indicator', filter, building)})`
  return `(source = ANY(${named}) OR destination = ANY(${named}))`
}

/**
 * SQL of a filter set. Column names come out of the table of fields and everything that a caller sent is a parameter.
 * @throws FilterError
 */
export function filterSql ({ filters, logicalOperator }: FilterSet, options: FilterSqlOptions): FilterSql {
  const building = new Building(options)
  const conditions = filters
    .map((filter) => validateFilter(filter, options.table, options.dialect))
    .map((filter) => `(${condition(filter, options.table, building)})`)
  return { where: conditions.length === 0 ? 'true' : conditions.join(logicalOperator === 'or' ? ' OR ' : ' AND '), values: building.values }
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
