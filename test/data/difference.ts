import { GatewayError } from '../../src/errors.js'
import { readFilterBody } from '../../src/data/body.js'
import { encodeRow } from '../../src/data/encode.js'
import { RESOURCES } from '../../src/data/handlers.js'
import { readPage, type Page } from '../../src/data/list.js'
import { readFilterPaging, readListQuery, sortDirection, sortField } from '../../src/data/request.js'
import type { Resource } from '../../src/data/resources.js'
import type { Source } from '../../src/data/source.js'
import { FilterError } from '../../src/lib/filter/filter-error.js'
import type { Request } from './asked.js'
import { recordOf, type Expected, type Row } from './evaluate.js'
import type { Asking } from './generated-requests.js'
import type { ResourceName } from './tables.js'

/** What was answered, or why it was refused. */
export type Answered = { readonly refused: string } | { readonly refused: undefined, readonly records: readonly string[], readonly total: string, readonly nextCursor?: string | null }

/** Asks what the routes' handlers call, without HTTP. */
export async function answer (source: Source, { resource: name, search, body }: Asking): Promise<Answered> {
  const resource: Resource = RESOURCES[name]
  try {
    const { rows, total, nextCursor } = body === undefined ? await list(source, resource, search) : await filtered(source, resource, { search, body })
    return { refused: undefined, records: rows.map((row) => encodeRow(row, resource)), total: total.total, ...(nextCursor === undefined ? {} : { nextCursor }) }
  } catch (error) {
    if (error instanceof FilterError || (error instanceof GatewayError && error.status === 400)) return { refused: error.message }
    throw error
  }
}

async function list (source: Source, resource: Resource, search: string): Promise<Page> {
  const { filters, ignored, ...paging } = readListQuery(new URLSearchParams(search), resource)
  return await readPage({ source, resource, filters, instanceId: 'inst' }, paging, { mayEstimate: false })
}

async function filtered (source: Source, resource: Resource, { search, body }: Required<Request>): Promise<Page> {
  const { order, ...paging } = readFilterPaging(new URLSearchParams(search), resource, {})
  const { filters, sortBy, sortOrder } = readFilterBody(Buffer.from(body))
  const sorted = { by: sortField(resource, sortBy ?? '') ?? order.by, direction: sortDirection(sortOrder ?? '') ?? order.direction }
  return await readPage({ source, resource, filters, instanceId: 'inst' }, { ...paging, order: sorted }, { mayEstimate: resource.name === 'transactions' })
}

const withCursor = (asking: Asking, cursor: string): Asking => {
  const query = new URLSearchParams(asking.search)
  query.set('cursor', cursor)
  return { ...asking, search: query.toString() }
}

/** A record as the specification has it, its members in the order of the resource. */
const recordText = (resource: ResourceName, row: Row): string => {
  const record = recordOf(resource, row)
  return `{${Object.keys(RESOURCES[resource].columns).map((name) => `"${name}":${record[name] ?? 'missing'}`).join(',')}}`
}

export interface Difference { readonly asking: Asking, readonly what: string, readonly expected: unknown, readonly answered: unknown }

export type Ask = (asking: Asking) => Promise<Answered>

/** Asks, walks on where it is paged by cursor, and says in what the answers differ from what is expected. */
export async function differenceOf (ask: Ask, asking: Asking, expected: Expected): Promise<Difference | undefined> {
  const differs = (what: string, should: unknown, is: unknown): Difference => ({ asking, what, expected: should, answered: is })
  let answered = await ask(asking)
  if (expected.refused !== undefined || answered.refused !== undefined) {
    return (expected.refused === undefined) === (answered.refused === undefined) ? undefined : differs('refused', expected.refused ?? `${expected.refused === undefined ? expected.rows.length : 0} rows`, answered)
  }
  const { rows, pageSize, page, cursor } = expected
  const shown = cursor === undefined ? rows.slice((page - 1) * pageSize, page * pageSize) : rows
  const texts = shown.map((row) => recordText(asking.resource, row))
  const records = [...answered.records]
  const totals = [answered.total]
  while (typeof answered.nextCursor === 'string' && records.length <= rows.length) {
    if (answered.records.length !== pageSize) return differs('page size', pageSize, answered.records.length)
    answered = await ask(withCursor(asking, answered.nextCursor))
    if (answered.refused !== undefined) return differs('refused', undefined, answered)
    records.push(...answered.records)
    totals.push(answered.total)
  }
  if ((cursor === undefined) !== (answered.nextCursor === undefined)) return differs('next cursor', cursor, answered.nextCursor)
  const wrong = totals.find((total) => total !== String(rows.length))
  if (wrong !== undefined) return differs('total', rows.length, wrong)
  const at = texts.findIndex((text, i) => text !== records[i])
  if (at !== -1 || records.length !== texts.length) return differs('records', [texts.length, at, texts[at]], [records.length, at, records[at]])
  return undefined
}
