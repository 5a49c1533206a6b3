import { parseTimeSpan } from './datetime.js'
import { FilterError } from './filter-error.js'
import type { Operator } from './operators.js'
import type { ColumnKind } from './tables.js'
import type { ValidFilter } from './validate.js'
import { NUMBER, type FilterValue } from './value.js'

const ORDERED: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'between', 'isnull', 'isnotnull']

/** What a column of a kind can be asked. */
const ASKED: Readonly<Record<ColumnKind, readonly Operator[]>> = {
  text: [...ORDERED, 'like', 'ilike'],
  number: ORDERED,
  timestamp: ORDERED,
  json: ['eq', 'ne', 'in', 'isnull', 'isnotnull']
}

const NUMERIC: readonly Operator[] = ['gt', 'gte', 'lt', 'lte', 'between']
const WITHOUT_VALUE: readonly Operator[] = ['isnull', 'isnotnull', 'exists', 'notexists']
const WITH_VALUES: readonly Operator[] = ['in', 'between']

/** What is compared with; whatever stands beside it in a body means nothing. */
function comparedWith ({ field, operator, value, values = [] }: ValidFilter): readonly FilterValue[] {
  if (WITHOUT_VALUE.includes(operator)) return []
  if (WITH_VALUES.includes(operator)) return values
  if (value === undefined) throw new FilterError(`operator '${operator}' for field '${field}' requires a 'value'`)
  return [value]
}

const isScalar = (value: FilterValue): boolean => value.text !== null && !/^[[{]/.test(value.json)

function isJson (text: string | null): boolean {
  try {
    JSON.parse(text ?? '')
    return true
  } catch {
    return false
  }
}

const FITS: Readonly<Record<ColumnKind, (value: FilterValue) => boolean>> = {
  text: isScalar,
  number: (value) => isScalar(value) && NUMBER.test(value.text ?? ''),
  timestamp: (value) => isScalar(value) && parseTimeSpan(value.text ?? '') !== undefined,
  json: (value) => isJson(value.text)
}

/** Of a pattern's last \ it is not said what it escapes: Postgres refuses it, but only once a row gets that far. */
const endsInEscape = ({ text }: FilterValue): boolean => /(?<!\\)(?:\\\\)*\\$/.test(text ?? '')

const NAMED: Readonly<Record<ColumnKind, string>> = {
  text: 'a text, a number or a boolean',
  number: 'a number',
  timestamp: 'a date such as 2025-01-31, or a time such as 2025-01-31T10:00:00Z',
  json: 'JSON'
}

/**
 * What only Postgres would refuse, and what would be compared in a way that nobody means: Core answers 500 there.
 * @throws FilterError
 */
export function checkFit (filter: ValidFilter): void {
  const { field, operator } = filter
  const given = comparedWith(filter)
  if ((operator === 'like' || operator === 'ilike') && given.some(endsInEscape)) throw new FilterError(`the pattern of field '${field}' ends with \\, which escapes what comes behind it: write \\\\ for the character itself`)
  if ('path' in filter) {
    if (NUMERIC.includes(operator) && !given.every(FITS.number)) throw new FilterError(`operator '${operator}' for field '${field}' compares numbers: the value must be ${NAMED.number}`)
    if (operator !== 'eq' && !given.every(isScalar)) throw new FilterError(`operator '${operator}' for field '${field}' needs ${NAMED.text} (isnull finds what is null or absent)`)
    return
  }
  if (operator === 'exists' || operator === 'notexists') throw new FilterError(`operator '${operator}' is for keys of metadata, and '${field}' is a field: use isnull or isnotnull`)
  const asked = ASKED[filter.kind]
  if (!asked.includes(operator)) throw new FilterError(`operator '${operator}' is not supported for field '${field}': must be one of ${asked.join(', ')}`)
  const wrong = given.find((one) => !FITS[filter.kind](one))
  if (wrong !== undefined) throw new FilterError(`the value of field '${field}' must be ${NAMED[filter.kind]}${wrong.text === null ? ' (isnull finds what is null)' : ''}`)
}
