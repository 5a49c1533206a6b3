import { isOperator, OPERATORS, type Operator } from './operators.js'
import type { Filter } from './query.js'
import { columnKind, type ColumnKind, type FilterTable } from './tables.js'

/** A filter that cannot be run. The message is API contract; Core answers it behind `Invalid filter: `. */
export class FilterError extends Error {}

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

/** A metadata key; with `nested` a dotted path of them. */
function metadataPath (field: string, nested: boolean): readonly string[] {
  const key = field.slice(METADATA.length)
  const path = nested ? key.split('.') : [key]
  if (!path.every((segment) => KEY.test(segment))) throw new FilterError(`invalid JSON key '${key}' in field '${field}': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$`)
  return path
}

/**
 * @param nested whether metadata may be reached deeper than its first level (the Data API may, Core may not)
 * @throws FilterError
 */
export function validateFilter (filter: Filter, table: FilterTable, nested = false): ValidFilter {
  const { field, operator } = filter
  if (!isOperator(operator)) throw new FilterError(`invalid operator '${operator}' for field '${field}': must be one of ${OPERATORS.join(', ')}`)
  checkArity(filter)
  if (table === 'transactions' && field === 'balance_id' && !EITHER_END.includes(operator)) {
    throw new FilterError(`operator '${operator}' is not supported for field 'balance_id' on transactions: must be one of ${EITHER_END.join(', ')}`)
  }
  if (field.startsWith(METADATA) && columnKind(table, 'meta_data') !== undefined) return { ...filter, operator, path: metadataPath(field, nested) }
  const kind = columnKind(table, field)
  if (kind === undefined) throw new FilterError(`invalid field '${field}' for table '${table}'`)
  return { ...filter, operator, column: field, kind }
}
