import { bindBody } from '../bind.js'
import type { CoreReply, Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson } from '../json/encode.js'
import { splitRefusal } from './distributions.js'
import { dryRunOne } from './dry-run.js'
import { prepare, type Prepared } from './entry.js'
import { refused, refusedByLedger } from './refusals.js'
import { transactionJson } from './reply.js'
import { recordTransaction, type RecordTransaction } from './request.js'
import { callLedger, notRecorded, unwritable } from './store.js'
import { validationMessage } from './validate.js'

const invalidInput = (): CoreError => new CoreError(400, 'GEN_MALFORMED_REQUEST', 'Invalid input')

/** What post_transactions answers (003-posting.sql). */
interface Posted {
  readonly entries: ReadonlyArray<{ readonly source: string, readonly destination: string }>
  readonly failed?: number
  readonly message?: string
}

/** POST /transactions (spec/09 6.1-6.6). */
export const createTransaction: Handler = async (ledger, request) => {
  const body = bindBody(request, recordTransaction, invalidInput)
  const invalid = validationMessage(body)
  if (invalid !== undefined) throw new CoreError(400, 'TXN_VALIDATION_ERROR', invalid, { key: 'errors' })
  if (body.dry_run) return await dryRunOne(ledger, body)
  const prepared = prepareOrRefuse(ledger, body)
  return prepared.skipQueue ? await post(ledger, prepared) : await queue(ledger, prepared)
}

function prepareOrRefuse (ledger: Ledger, body: RecordTransaction): Prepared {
  try {
    return prepare(ledger, body)
  } catch (error) {
    throw refused(splitRefusal(error), 'TXN_VALIDATION_ERROR')
  }
}

async function post (ledger: Ledger, prepared: Prepared): Promise<CoreReply> {
  const { view, split } = prepared
  let posted: Posted
  try {
    posted = await callLedger<Posted>(ledger, 'post_transactions($1, $2)', [encodeJson(prepared.entries), encodeJson(prepared.later)])
  } catch (error) {
    throw unwritable(error) ? notRecorded() : error
  }
  if (posted.message !== undefined) {
    if (split && view.atomic === true) await rollBack(ledger, view.transaction_id, view.inflight === true)
    throw refusedByLedger(split ? `failed to record split transaction ${posted.failed ?? 0}: ${posted.message}` : posted.message, 'TXN_VALIDATION_ERROR')
  }
  if (prepared.later.length > 0) ledger.wake()
  const first = posted.entries[0]
  const ends = split || first === undefined ? {} : { source: first.source, destination: first.destination }
  return { status: 201, body: transactionJson({ ...view, ...ends }) }
}

async function queue (ledger: Ledger, prepared: Prepared): Promise<CoreReply> {
  try {
    if (prepared.entries.length > 0) await callLedger(ledger, 'queue_transactions($1, $2)', [encodeJson(prepared.entries), encodeJson(prepared.later)])
  } catch (error) {
    // Core answers before it writes, and loses what it cannot write.
    if (!unwritable(error)) throw error
  }
  ledger.wake()
  return { status: 201, body: transactionJson(prepared.view) }
}

async function rollBack (ledger: Ledger, parent: string, inflight: boolean): Promise<void> {
  await callLedger(ledger, 'roll_back($1, $2, $3)', [parent, inflight, ledger.clock.now().json])
  ledger.wake()
}
