import { filterSql, orderSql } from '../../lib/filter/sql.js'
import type { FilterTable } from '../../lib/filter/tables.js'
import { FilterError } from '../../lib/filter/filter-error.js'
import type { CoreReply, Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson, RawJson, type Encodable } from '../json/encode.js'
import { json } from '../reply.js'
import { readFilterBody, type ListRequest } from './request.js'

/** One of Core's lists: where its rows are, how they are written, and what it says when it fails. */
export interface Listing<R extends object> {
  readonly table: FilterTable
  /** The select list. */
  readonly columns: string
  encode(row: R): Encodable
  /** A limit beyond `max` counts as `instead`. Without it the list gives as many as are asked for. */
  readonly limit?: { readonly max: bigint, readonly instead: bigint }
  /** What an empty list is: Go's empty slice or its nil one (spec/09 1). */
  readonly empty: '[]' | 'null'
  readonly failure: string
}

export interface Page { readonly items: RawJson, readonly total: string | undefined }

/** Reads a page of a list. */
export async function readPage<R extends object> (ledger: Ledger, listing: Listing<R>, request: ListRequest): Promise<Page> {
  const { table, columns, limit } = listing
  const { where, values } = whereOf(ledger, table, request)
  const wanted = limit === undefined || (request.limit !== null && request.limit <= limit.max) ? request.limit : limit.instead
  const order = orderSql(table, { by: request.sortBy, order: request.sortOrder })
  const sql = `SELECT ${columns}${request.includeCount ? ', count(*) OVER () AS total_count' : ''} FROM ${ledger.schema}.${table}
    WHERE ${where} ORDER BY ${order} LIMIT $${values.length + 1} OFFSET $${values.length + 2}`
  const { rows } = await ledger.db.query<R & { total_count?: string }>(sql, [...values, wanted?.toString() ?? null, request.offset.toString()])
    .catch((error: unknown) => { throw refusedByDatabase(error, listing.failure) })
  return {
    items: new RawJson(rows.length === 0 ? listing.empty : encodeJson(rows.map((row) => listing.encode(row)))),
    total: rows[0]?.total_count
  }
}

function whereOf (ledger: Ledger, table: FilterTable, request: ListRequest): ReturnType<typeof filterSql> {
  try {
    return filterSql(request.filters, { table, schema: ledger.schema, dialect: 'core' })
  } catch (error) {
    if (error instanceof FilterError) throw new CoreError(400, 'GEN_BAD_REQUEST', `Invalid filter: ${error.message}`, { details: {} })
    throw error
  }
}

/** A value that does not fit its column, or an operator without meaning for it, is found by Postgres alone: Core answers 500. */
function refusedByDatabase (error: unknown, sentence: string): unknown {
  const { code } = error as { code?: string }
  return code !== undefined && /^(22|42)/.test(code) ? new CoreError(500, 'GEN_INTERNAL', sentence, { details: {} }) : error
}

/** POST /<list>/filter. */
export const filterHandler = <R extends object>(listing: Listing<R>): Handler => async (ledger, request) => {
  const wanted = readFilterBody(request)
  const { items, total } = await readPage(ledger, listing, wanted)
  if (!wanted.includeCount) return { status: 200, body: items.text } satisfies CoreReply
  return json(200, { data: items, total_count: total === undefined ? undefined : new RawJson(total) })
}
