import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import type { Call, Handler } from '../gateway/row.js'
import { FilterError } from '../lib/filter/filter-error.js'
import { readFilterBody } from './body.js'
import { encodeRow, type Row } from './encode.js'
import { exportFormat, exportHeaders, exportRows, type Format } from './export.js'
import { readPage, type Listed, type Page } from './list.js'
import { readFilterPaging, readListQuery, sortDirection, sortField, type Paging } from './request.js'
import type { Resource } from './resources.js'
import type { Source } from './source.js'
import { readStats } from './stats.js'
import { detailStatement, type Order } from './statements.js'

export { RESOURCES } from './resources.js'

const JSON_TYPE = 'application/json; charset=utf-8'

const queryOf = (request: FastifyRequest): URLSearchParams => new URLSearchParams((request.raw.url ?? '').split('?').slice(1).join('?'))

function sourceOf ({ rooms, instanceId }: Call): Source {
  const routed = rooms.instances.find(instanceId ?? '')
  if (routed === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  return rooms.opened.sources.of(routed.instance)
}

/** A filter that cannot be run is told in Core's sentence. */
async function answering <T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FilterError) throw new GatewayError('FILTER_INVALID', { message: `Invalid filter: ${error.message}`, cause: error })
    throw error
  }
}

/** Characters. */
const LONGEST_SHOWN = 100
/** A name as a header can carry it; one cut within a character is mended by the buffer. */
const shown = (name: string): string => encodeURIComponent(Buffer.from(name.slice(0, LONGEST_SHOWN)).toString())
const MOST_SHOWN = 20

// RFC 7240 2
const prefersStrict = (header: string | string[] | undefined): boolean => /(?:^|[,;])\s*handling\s*=\s*"?strict"?\s*(?:$|[,;])/i.test(String(header ?? ''))

/** What was sent for nothing is named: a list that is silently not filtered looks like one that is. */
function tellIgnored (ignored: readonly string[], reply: FastifyReply, { rooms }: Call): void {
  const names = ignored.slice(0, MOST_SHOWN).map(shown).join(', ')
  if (ignored.length === 0) return
  if (rooms.config.strictFilters || prefersStrict(reply.request.headers.prefer)) {
    throw new GatewayError('PARAMETER_UNKNOWN', { message: `${names} would be ignored: a filter is a field, _ and an operator, such as status_eq=APPLIED`, details: { ignored: ignored.slice(0, MOST_SHOWN).map((name) => name.slice(0, LONGEST_SHOWN)) } })
  }
  reply.header('X-Blnk-Ignored', names)
}

function listText ({ rows, total, nextCursor }: Page, resource: Resource, more = ''): string {
  const next = nextCursor === undefined ? '' : `,"next_cursor":${JSON.stringify(nextCursor)}`
  return `{"data":[${rows.map((row) => encodeRow(row, resource)).join(',')}],"total":${total.total}${more}${next}}`
}

/** What picks a page out of a list, and what is said of it, mean nothing where all rows are sent. */
const OF_PAGES = ['page', 'pageSize', 'per_page', 'limit', 'cursor', 'stats', 'strict_total']

const ignoredInExport = (query: URLSearchParams, ignored: readonly string[]): string[] => [...new Set([...ignored, ...OF_PAGES.filter((name) => query.has(name))])]

/** What the answer is depends on Accept; caches must know (RFC 9110 12.5.5). */
function negotiated ({ headers }: FastifyRequest, reply: FastifyReply): Format | undefined {
  const vary = reply.getHeader('vary')
  reply.header('Vary', vary === undefined ? 'Accept' : `${String(vary)}, Accept`)
  return exportFormat(headers.accept)
}

async function sendExport (listed: Listed, { order, format }: { readonly order: Order, readonly format: Format }, reply: FastifyReply): Promise<unknown> {
  const rows = await exportRows(listed, order, format)
  // Where lengths are not announced the end of a connection is the end of a file, and only a reset is none.
  rows.once('error', () => { reply.raw.socket?.resetAndDestroy() })
  return await reply.headers(exportHeaders(listed.resource, format)).send(rows)
}

/** GET /data/NAME: `{"data":[…],"total":n}`, and `next_cursor` where it is paged by cursor (spec/02 2.5). */
export const listOf = (resource: Resource): Handler => async (request, reply, call) => await answering(async () => {
  const query = queryOf(request)
  const { filters, ignored, ...paging } = readListQuery(query, resource)
  const format = negotiated(request, reply)
  tellIgnored(format === undefined ? ignored : ignoredInExport(query, ignored), reply, call)
  const listed: Listed = { source: sourceOf(call), resource, filters, instanceId: call.instanceId ?? '' }
  if (format !== undefined) return await sendExport(listed, { order: paging.order, format }, reply)
  return await reply.type(JSON_TYPE).send(listText(await readPage(listed, paging, { mayEstimate: false }), resource))
})

/** GET /data/NAME/ID: the record alone. */
export const detailOf = (resource: Resource): Handler => async (request, reply, call) => await answering(async () => {
  const [id = ''] = Object.values(request.params as Record<string, string>)
  // A text with U+0000 is the id of nothing.
  const rows = id.includes('\0') ? [] : await sourceOf(call).read<Row>(resource, (from) => detailStatement(from, id))
  const [row] = rows
  if (row === undefined) throw new GatewayError('RECORD_NOT_FOUND', { message: `${resource.singular} not found` })
  return await reply.type(JSON_TYPE).send(encodeRow(row, resource))
})

const BOOLEAN = /^(?:true|false)$/

/** POST /NAME/filter: `stats` but for ledgers, and for transactions how the total was found (spec/03 3.4). */
export const filterOf = (resource: Resource): Handler => async (request, reply, call) => await answering(async () => {
  const isTransactions = resource.name === 'transactions'
  const hasStats = resource.name !== 'ledgers'
  const query = queryOf(request)
  const { ignored, values, ...given } = readFilterPaging(query, resource, { ...(hasStats && { stats: BOOLEAN }), ...(isTransactions && { strict_total: BOOLEAN }) })
  const body = readFilterBody(request.body instanceof Buffer ? request.body : Buffer.alloc(0))
  const format = negotiated(request, reply)
  const sortBy = sortField(resource, body.sortBy ?? '')
  const sortOrder = sortDirection(body.sortOrder ?? '')
  const passed = [...(body.sortBy && sortBy === undefined ? ['sort_by'] : []), ...(body.sortOrder && sortOrder === undefined ? ['sort_order'] : [])]
  tellIgnored([...format === undefined ? ignored : ignoredInExport(query, ignored), ...body.ignored, ...passed], reply, call)
  const order = { by: sortBy ?? given.order.by, direction: sortOrder ?? given.order.direction }
  const paging: Paging = { ...given, order }
  const listed: Listed = { source: sourceOf(call), resource, filters: body.filters, instanceId: call.instanceId ?? '' }
  if (format !== undefined) return await sendExport(listed, { order, format }, reply)
  const page = await readPage(listed, paging, { mayEstimate: isTransactions && values.get('strict_total') !== 'true' })
  const stats = hasStats ? `,"stats":${values.get('stats') === 'true' ? await readStats(listed) : '{}'}` : ''
  const { isEstimate } = page.total
  const exactness = isTransactions ? `,"total_is_estimate":${isEstimate},"total_source":"${isEstimate ? 'estimate' : 'exact'}"` : ''
  return await reply.type(JSON_TYPE).send(listText(page, resource, stats + exactness))
})
