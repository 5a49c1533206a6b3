import { OPERATORS, refuse, WITHOUT_VALUE, type Condition, type Value } from './asked.js'
import { fitsNumeric, isDecimal } from './decimal.js'
import { isScalar, readJson } from './json.js'
import { endsInEscape } from './like.js'
import { askedMoment } from './moment.js'
import type { Kind, Table } from './tables.js'

/** What a condition is about: a path into metadata, or a column, or what is none. */
export interface Field { readonly kind: Kind, readonly path?: readonly string[], readonly isVirtual: boolean }

const NUMERIC = ['gt', 'gte', 'lt', 'lte', 'between']

function fieldOf (table: Table, name: string): Field {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
  if (table.virtual.includes(name)) return { kind: 'text', isVirtual: true }
  if (column?.filtered === true) return { kind: column.kind, isVirtual: false }
  if (table.columns['meta_data'] === undefined || !name.startsWith('meta_data.')) return refuse(`invalid field '${name}'`)
  const path = name.split('.').slice(1)
  if (path.length > 32 || !path.every((key) => /^[A-Za-z]\w*$/.test(key))) refuse(`invalid JSON key in '${name}'`)
  return { kind: 'json', path, isVirtual: false }
}

/** Of a column's kind, what it cannot be asked. */
function refusesOperator (operator: string, { kind, path }: Field, isEnds: boolean): boolean {
  if (path !== undefined) return false
  if (operator.endsWith('exists')) return true
  if (isEnds || kind === 'json') return !['eq', 'ne', 'in', 'isnull', 'isnotnull'].includes(operator)
  return kind !== 'text' && operator.endsWith('like')
}

function isJson (text: string): boolean {
  try {
    readJson(text)
    return true
  } catch {
    return false
  }
}

/** Whether a value is one that its field can be compared with. No text of Postgres holds U+0000. */
function fits ({ json, text }: Value, { kind, path }: Field, operator: string): boolean {
  const has0 = text.includes('\0')
  const isNumber = isScalar(json) && isDecimal(text) && fitsNumeric(text)
  const isText = isScalar(json) && json !== null && !has0
  if (path !== undefined && NUMERIC.includes(operator)) return isNumber
  if (path !== undefined && operator === 'eq') return !has0
  if (path !== undefined || kind === 'text') return isText && !(operator.endsWith('like') && endsInEscape(text))
  if (kind === 'number') return isNumber
  if (kind === 'timestamp') return isScalar(json) && askedMoment(text) !== undefined
  return json !== null && !has0 && (!isScalar(json) || isJson(text))
}

/** The field of a condition that can be run. @throws Refusal */
export function allowedFor (table: Table, { field: name, operator, value, values }: Condition): Field {
  if (!OPERATORS.includes(operator)) refuse(`invalid operator '${operator}'`)
  const field = fieldOf(table, name)
  const isEnds = field.isVirtual && name === 'balance_id'
  if (refusesOperator(operator, field, isEnds)) refuse(`operator '${operator}' is not supported for '${name}'`)
  if (WITHOUT_VALUE.includes(operator)) return field
  const given = operator === 'in' || operator === 'between' ? values : value === undefined ? [] : [value]
  if (given.length === 0 || (operator === 'between' && given.length !== 2)) refuse(`operator '${operator}' for '${name}' requires a value`)
  if (!given.every((one) => fits(one, field, operator))) refuse(`a value does not fit '${name}'`)
  return field
}
