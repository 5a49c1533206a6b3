import { resolveLogicalOperator, resolveOperator, type Dialect, type LogicalOperator, type Operator } from './operators.js'
import { queryValue, type FilterValue } from './value.js'

/** One condition. `operator` is unchecked where it came out of a JSON body; `value` for one value, `values` for `in` and `between`. */
export interface Filter { readonly field: string, readonly operator: string, readonly value?: FilterValue, readonly values?: readonly FilterValue[] }
export interface FilterSet { readonly filters: readonly Filter[], readonly logicalOperator: LogicalOperator }
export interface ParamError { readonly Param: string, readonly Message: string }
/** `passed`: names that are no filter, once each, and names of filters that came again. */
export interface ParsedQuery { readonly set: FilterSet, readonly errors: readonly ParamError[], readonly passed: readonly string[] }

export const MAX_FILTERS = 20
export const MAX_IN_VALUES = 100
/** Of one value. */
export const MAX_BYTES = 1000

/** Names that a list's query may hold and that never are filters (spec/02 2.2). */
const RESERVED = new Set(['page', 'pagesize', 'per_page', 'limit', 'offset', 'sort', 'order', 'order_by', 'order_dir', 'logical_operator', 'instance_id', 'org_id'])

function readValues (operator: Operator, value: string): Pick<Filter, 'value' | 'values'> | string {
  if (Buffer.byteLength(value) > MAX_BYTES) return `value exceeds maximum length (${MAX_BYTES} chars)`
  switch (operator) {
    case 'between': {
      const ends = value.split('|')
      return ends.length === 2 ? { values: ends.map(queryValue) } : 'between operator requires exactly 2 pipe-separated values (value1|value2)'
    }
    case 'in': {
      const members = value.split(',')
      return members.length > MAX_IN_VALUES ? `IN operator exceeds maximum values (${MAX_IN_VALUES})` : { values: members.map((each) => queryValue(each.trim())) }
    }
    case 'isnull': case 'isnotnull': case 'exists': case 'notexists': return {}
    case 'eq': case 'ne': case 'gt': case 'gte': case 'lt': case 'lte': case 'like': case 'ilike': return { value: queryValue(value) }
  }
}

/**
 * Reads `<field>_<operator>=<value>` parameters. One without a known operator is no filter and passes silently; of a name
 * that comes twice the first counts (Core internal/filter/parser.go).
 */
export function parseFilterQuery (query: URLSearchParams, dialect: Dialect): ParsedQuery {
  const errors: ParamError[] = []
  const filters: Filter[] = []
  const passed: string[] = []
  const logicalOperator = resolveLogicalOperator(query.get('logical_operator') ?? '')
  if (logicalOperator === undefined) errors.push({ Param: 'logical_operator', Message: "invalid logical_operator: must be 'and' or 'or'" })
  for (const name of new Set(query.keys())) {
    const cut = name.lastIndexOf('_')
    const operator = cut === -1 ? undefined : resolveOperator(name.slice(cut + 1), dialect)
    if (operator === undefined || RESERVED.has(name.toLowerCase())) {
      passed.push(name)
      continue
    }
    const [value = '', ...again] = query.getAll(name)
    if (again.length > 0) passed.push(name)
    const values = filters.length >= MAX_FILTERS ? `exceeded maximum number of filters (${MAX_FILTERS})` : readValues(operator, value)
    if (typeof values === 'string') errors.push({ Param: name, Message: values })
    else filters.push({ field: name.slice(0, cut), operator, ...values })
  }
  return { set: { filters, logicalOperator: logicalOperator ?? 'and' }, errors, passed }
}
