import { isOperator, operatorsOf, type Dialect, type Operator } from './operators.js'
import type { Filter } from './query.js'
import { columnKind, type ColumnKind, type FilterTable } from './tables.js'
import { checkFit } from './fit.js'
import { FilterError } from './filter-error.js'

/** A filter that has passed: its column and kind are the table's, or it names a path into metadata. */
export type ValidFilter = Omit<Filter, 'operator'> & { readonly operator: Operator } &
  ({ readonly column: string, readonly kind: ColumnKind } | { readonly path: readonly string[] })

const METADATA = 'meta_data.'
const KEY = /^[a-zA-Z][a-zA-Z0-9_]*$/

// A virtual field: either end of a transaction. Not every operator has a meaning for two columns (spec/02 2.4).
const EITHER_END: readonly Operator[] = ['eq', 'ne', 'in', 'isnull', 'isnotnull']

function checkArity ({ field, operator, values = [] }: Filter): void {
  if (operator === 'in' && values.length === 0) throw new FilterError(`operator 'in' for field '${field}' requires at least one value in 'values'`)
  if (operator === 'between' && values.length !== 2) {
    throw new FilterError(`operator 'between' for field '${field}' requires exactly two values in 'values', got ${values.length}`)
  }
}

/** Names in a path. More of them than anybody nests would only make Postgres refuse the text of a comparison. */
const DEEPEST = 32

/** A metadata key; in the Data API a dotted path of them. */
function metadataPath (field: string, dialect: Dialect): readonly string[] {
  const key = field.slice(METADATA.length)
  const path = dialect === 'data' ? key.split('.') : [key]
  if (!path.every((segment) => KEY.test(segment))) throw new FilterError(`invalid JSON key '${key}' in field '${field}': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$`)
  if (path.length > DEEPEST) throw new FilterError(`a path into metadata may have ${DEEPEST} names, and this one has ${path.length}`)
  return path
}

/** @throws FilterError */
export function validateFilter (filter: Filter, table: FilterTable, dialect: Dialect): ValidFilter {
  const { field, operator } = filter
  if (!isOperator(operator, dialect)) throw new FilterError(`invalid operator '${operator}' for field '${field}': must be one of ${operatorsOf(dialect).join(', ')}`)
  checkArity(filter)
  if (table === 'transactions' && field === 'balance_id' && !EITHER_END.includes(operator)) {
    throw new FilterError(`operator '${operator}' is not supported for field 'balance_id' on transactions: must be one of ${EITHER_END.join(', ')}`)
  }
  const valid = placed({ ...filter, operator }, table, dialect)
  if (dialect === 'data') checkFit(valid)
  return valid
}

function placed (filter: Omit<Filter, 'operator'> & { readonly operator: Operator }, table: FilterTable, dialect: Dialect): ValidFilter {
  const { field } = filter
  if (field.startsWith(METADATA) && columnKind(table, 'meta_data') !== undefined) return { ...filter, path: metadataPath(field, dialect) }
  const kind = columnKind(table, field)
  if (kind === undefined) throw new FilterError(`invalid field '${field}' for table '${table}'`)
  return { ...filter, column: field, kind }
}
