import { isDecimal } from './decimal.js'
import { digits, isDigits, jsonText, readJson, type Json } from './json.js'
import { askedMoment, type Moment } from './moment.js'

/** A value as it was sent: what it is as JSON, as text, and the moment that a query names with it. */
export interface Value { readonly json: Json, readonly text: string, readonly moment?: Moment }
export interface Condition { readonly field: string, readonly operator: string, readonly value?: Value, readonly values: readonly Value[] }

/** A request, as it is sent. Without a body it is one of the Data API, with one of the Filters API. */
export interface Request { readonly search: string, readonly body?: string }
export interface Asked { readonly conditions: readonly Condition[], readonly any: boolean }

/** Why a request is refused. */
export class Refusal extends Error {}
export const refuse = (why: string): never => { throw new Refusal(why) }

export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'between', 'like', 'ilike', 'isnull', 'isnotnull', 'exists', 'notexists']
export const ALIASES: Readonly<Record<string, string>> = { neq: 'ne', gteq: 'gte', lteq: 'lte' }
export const WITHOUT_VALUE = ['isnull', 'isnotnull', 'exists', 'notexists']
const RESERVED = ['page', 'pagesize', 'per_page', 'limit', 'offset', 'sort', 'order', 'order_by', 'order_dir', 'instance_id', 'org_id', 'logical_operator']

/** Integer, float, boolean, date-time, text, in this order (spec/02 2.3); what a float cannot be is a text. */
function typed (text: string): Json {
  if (!isDecimal(text) || (!/^[+-]?\d+$/.test(text) && !Number.isFinite(Number(text)))) return text === 'true' ? true : text === 'false' ? false : text
  return digits(text)
}

function queryValue (text: string): Value {
  const moment = askedMoment(text)
  return { json: typed(text), text, ...(moment === undefined ? {} : { moment }) }
}

const bounded = (text: string): void => { if (Buffer.byteLength(text) > 1000) refuse('value exceeds maximum length') }

function anyOf (word: unknown): boolean {
  const given = typeof word === 'string' ? word.trim().toLowerCase() : word === undefined || word === null ? '' : 'neither'
  return given === 'or' || (given !== '' && given !== 'and' && refuse('invalid logical_operator'))
}

export function askedInQuery (search: string): Asked {
  const query = new URLSearchParams(search)
  const conditions: Condition[] = []
  for (const name of new Set(query.keys())) {
    const [, field = '', suffix = ''] = /^(.*)_([^_]*)$/s.exec(name) ?? []
    const operator = ALIASES[suffix.toLowerCase()] ?? suffix.toLowerCase()
    if (RESERVED.includes(name.toLowerCase()) || !OPERATORS.includes(operator)) continue
    const text = query.get(name) as string
    bounded(text)
    const parts = operator === 'in' ? text.split(',').map((part) => part.trim()) : text.split('|')
    if (operator === 'in' && parts.length > 100) refuse('IN operator exceeds maximum values')
    if (operator === 'between' && parts.length !== 2) refuse('between operator requires exactly 2 values')
    conditions.push({ field, operator, value: queryValue(text), values: parts.map(queryValue) })
  }
  if (conditions.length > 20) refuse('exceeded maximum number of filters')
  return { conditions, any: anyOf(query.get('logical_operator') ?? undefined) }
}

function bodyValue (given: Json): Value {
  // Half of a surrogate pair is no character.
  const json = typeof given === 'string' ? Buffer.from(given).toString() : given
  const text = typeof json === 'string' ? json : isDigits(json) ? json['#'] : jsonText(json)
  bounded(text)
  return { json, text }
}

interface Sent { readonly field?: Json, readonly operator?: Json, readonly value?: Json, readonly values?: Json }

function conditionOf ({ field, operator, value, values }: Sent): Condition {
  if (typeof field !== 'string' || typeof operator !== 'string') return refuse('field and operator are required')
  if (values !== undefined && values !== null && !Array.isArray(values)) refuse('values must be an array')
  const several = (values ?? []) as readonly Json[]
  if (several.length > 100) refuse('IN operator exceeds maximum values')
  const read = several.map(bodyValue)
  return { field, operator, values: read, ...(value === undefined ? {} : { value: bodyValue(value) }) }
}

export function askedInBody (body: string): Asked & { readonly sortBy: string, readonly sortOrder: string } {
  const { filters, logical_operator: word, sort_by: by, sort_order: order } = readJson(body) as Readonly<Record<string, Json>>
  if (!Array.isArray(filters)) return refuse('filters is required')
  if (filters.length > 20) refuse('exceeded maximum number of filters')
  return { conditions: filters.map((one: Json) => conditionOf(one as Sent)), any: anyOf(word), sortBy: typeof by === 'string' ? by : '', sortOrder: typeof order === 'string' ? order : '' }
}
