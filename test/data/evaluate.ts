import { askedInBody, askedInQuery, Refusal, type Condition, type Request, type Value } from './asked.js'
import { allowedFor, type Field } from './allowed.js'
import { compareDecimals } from './decimal.js'
import { contains, isEqual, isScalar, jsonText, readJson, valueAt, type Json } from './json.js'
import { isLike } from './like.js'
import { askedMoment, storedMoment } from './moment.js'
import { TABLES, type ResourceName, type Table } from './tables.js'

/** Of each column its value: text as it is, numbers and moments as Postgres writes them, JSON; undefined is SQL's null, which is not JSON's. */
export type Row = Readonly<Record<string, Json | undefined>>
export type Rows = Readonly<Record<ResourceName, readonly Row[]>>

export interface World {
  readonly rows: Rows
  /** How ILIKE folds texts of metadata: as the database's own collation does. */
  readonly fold: (text: string) => string
}

/** What is answered: all rows in order, of which a page shows some, or a refusal. */
export type Expected = { readonly refused: string } |
  { readonly refused: undefined, readonly rows: readonly Row[], readonly pageSize: number, readonly page: number, readonly cursor: string | undefined }

const asciiFold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const byTime = (a: string, b: string): number => Number((askedMoment(a)?.at ?? 0n) - (askedMoment(b)?.at ?? 0n))
const COMPARE: Readonly<Record<string, (a: string, b: string) => number>> = { text: byBytes, number: compareDecimals, timestamp: byTime }

/** Whether a text, as its kind is compared, fulfils a condition. */
function holds (cell: string | null, { operator, value, values }: Condition, kind: string, fold = asciiFold): boolean {
  const compare = COMPARE[kind] as (a: string, b: string) => number
  if (operator === 'isnull') return cell === null
  if (operator === 'isnotnull') return cell !== null
  if (cell === null) return false
  if (operator === 'in') return values.some(({ text }) => compare(cell, text) === 0)
  if (operator === 'between') return compare(cell, (values[0] as Value).text) >= 0 && compare(cell, (values[1] as Value).text) <= 0
  const { text } = value as Value
  const order = compare(cell, text)
  switch (operator) {
    case 'eq': {
      const [at, span] = [askedMoment(cell)?.at as bigint, askedMoment(text)]
      return kind === 'timestamp' && span !== undefined ? at >= span.from && at < span.until : order === 0
    }
    case 'ne': return order !== 0
    case 'gt': return order > 0
    case 'gte': return order >= 0
    case 'lt': return order < 0
    case 'lte': return order <= 0
    case 'like': return isLike(cell, text)
    default: return isLike(fold(cell), fold(text))
  }
}

function holdsJson (cell: Json | undefined, { operator, value, values }: Condition): boolean {
  if (operator === 'isnull') return cell === undefined
  if (operator === 'isnotnull') return cell !== undefined
  if (cell === undefined) return false
  const isSame = ({ json, text }: Value): boolean => isEqual(cell, isScalar(json) ? readJson(text) : json)
  return operator === 'in' ? values.some(isSame) : isSame(value as Value) === (operator === 'eq')
}

function holdsPath (meta: Json | undefined, path: readonly string[], condition: Condition, fold: World['fold']): boolean {
  const found = meta === undefined ? undefined : valueAt(meta, path)
  const { operator, value } = condition
  if (operator === 'exists') return found !== undefined
  if (operator === 'notexists') return found === undefined
  const text = found === undefined || found === null ? null : typeof found === 'string' ? found : jsonText(found, ' ')
  if (['gt', 'gte', 'lt', 'lte', 'between'].includes(operator)) return text !== null && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(text) && holds(text, condition, 'number')
  if (operator !== 'eq') return holds(text, condition, 'text', fold)
  const { json, moment } = value as Value
  if (moment === undefined || typeof found !== 'string') return found !== undefined && contains(found, json)
  const stored = storedMoment(found)
  return isEqual(found, json) || (stored !== undefined && stored.at >= moment.from && stored.at < moment.until)
}

const textOf = (cell: Json | undefined): string | null => cell === undefined ? null : String(cell)

/** Of a transaction, either end; or either end's balance has such an indicator. */
function holdsVirtual (row: Row, condition: Condition, { rows }: World): boolean {
  const ends = [textOf(row['source']), textOf(row['destination'])]
  if (condition.field === 'balance_id') {
    const each = ends.map((end) => holds(end, condition, 'text'))
    return ['ne', 'isnull'].includes(condition.operator) ? each.every(Boolean) : each.some(Boolean)
  }
  const named = rows.balances.filter((balance) => holds(textOf(balance['indicator']), condition, 'text')).map((balance) => textOf(balance['balance_id']))
  return ends.some((end) => end !== null && named.includes(end))
}

function fulfils (row: Row, condition: Condition, field: Field, world: World): boolean {
  if (field.path !== undefined) return holdsPath(row['meta_data'], field.path, condition, world.fold)
  if (field.kind === 'json') return holdsJson(row['meta_data'], condition)
  if (field.isVirtual) return holdsVirtual(row, condition, world)
  return holds(textOf(row[condition.field]), condition, field.kind)
}

/** Nulls are the greatest; what is equal is in the order of the key. */
function inOrder (table: Table, rows: readonly Row[], by: string, direction: string): readonly Row[] {
  const compareBy = (column: string) => (a: Row, b: Row): number => {
    const [x, y] = [textOf(a[column]), textOf(b[column])]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return (COMPARE[table.columns[column]?.kind ?? ''] as typeof byBytes)(x, y)
  }
  const [first, second] = [compareBy(by), compareBy(table.key)]
  const sorted = [...rows].sort((a, b) => first(a, b) || second(a, b))
  return direction === 'asc' ? sorted : sorted.reverse()
}

function sortable (table: Table, text: string): string | undefined {
  const name = text.trim().toLowerCase()
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined
  return column?.filtered === true && column.kind !== 'json' ? name : undefined
}

const direct = (text: string): string | undefined => ['asc', 'desc'].find((one) => one === text.trim().toLowerCase())
const positive = (text: string): number | undefined => /^\d{1,12}$/.test(text) && Number(text) > 0 ? Number(text) : undefined

/** Of the first of the names whose value fits, that value. */
function first<T> (query: URLSearchParams, names: readonly string[], read: (text: string) => T | undefined): T | undefined {
  return names.map((name) => query.get(name)).map((text) => text === null ? undefined : read(text)).find((value) => value !== undefined)
}

/** What the specification says that is answered (spec/02, spec/03; Core internal/filter where they are silent). */
export function evaluate (world: World, resource: ResourceName, { search, body }: Request): Expected {
  const table = TABLES[resource]
  const query = new URLSearchParams(search)
  try {
    const inBody = body === undefined ? undefined : askedInBody(body)
    const { conditions, any } = inBody ?? askedInQuery(search)
    const checked = conditions.map((condition) => ({ condition, field: allowedFor(table, condition) }))
    const matches = (row: Row): boolean => checked.length === 0 ||
      (any ? checked.some(({ condition, field }) => fulfils(row, condition, field, world)) : checked.every(({ condition, field }) => fulfils(row, condition, field, world)))
    const by = sortable(table, inBody?.sortBy ?? '') ?? first(query, ['order_by', 'sort'], (text) => sortable(table, text)) ?? table.sort
    const direction = direct(inBody?.sortOrder ?? '') ?? first(query, ['order_dir', 'order'], direct) ?? 'desc'
    const rows = inOrder(table, world.rows[resource].filter(matches), by, direction)
    const pageSize = Math.min(first(query, ['pageSize', 'per_page', 'limit'], positive) ?? table.pageSize, 100)
    return { refused: undefined, rows, pageSize, page: first(query, ['page'], positive) ?? 1, cursor: query.get('cursor') ?? undefined }
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message }
    throw error
  }
}

const rfc3339 = (text: string): string => {
  const [day = '', clock = '00:00:00'] = text.split(' ')
  return `${day}T${clock.includes('.') ? clock.replace(/\.?0+$/, '') : clock}Z`
}

/** A record's members, each its JSON text. */
export function recordOf (resource: ResourceName, row: Row): Readonly<Record<string, string>> {
  const answered = Object.entries(TABLES[resource].columns).filter(([, column]) => column.answered)
  return Object.fromEntries(answered.map(([name, { kind }]) => {
    const cell = row[name]
    if (cell === undefined) return [name, 'null']
    return [name, kind === 'number' ? String(cell) : kind === 'timestamp' ? JSON.stringify(rfc3339(String(cell))) : jsonText(cell)]
  }))
}
