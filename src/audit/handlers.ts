import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { orRefuse, refuse } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import { readQuery, readWhole } from '../lib/query.js'
import { conditionsOf, FILTERS } from './filter.js'
import type { AuditStore, Condition, ListedRow, Place } from './store.js'
import { verify } from './verify.js'

const STANDARD_LIMIT = 100
const MOST = 1_000
const OTHERS = ['limit', 'cursor', 'after', 'format']

/** A row as it is shown. */
const shown = (row: ListedRow): object => ({
  id: row.id,
  at: row.at,
  action: row.action,
  outcome: row.outcome,
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, prefix: row.actor_prefix, subject: row.actor_subject },
  entity: row.entity_kind === null ? null : { kind: row.entity_kind, id: row.entity_id },
  instance_id: row.instance_id,
  status: row.status,
  reason: row.reason,
  count: row.count,
  route: row.route,
  reference: row.reference,
  request_id: row.request_id,
  address: row.address
})

const COLUMNS = [
  'id', 'at', 'action', 'outcome', 'actor_kind', 'actor_id', 'actor_name', 'actor_prefix', 'actor_subject', 'entity_kind', 'entity_id', 'instance_id',
  'status', 'reason', 'count', 'route', 'reference', 'request_id', 'address'
]

const cursorOf = (id: string): string => Buffer.from(`before ${id}`).toString('base64url')

function placeOf (cursor: string | undefined, after: string | undefined): Place {
  if (after !== undefined) {
    if (cursor !== undefined) refuse('cursor and after exclude each other')
    return /^\d{1,18}$/.test(after) ? { after } : refuse('after must be the id of a row')
  }
  if (cursor === undefined) return { before: null }
  const id = /^before (\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  return id === undefined ? refuse('cursor must be the next_cursor of an answer') : { before: id }
}

/** The rows in CSV, batch by batch as they are read: no transaction is open meanwhile. */
async function * csvOf (batches: AsyncIterable<ListedRow[]>): AsyncGenerator<string> {
  yield stringify([COLUMNS])
  // What begins with = + - @ is a formula to a spreadsheet: https://owasp.org/www-community/attacks/CSV_Injection
  for await (const rows of batches) yield stringify(rows, { columns: COLUMNS, escape_formulas: true })
}

/** All rows from a place on, the first of them read already: what the database refuses is answered, and is no end of a file. */
async function batchesOf (store: AuditStore, conditions: readonly Condition[], { from, limit }: { from: Place, limit: number }): Promise<AsyncIterable<ListedRow[]>> {
  const first = await store.list(conditions, from, Math.min(limit, MOST))
  return (async function * () {
    let left = limit
    for (let rows = first; ;) {
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows
      left -= rows.length
      if (left <= 0) return
      rows = await store.list(conditions, 'after' in from ? { after: last.id } : { before: last.id }, Math.min(left, MOST))
    }
  })()
}

function wantsCsv ({ format }: Readonly<Record<string, string | undefined>>, accept: string | undefined): boolean {
  if (format === undefined) return /^\s*text\/csv\b/i.test(accept ?? '')
  return format === 'csv' || (format === 'json' ? false : refuse('format must be json or csv'))
}

/** The audit log, the newest first; with `after`, what came since a row, the oldest first. As CSV all of it. */
export const listAudit: Handler = async (request, reply, call) => {
  const { auditStore } = call.rooms.opened
  const query = orRefuse(readQuery(request.query, [...Object.keys(FILTERS), ...OTHERS], 'filter of the audit log'))
  const conditions = orRefuse(conditionsOf(query))
  const asCsv = wantsCsv(query, request.headers.accept)
  const limit = orRefuse(readWhole('limit', query['limit'], [asCsv ? Infinity : STANDARD_LIMIT, 1, MOST]))
  const place = placeOf(query['cursor'], query['after'])
  if (!asCsv) {
    const rows = await auditStore.list(conditions, place, limit + 1)
    const data = rows.slice(0, limit)
    const more = rows.length > data.length
    return { data: data.map(shown), more, next_cursor: more && !('after' in place) ? cursorOf(data.at(-1)!.id) : null }
  }
  const batches = await batchesOf(auditStore, conditions, { from: place, limit })
  call.rooms.audit?.act({ actor: { kind: 'admin' }, action: 'Audit log exported', entityKind: 'audit_log', outcome: 'done', requestId: call.requestId, address: request.record?.address })
  return await reply.type('text/csv; charset=utf-8').header('Content-Disposition', 'attachment; filename="audit-log.csv"').header('Cache-Control', 'no-store')
    .send(Readable.from(csvOf(batches), { objectMode: false }))
}

/** Whether the rows are as they were written, and all there. */
export const verifyAudit: Handler = async (_request, _reply, { rooms }) => {
  const { auditStore } = rooms.opened
  return await verify(auditStore, auditStore.isGenuine)
}
