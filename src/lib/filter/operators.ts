/** What a table is filtered with in Core (internal/filter/operators.go). */
export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'between', 'like', 'ilike', 'isnull', 'isnotnull'] as const
/** The Data and Filters API ask for metadata keys too (spec/03 3.3). */
const DATA_OPERATORS = [...OPERATORS, 'exists', 'notexists'] as const
export type Operator = typeof DATA_OPERATORS[number]

/**
 * Whose rules filters follow. `core`: what Core's own routes do, to the letter. `data`: those of the Data and Filters API,
 * which reach into nested metadata, ask for keys, and refuse a value that does not fit its field.
 */
export type Dialect = 'core' | 'data'

export type LogicalOperator = 'and' | 'or'

const ALIASES: Readonly<Record<string, Operator>> = { neq: 'ne', gteq: 'gte', lteq: 'lte' }

export const operatorsOf = (dialect: Dialect): readonly Operator[] => dialect === 'core' ? OPERATORS : DATA_OPERATORS

export const isOperator = (text: string, dialect: Dialect): text is Operator => (operatorsOf(dialect) as readonly string[]).includes(text)

/** The operator that the suffix of a query parameter names, in any case, with its aliases (spec/02 2.3). */
export function resolveOperator (suffix: string, dialect: Dialect): Operator | undefined {
  const name = suffix.toLowerCase()
  return isOperator(name, dialect) ? name : Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
}

/** `and` where nothing is said; undefined for another word. */
export function resolveLogicalOperator (text: string): LogicalOperator | undefined {
  const name = text.trim().toLowerCase()
  return name === '' ? 'and' : name === 'and' || name === 'or' ? name : undefined
}
