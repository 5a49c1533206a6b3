import { bindBody, malformedAsText } from '../bind.js'
import type { Handler } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson } from '../json/encode.js'
import { timestampJson } from '../json/time.js'
import { dryRunSettlement } from './dry-run-holds.js'
import { joined, refusedByLedger } from './refusals.js'
import { transactionJson, transactionMembers, viewOf, type TransactionRow, type TransactionView } from './reply.js'
import { inflightUpdate } from './request.js'
import { callLedger } from './store.js'

export const ALREADY_QUEUED = 'a commit or void is already queued for this transaction'

/** What queue_settlement answers (004-holds.sql). */
export interface QueuedSettlement { readonly row?: TransactionRow, readonly message?: string, readonly pending?: boolean }

/** A settlement's row as Core shows the one it has just made: with the amount as text and the effective date. */
export function settledView (row: TransactionRow): TransactionView {
  return { ...viewOf(row), amount_string: row.amount, effective_date: timestampJson(row.effective_date ?? row.created_at) }
}

/** PUT /transactions/inflight/:txID (spec/09 6.8). */
export const updateInflight: Handler = async (ledger, request) => {
  const { txID: id = '' } = request.params
  const body = bindBody(request, inflightUpdate, malformedAsText)
  const { status: action, amount, precise_amount: precise } = body
  if (action !== 'commit' && action !== 'void') throw new CoreError(400, 'TXN_INVALID_STATUS_ACTION', 'status not supported. use either commit or void')
  if (precise !== null && precise <= 0n) throw new CoreError(400, 'TXN_INVALID_AMOUNT', 'precise_amount must be positive')
  if (body.dry_run) return await dryRunSettlement(ledger, action, { id, amount, precise })
  const requested = `coalesce($3::numeric, ${ledger.schema}.minor_units($4::numeric, $1))`
  const values = [id, action, precise === null ? null : String(precise), amount, ledger.clock.now().json]

  if (!body.skip_queue) {
    const { row, message, pending } = await callLedger<QueuedSettlement>(ledger, `queue_settlement($1, $2, ${requested}, $5)`, values)
    if (pending === true) throw new CoreError(409, 'GEN_CONFLICT', ALREADY_QUEUED)
    if (row === undefined) throw refusedByLedger(message ?? '', 'GEN_BAD_REQUEST')
    ledger.wake()
    return { status: 200, body: encodeJson({ ...transactionMembers(viewOf(row)), queued: true }) }
  }
  const { rows, messages } = await callLedger<{ rows: TransactionRow[], messages: string[] }>(ledger, `settle_holds($1, $2, ${requested}, NULL, $5)`, values)
  if (messages.length > 0) throw joined(messages)
  if (rows[0] === undefined) throw new CoreError(400, 'TXN_NOT_INFLIGHT', `no transaction to ${action}`)
  return { status: 200, body: transactionJson(settledView(rows[0])) }
}
