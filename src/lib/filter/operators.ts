export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'between', 'like', 'ilike', 'isnull', 'isnotnull'] as const
export type Operator = typeof OPERATORS[number]

export type LogicalOperator = 'and' | 'or'

const ALIASES: Readonly<Record<string, Operator>> = { neq: 'ne', gteq: 'gte', lteq: 'lte' }

export const isOperator = (text: string): text is Operator => (OPERATORS as readonly string[]).includes(text)

/** The operator that the suffix of a query parameter names, in any case, with its aliases (spec/02 2.3). */
export function resolveOperator (suffix: string): Operator | undefined {
  const name = suffix.toLowerCase()
  return isOperator(name) ? name : Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
}

/** `and` where nothing is said; undefined for another word. */
export function resolveLogicalOperator (text: string): LogicalOperator | undefined {
  const name = text.trim().toLowerCase()
  return name === '' ? 'and' : name === 'and' || name === 'or' ? name : undefined
}
