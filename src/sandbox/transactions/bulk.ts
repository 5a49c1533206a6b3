import { bindBody } from '../bind.js'
import type { CoreReply, Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson, type Encodable } from '../json/encode.js'
import { splitRefusal } from './distributions.js'
import { dryRunMany } from './dry-run.js'
import { prepare, type BatchItem } from './entry.js'
import { codeOf, statusOf } from './refusals.js'
import { bulkTransactions, type BulkTransactions, type RecordTransaction } from './request.js'
import { callLedger, retried } from './store.js'
import { validationMessage } from './validate.js'

/** The most that Core takes in one call. */
const LIMIT = 10_000

/** How many items one database transaction works on, so that a large batch does not hold up everyone else. */
const SLICE = 100

const badBody = (text: string): CoreError =>
  new CoreError(400, 'GEN_MALFORMED_REQUEST', `Invalid request body: ${text}`, { contentType: 'text/plain; charset=utf-8' })

function checkItems (items: BulkTransactions['transactions']): readonly RecordTransaction[] {
  if (items === null || items.length === 0) throw new CoreError(400, 'TXN_BULK_EMPTY', 'transactions cannot be empty')
  if (items.length > LIMIT) throw new CoreError(400, 'TXN_BULK_LIMIT_EXCEEDED', `too many transactions; max is ${LIMIT}`)
  return items.map((item, index) => {
    const refuse = (text: string): never => { throw new CoreError(400, 'TXN_VALIDATION_ERROR', `transactions[${index}]${text}`, { key: 'errors', details: { index } }) }
    if (item === null) return refuse(' is required')
    const invalid = validationMessage(item)
    return invalid === undefined ? item : refuse(`: ${invalid}`)
  })
}

/** An item as run_batch (005-refunds-and-batches.sql) takes it. */
function itemOf (ledger: Ledger, request: RecordTransaction, batch: BatchItem): Encodable {
  const told = { number: batch.sequence, reference: request.reference, source: request.source, destination: request.destination, atomic: request.atomic }
  try {
    const { entries, later, split, view } = prepare(ledger, request, batch)
    // The words "Amount: 10.00" of an error sentence; Core formats its float64.
    return { ...told, entries, later, split, transaction_id: view.transaction_id, amount: Number(view.amount).toFixed(2) }
  } catch (error) {
    return { ...told, entries: [], later: [], split: true, refusal: splitRefusal(error), amount: Number(request.amount).toFixed(2) }
  }
}

/** POST /transactions/bulk (spec/09 6.9). */
export const createMany: Handler = async (ledger, request) => {
  const body = bindBody(request, bulkTransactions, badBody)
  const items = checkItems(body.transactions)
  // The dry_run of an item says nothing in a batch.
  if (body.dry_run) return await dryRunMany(ledger, body, items)
  const batch = ledger.ids.next('bulk')
  const slices: string[] = []
  for (let from = 0; from < items.length; from += SLICE) {
    slices.push(encodeJson({
      batch,
      atomic: body.atomic,
      inflight: body.inflight,
      skip_queue: body.skip_queue,
      total: items.length,
      items: items.slice(from, from + SLICE).map((item, i) => itemOf(ledger, item, { batch, sequence: from + i + 1, inflight: body.inflight, skipQueue: body.skip_queue }))
    }))
  }
  if (body.run_async) {
    await queueSlices(ledger, batch, slices)
    return { status: 202, body: encodeJson({ batch_id: batch, message: 'Bulk transaction processing started', status: 'processing' }) }
  }
  for (const slice of slices) {
    const { message } = await callLedger<{ message?: string }>(ledger, 'run_batch($1, $2)', [slice, ledger.clock.now().json])
      .catch(async (error: unknown) => ({ message: await givenUp(ledger, batch, body, error) }))
    ledger.wake()
    if (message !== undefined) return failure(batch, message)
  }
  return { status: 201, body: encodeJson({ batch_id: batch, status: body.inflight ? 'inflight' : 'applied', transaction_count: items.length }) }
}

/** A slice that others held up is undone as a whole; what came before it in the batch is too, if the batch is atomic. */
async function givenUp (ledger: Ledger, batch: string, { atomic, inflight }: BulkTransactions, error: unknown): Promise<string> {
  if (!(error instanceof CoreError)) throw error
  if (!atomic) return `${error.message}. Previous transactions were not rolled back.`
  const undone = await callLedger<string>(ledger, 'roll_back($1, $2, $3)', [batch, inflight, ledger.clock.now().json])
  return `${error.message}. All transactions in this batch have been ${undone}.`
}

/** How many batches run in the background at a time (spec/09 6.9). */
const MOST_RUNNING = 100

/** The slices wait for one another: the first is due now, each makes the next due when it is done. */
async function queueSlices ({ db, schema, clock, wake }: Ledger, batch: string, slices: readonly string[]): Promise<void> {
  const { rowCount } = await retried(async () => await db.query(
    `INSERT INTO ${schema}.queue (kind, transaction_id, due_at, task)
     SELECT 'bulk', $1, CASE WHEN n = 1 THEN $3::timestamp ELSE 'infinity' END, slice::jsonb FROM unnest($2::text[]) WITH ORDINALITY AS s (slice, n)
     WHERE (SELECT count(DISTINCT transaction_id) FROM ${schema}.queue WHERE kind = 'bulk') < $4 ORDER BY n`,
    [batch, slices, clock.now().json, MOST_RUNNING]))
  if (rowCount === 0) throw new CoreError(429, 'GEN_RATE_LIMITED', 'too many async bulk operations in progress, try again later')
  wake()
}

function failure (batch: string, message: string): CoreReply {
  const code = codeOf(message, 'GEN_BAD_REQUEST')
  return { status: statusOf(code), body: encodeJson({ batch_id: batch, error: message, error_detail: { code, message, details: { batch_id: batch } } }) }
}
