import { GatewayError } from '../errors.js'
import type { FilterSet } from '../lib/filter/query.js'
import { listDigest, readCursor, writeCursor, type Total } from './cursor.js'
import type { Row } from './encode.js'
import { withNamedBalances } from './indicator.js'
import type { Paging } from './request.js'
import type { Resource } from './resources.js'
import type { Source } from './source.js'
import { countStatement, estimateStatement, KEY_VALUE, pageStatement, SORT_VALUE, type From, type Order } from './statements.js'

/** A list of one instance's. */
export interface Listed {
  readonly source: Source
  readonly resource: Resource
  readonly filters: FilterSet
  readonly instanceId: string
}

export interface Page {
  readonly rows: readonly Row[]
  readonly total: Total
  /** undefined: paged by number. null: there are no more */
  readonly nextCursor: string | null | undefined
}

/** A count is made as far as this before it is guessed. */
const COUNTED_EXACTLY = 10_000

/** What a Core's table lacks cannot be sorted by. */
export const orderIn = ({ lacks, resource }: From, order: Order): Order => lacks.has(order.by) ? { ...order, by: resource.sort } : order

/** A page in the order asked for, and how many rows there are in all. @throws GatewayError, FilterError */
export async function readPage (listed: Listed, paging: Paging, { mayEstimate }: { readonly mayEstimate: boolean }): Promise<Page> {
  return paging.cursor === undefined ? await byNumber(listed, paging, mayEstimate) : await byCursor(listed, paging, mayEstimate)
}

async function byNumber (given: Listed, { pageSize, page, order }: Paging, mayEstimate: boolean): Promise<Page> {
  const listed = await withNamedBalances(given)
  const { source, resource, filters } = listed
  const offset = (page - 1n) * BigInt(pageSize)
  const rows = await source.read<Row>(resource, (from) => pageStatement(from, { filters, order: orderIn(from, order), limit: pageSize, offset }))
  // A page that is not full is the last one, and says itself how many there are.
  const isLast = rows.length < pageSize && (rows.length > 0 || offset === 0n)
  const total = isLast ? { total: String(offset + BigInt(rows.length)), isEstimate: false } : await countAll(listed, mayEstimate)
  return { rows, total, nextCursor: undefined }
}

async function byCursor (given: Listed, { pageSize, cursor = '', order }: Paging, mayEstimate: boolean): Promise<Page> {
  const digest = listDigest([given.instanceId, given.resource.name, given.filters, order])
  const behind = cursor === '' ? undefined : readCursor(cursor, digest) ?? refuseCursor()
  const listed = await withNamedBalances(given)
  const { source, resource, filters } = listed
  const read = await source.read<Row>(resource, (from) => pageStatement(from, { filters, order: orderIn(from, order), limit: pageSize + 1, ...(behind !== undefined && { place: behind.place }) }))
  const rows = read.slice(0, pageSize)
  const total = behind?.total ?? (read.length <= pageSize ? { total: String(rows.length), isEstimate: false } : await countAll(listed, mayEstimate))
  const last = rows.at(-1)
  const nextCursor = read.length <= pageSize || last === undefined ? null : writeCursor({ place: placeOf(last), total }, digest)
  return { rows, total, nextCursor }
}

const refuseCursor = (): never => { throw new GatewayError('CURSOR_INVALID') }

export const placeOf = (row: Row): { value: string | null, key: string } => ({ value: (row[SORT_VALUE] ?? null) as string | null, key: row[KEY_VALUE] as string })

async function countAll ({ source, resource, filters }: Listed, mayEstimate: boolean): Promise<Total> {
  const count = async (most?: number): Promise<string> =>
    (await source.read<{ total: string }>(resource, (from) => countStatement(from, filters, most)))[0]?.total ?? '0'
  if (!mayEstimate) return { total: await count(), isEstimate: false }
  const counted = await count(COUNTED_EXACTLY + 1)
  if (Number(counted) <= COUNTED_EXACTLY) return { total: counted, isEstimate: false }
  const [explained] = await source.read<{ 'QUERY PLAN': string }>(resource, (from) => estimateStatement(from, filters))
  const rows = /"Plan Rows": (\d+)/.exec(explained?.['QUERY PLAN'] ?? '')?.[1] ?? '0'
  return { total: Number(rows) > COUNTED_EXACTLY ? rows : counted, isEstimate: true }
}
