import fc from 'fast-check'
import { ALIASES, OPERATORS, type Request } from './asked.js'
import type { Rows } from './evaluate.js'
import { columnText, path, pathValue } from './generated-values.js'
import { digits, jsonText, type Json } from './json.js'
import { TABLES, type Kind, type ResourceName } from './tables.js'

export interface Asking extends Request { readonly resource: ResourceName }

/** Before it is written into a query or a body. */
interface Drawn { readonly field: string, readonly operator: string, readonly values: readonly Json[] }

const FITTING: Readonly<Record<Kind | 'path' | 'ends', readonly string[]>> = {
  text: OPERATORS.slice(0, 12),
  number: OPERATORS.filter((operator) => !/like|exists/.test(operator)),
  timestamp: OPERATORS.filter((operator) => !/like|exists/.test(operator)),
  json: ['eq', 'ne', 'in', 'isnull', 'isnotnull'],
  boolean: ['eq'],
  path: OPERATORS,
  ends: ['eq', 'ne', 'in', 'isnull', 'isnotnull']
}

const NO_FIELDS = ['nope', 'id', 'hash', 'precise_amount', 'version', 'Amount', 'META_DATA', 'meta_data.', 'meta_data.a..b', 'meta_data.1a', 'meta_data.a-b', 'meta_data.é', `meta_data.${'a.'.repeat(32)}a`, `meta_data.${'a.'.repeat(31)}a`, 'created_at;--',
  '"name"', 'constructor', '__proto__', 'toString', '']

const operatorFor = (kind: keyof typeof FITTING): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom(...FITTING[kind]), weight: 30 }, { arbitrary: fc.constantFrom(...OPERATORS), weight: 1 })

/** As a value of a body: a number or a boolean where the text is one, or the text. */
const asJson = (text: string): fc.Arbitrary<Json> => {
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return fc.constantFrom<Json>(text, digits(text))
  return text === 'true' ? fc.constantFrom<Json>(text, true) : fc.constant(text)
}

const sized = (operator: string, value: fc.Arbitrary<Json>): fc.Arbitrary<readonly Json[]> => {
  const several = fc.array(value, { minLength: 1, maxLength: 4 })
  if (operator === 'between') return fc.oneof({ arbitrary: fc.array(value, { minLength: 2, maxLength: 2 }), weight: 30 }, { arbitrary: several, weight: 1 })
  if (operator === 'in') return fc.oneof({ arbitrary: several, weight: 30 }, { arbitrary: value.map((one) => Array<Json>(101).fill(one)), weight: 1 })
  return fc.array(value, { minLength: 1, maxLength: 1 })
}

function filterOf (rows: Rows, resource: ResourceName): fc.Arbitrary<Drawn> {
  const { columns, virtual } = TABLES[resource]
  const own = rows[resource]
  const filtered = Object.entries(columns).filter(([, column]) => column.filtered)
  const byColumn = fc.constantFrom(...filtered).chain(([field, { kind }]) => operatorFor(kind).chain((operator) =>
    sized(operator, columnText(own, field, kind, operator.endsWith('like')).chain(asJson)).map((values) => ({ field, operator, values }))))
  const byPath = path(own).chain((at) => operatorFor('path').chain((operator) =>
    sized(operator, pathValue(own, at, operator)).map((values) => ({ field: `meta_data.${at.join('.')}`, operator, values }))))
  const byVirtual = fc.constantFrom(...(virtual.length === 0 ? ['nope'] : virtual)).chain((field) => operatorFor(field === 'indicator' ? 'text' : 'ends').chain((operator) =>
    sized(operator, columnText(rows.balances, field, 'text', operator.endsWith('like')).chain(asJson)).map((values) => ({ field, operator, values }))))
  const byNone = fc.record({ field: fc.constantFrom(...NO_FIELDS), operator: fc.constantFrom(...OPERATORS), values: fc.constant<readonly Json[]>(['a']) })
  return fc.oneof({ arbitrary: byColumn, weight: 24 }, { arbitrary: byPath, weight: columns['meta_data'] === undefined ? 0 : 20 }, { arbitrary: byVirtual, weight: virtual.length === 0 ? 0 : 12 }, { arbitrary: byNone, weight: 1 })
}

const parameter = (names: readonly string[], values: readonly string[]): fc.Arbitrary<ReadonlyArray<readonly [string, string]>> =>
  fc.oneof({ arbitrary: fc.constant([]), weight: 1 }, { arbitrary: fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)).map((pair) => [pair]), weight: 2 })

/** Sorting and paging, in the words that mean something and in some that do not. */
function pagingOf (resource: ResourceName): fc.Arbitrary<ReadonlyArray<readonly [string, string]>> {
  const fields = Object.keys(TABLES[resource].columns)
  return fc.tuple(
    parameter(['order_by', 'order_by', 'sort'], [...fields, ...fields, ...fields, 'balance_id', ' Created_At ', 'nope', '']),
    parameter(['order_dir', 'order'], ['asc', 'desc', 'ASC', ' Desc ', 'up']),
    parameter(['pageSize', 'pageSize', 'per_page', 'limit'], ['1', '2', '7', '20', '50', '100', '101', '1000', '0', '-1', 'ten', '1e1', '', '007']),
    parameter(['page'], ['1', '1', '1', '2', '2', '3', '9', '0', '-1', 'x', '999999999999', '9999999999999'])
  ).map((lists) => lists.flat())
}

const walking = fc.tuple(fc.constant(['cursor', ''] as const), fc.constantFrom('7', '20', '50').map((size) => ['pageSize', size] as const))

const logical = fc.oneof({ arbitrary: fc.constant(undefined), weight: 20 }, { arbitrary: fc.constantFrom('or', 'or', 'OR', ' and ', 'and', ''), weight: 40 }, { arbitrary: fc.constant('xor'), weight: 1 })

/** JSON in another way to write it: every character that is not ASCII escaped, and spaces between. */
const written = (value: Json, escaped: boolean): string =>
  escaped ? jsonText(value, '\n ').replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : jsonText(value)

interface Parts { readonly filters: readonly Drawn[], readonly paging: ReadonlyArray<readonly [string, string]>, readonly word: string | undefined, readonly escaped: boolean, readonly dice: number }

const textOf = (value: Json): string => typeof value === 'string' ? value : jsonText(value)

function inQuery ({ filters, paging, word, dice }: Parts): string {
  const query = new URLSearchParams()
  for (const [at, { field, operator, values }] of filters.entries()) {
    const alias = Object.keys(ALIASES).find((name) => ALIASES[name] === operator)
    const suffix = dice % 7 === at ? operator.toUpperCase() : dice % 5 === at && alias !== undefined ? alias : operator
    query.append(`${field}_${suffix}`, values.map(textOf).join(operator === 'between' ? '|' : operator === 'in' ? ', ' : ','))
  }
  for (const [name, value] of paging) query.append(name, value)
  if (word !== undefined) query.append('logical_operator', word)
  if (dice % 11 === 0) query.append('status', 'APPLIED')
  return query.toString()
}

function inBody ({ filters, paging, word, escaped, dice }: Parts): Request {
  const list: Json[] = filters.map(({ field, operator, values }, at): Json => {
    const isSeveral = operator === 'in' || operator === 'between'
    const name = dice % 37 === at ? 'NEQ' : operator
    const extra: Readonly<Record<string, Json>> = dice % 17 === 0 ? (isSeveral ? { value: 'x' } : { values: ['x'] }) : {}
    if (/null|exists/.test(operator) && dice % 3 !== 0) return { field, operator: name }
    if (dice % 101 === 0) return { field, operator: name }
    return { field, operator: name, ...extra, ...(isSeveral ? { values } : { value: values[0] as Json }) }
  })
  const sort = dice % 2 === 0 ? paging.filter(([name]) => ['order_by', 'order_dir'].includes(name)) : []
  const query = new URLSearchParams(paging.filter((pair) => !sort.includes(pair)).map(([name, value]): [string, string] => [name, value]))
  const words: Readonly<Record<string, Json>> = Object.fromEntries(sort.map(([name, value]) => [name.replace('order_by', 'sort_by').replace('order_dir', 'sort_order'), value]))
  const body: Json = { ...(dice % 97 === 0 ? {} : { filters: list }), ...words, ...(word === undefined ? {} : { logical_operator: word }) }
  return { search: query.toString(), body: written(body, escaped) }
}

/** Names of the resources that have a filter route (spec/03 3.1). */
const WITH_BODY: readonly ResourceName[] = ['ledgers', 'balances', 'transactions', 'identities', 'reconciliations']

function askingOf (rows: Rows, resource: ResourceName): fc.Arbitrary<Asking> {
  const filter = filterOf(rows, resource)
  const parts = fc.record({
    filters: fc.oneof({ arbitrary: fc.array(filter, { minLength: 1, maxLength: 3 }), weight: 70 }, { arbitrary: fc.constant([]), weight: 4 }, { arbitrary: filter.map((one) => Array<Drawn>(21).fill(one)), weight: 1 }),
    paging: fc.oneof({ arbitrary: pagingOf(resource), weight: 9 }, { arbitrary: fc.tuple(pagingOf(resource), walking).map(([some, walk]) => [...some.filter(([name]) => name.startsWith('order')), ...walk]), weight: 1 }),
    word: logical,
    escaped: fc.boolean(),
    dice: fc.nat({ max: 10_000 })
  })
  return fc.tuple(parts, fc.boolean()).map(([drawn, asBody]) =>
    asBody && WITH_BODY.includes(resource) ? { resource, ...inBody(drawn) } : { resource, search: inQuery(drawn) })
}

export function generateRequests (rows: Rows, seed: number, count: number): readonly Asking[] {
  const names = Object.keys(TABLES) as ResourceName[]
  const weights: Partial<Record<ResourceName, number>> = { transactions: 4, balances: 2, identities: 2 }
  return fc.sample(fc.oneof(...names.map((name) => ({ arbitrary: askingOf(rows, name), weight: weights[name] ?? 1 }))), { seed, numRuns: count })
}
