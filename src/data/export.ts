import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { preferredType } from '../lib/accept.js'
import { encodeRow, encodeValue, type Row } from './encode.js'
import { withNamedBalances } from './indicator.js'
import { orderIn, placeOf, type Listed } from './list.js'
import type { ColumnType, Resource } from './resources.js'
import { pageStatement, type Order } from './statements.js'

export type Format = 'csv' | 'ndjson'

/** Rows of one statement. Between two of them no connection is held. */
const BATCH = 500

const JSON_TYPE = 'application/json'
const FORMATS = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' } as const

/** undefined: a page in JSON. */
export function exportFormat (accept: string | undefined): Format | undefined {
  const type = preferredType(accept, [JSON_TYPE, 'text/csv', 'application/x-ndjson'])
  return type === JSON_TYPE ? undefined : FORMATS[type]
}

/** Content-Type and Content-Disposition. */
export const exportHeaders = ({ name }: Resource, format: Format): Readonly<Record<string, string>> => ({
  // RFC 4180 3; NDJSON: https://github.com/ndjson/ndjson-spec, 3.3
  'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8',
  'Content-Disposition': `attachment; filename="${name}.${format}"`,
  'Cache-Control': 'no-store'
})

type Batches = AsyncIterable<readonly Row[]>

/** The first batch is read already, so that what the database refuses is answered and is no end of a file. */
async function batchesOf (listed: Listed, wanted: Order): Promise<Batches> {
  const { source, resource, filters } = await withNamedBalances(listed)
  let order: Order | undefined
  const read = async (last?: Row): Promise<Row[]> => await source.read<Row>(resource, (from) => {
    // One order throughout, also if a column comes in between.
    order ??= orderIn(from, wanted)
    return pageStatement(from, { filters, order, limit: BATCH, ...(last !== undefined && { place: placeOf(last) }) })
  })
  const first = await read()
  return (async function * () {
    for (let rows = first; rows.length > 0;) {
      yield rows
      if (rows.length < BATCH) return
      rows = await read(rows.at(-1))
    }
  })()
}

/** Null is an empty cell, and an empty text two quotes, as in Postgres' own CSV. */
function cell (value: Row[string], type: ColumnType): string | null {
  if (value === null || value === undefined) return null
  if (type === 'text') return String(value)
  const json = encodeValue(value, type)
  if (type === 'json') return json
  if (type === 'timestamp') return JSON.parse(json) as string
  return json === 'null' ? null : json
}

// The line break of RFC 4180 2. Formulas are not escaped: a phone number begins with + and a debit with -, and what a
// program reads back must be what the ledger holds (docs/exports.md).
const csv = (records: ReadonlyArray<readonly unknown[]>): string => stringify(records as unknown[][], { record_delimiter: 'windows', quoted_match: /^$/ })

async function * csvOf (batches: Batches, { columns }: Resource): AsyncGenerator<string> {
  const types = Object.entries(columns)
  yield csv([types.map(([name]) => name)])
  for await (const rows of batches) yield csv(rows.map((row) => types.map(([name, type]) => cell(row[name], type))))
}

async function * ndjsonOf (batches: Batches, resource: Resource): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((row) => `${encodeRow(row, resource)}\n`).join('')
}

/**
 * All rows that match, in order. The next batch is read when the reader wants more, and none once the stream is
 * destroyed. An error after the first batch destroys the stream.
 * @throws GatewayError, FilterError
 */
export async function exportRows (listed: Listed, order: Order, format: Format): Promise<Readable> {
  const batches = await batchesOf(listed, order)
  return Readable.from(format === 'csv' ? csvOf(batches, listed.resource) : ndjsonOf(batches, listed.resource), { objectMode: false })
}
