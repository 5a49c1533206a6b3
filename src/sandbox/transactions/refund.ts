import { bindBody } from '../bind.js'
import type { Handler } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson } from '../json/encode.js'
import { metadataJson, parseMetadata } from '../json/metadata.js'
import { dryRunRefund } from './dry-run-holds.js'
import { joined } from './refusals.js'
import { transactionJson, type TransactionView } from './reply.js'
import { refundTransaction } from './request.js'
import { callLedger } from './store.js'

/** What refund_transactions answers (005-refunds-and-batches.sql). */
interface Refunds { readonly entries: ReadonlyArray<Omit<TransactionView, 'meta_data'> & { readonly meta_data: string }>, readonly messages: readonly string[] }

/** POST /refund-transaction/:id; the body is optional (spec/09 6.10). */
export const refund: Handler = async (ledger, request) => {
  const { id = '' } = request.params
  const body = request.body.toString('latin1').trim() === '' ? refundTransaction.zero() : bindBody(request, refundTransaction)
  if (body.dry_run) return await dryRunRefund(ledger, id)
  const options = { skip_queue: body.skip_queue, description: body.description, meta_data: body.meta_data === null ? undefined : metadataJson(body.meta_data) }
  const { entries: [first], messages } = await callLedger<Refunds>(ledger, 'refund_transactions($1, $2, $3)', [id, encodeJson(options), ledger.clock.now().json])
  ledger.wake()
  if (messages.length > 0) throw joined(messages)
  if (first === undefined) throw new CoreError(404, 'TXN_NOT_FOUND', 'no transaction to refund')
  const meta = new Map(parseMetadata(first.meta_data))
  const held = first.inflight === true
  if (body.skip_queue && !held) meta.delete('inflight')
  return {
    status: 201,
    body: transactionJson({
      ...first,
      amount_string: first.amount,
      created_at: first.created_at.replace(' ', 'T'),
      effective_date: (first.effective_date ?? '').replace(' ', 'T'),
      status: !body.skip_queue ? 'QUEUED' : held ? 'INFLIGHT' : 'APPLIED',
      overdraft_limit: '0',
      allow_overdraft: true,
      skip_queue: body.skip_queue,
      meta_data: meta
    })
  }
}
