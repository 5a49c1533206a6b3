import type { Handler } from '../call.js'
import { CoreError } from '../errors.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { timestampJson, ZERO_TIME } from '../json/time.js'
import { json } from '../reply.js'

interface Progress { readonly status: string, readonly phase: string, readonly records: string, readonly startedAt: string, readonly completedAt?: string }

const progressJson = ({ status, phase, records, startedAt, completedAt }: Progress): Encodable =>
  ({ status, phase, total_records: new RawJson(records), processed_records: new RawJson(records), started_at: startedAt, completed_at: completedAt, paused: false })

/** POST /search/reindex: there is no index that could lag behind, so it is done at once. Core answers before it has begun. */
export const startReindex: Handler = async ({ db, schema, clock }) => {
  await db.query(`UPDATE ${schema}.reindex SET started_at = $1, completed_at = $2, records = (SELECT count(*) FROM ${schema}.transactions)`, [clock.now().column, clock.now().column])
  return json(202, { message: 'Reindex operation started', progress: progressJson({ status: 'pending', phase: '', records: '0', startedAt: ZERO_TIME }) })
}

/** GET /search/reindex. Core counts the records of its last phase, the transactions. */
export const showReindex: Handler = async ({ db, schema }) => {
  const { rows: [row] } = await db.query<{ started_at: string | null, completed_at: string, records: string }>(`SELECT started_at, completed_at, records FROM ${schema}.reindex`)
  if (row === undefined || row.started_at === null) throw new CoreError(404, 'SRCH_REINDEX_NOT_STARTED', 'No reindex operation has been started')
  return json(200, progressJson({ status: 'completed', phase: 'done', records: row.records, startedAt: timestampJson(row.started_at), completedAt: timestampJson(row.completed_at) }))
}
