import { bindBody, malformedAsText } from '../bind.js'
import type { CoreReply, Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { encodeJson, type Encodable } from '../json/encode.js'
import { dryRunSettlements, type Action, type Settlement } from './dry-run-holds.js'
import { ALREADY_QUEUED, type QueuedSettlement } from './holds.js'
import { bulkCommit, bulkVoid } from './request.js'
import { callLedger } from './store.js'

/** The most that Core takes in one call (spec/09 6.8, Bulk). */
const LIMIT = 100

// spec/09 6.8: how a result names an error, by its sentence; the first that matches.
const CODES: ReadonlyArray<readonly [part: string, code: string]> = [
  ['not found', 'NOT_FOUND'],
  ['has already been voided', 'ALREADY_VOIDED'],
  ['Transaction already committed', 'ALREADY_COMMITTED'],
  ['not in inflight status', 'NOT_INFLIGHT'],
  ['cannot commit more than', 'INVALID_AMOUNT'],
  ['failed to acquire lock', 'LOCKED']
]
const codeOf = (message: string): string => CODES.find(([part]) => message.includes(part))?.[1] ?? 'INTERNAL_ERROR'

function checkCount (name: string, items: readonly unknown[]): void {
  if (items.length === 0) throw new CoreError(400, 'TXN_BULK_EMPTY', `${name} cannot be empty`)
  if (items.length > LIMIT) throw new CoreError(400, 'TXN_BULK_LIMIT_EXCEEDED', `too many ${name}; max is ${LIMIT}`)
}

async function settle (ledger: Ledger, action: Action, { id, amount, precise }: Settlement): Promise<Encodable & object> {
  const { message } = await callLedger<{ message?: string }>(ledger,
    `settle_hold($1, $2, coalesce($3::numeric, ${ledger.schema}.minor_units($4::numeric, $1)), $5, $6)`,
    [id, action, precise === null ? null : String(precise), amount, ledger.ids.next('ref'), ledger.clock.now().json])
  return message === undefined
    ? { transaction_id: id, status: 'succeeded' }
    : { transaction_id: id, status: 'failed', code: codeOf(message), message }
}

async function queueSettlement (ledger: Ledger, action: Action, { id, amount, precise }: Settlement): Promise<Encodable & object> {
  const { message, pending } = await callLedger<QueuedSettlement>(ledger,
    `queue_settlement($1, $2, coalesce($3::numeric, ${ledger.schema}.minor_units($4::numeric, $1)), $5)`,
    [id, action, precise === null ? null : String(precise), amount, ledger.clock.now().json])
  if (pending === true) return { transaction_id: id, status: 'queued', code: 'ALREADY_QUEUED', message: ALREADY_QUEUED }
  if (message !== undefined) return { transaction_id: id, status: 'failed', code: codeOf(message), message }
  return { transaction_id: id, status: 'queued', code: 'QUEUED' }
}

/** Each item stands alone: one that is refused leaves the others as they are. */
async function settleAll (ledger: Ledger, action: Action, { items, skipQueue }: { items: readonly Settlement[], skipQueue: boolean }): Promise<CoreReply> {
  const results: Encodable[] = []
  let failed = 0
  for (const item of items) {
    const result = await (skipQueue ? settle : queueSettlement)(ledger, action, item).catch((error: unknown) => {
      if (!(error instanceof CoreError)) throw error
      return { transaction_id: item.id, status: 'failed', code: codeOf(error.message), message: error.message }
    })
    if ('status' in result && result.status === 'failed') failed++
    results.push(result)
  }
  ledger.wake()
  return { status: 200, body: encodeJson({ succeeded: items.length - failed, failed, results }) }
}

/** POST /transactions/inflight/bulk/commit */
export const commitMany: Handler = async (ledger, request) => {
  const { transactions, skip_queue: skipQueue, dry_run: dryRun } = bindBody(request, bulkCommit, malformedAsText)
  checkCount('transactions', transactions ?? [])
  const items = (transactions ?? []).map((item) => ({ id: item.transaction_id, amount: item.amount, precise: item.precise_amount }))
  return dryRun ? await dryRunSettlements(ledger, 'commit', items) : await settleAll(ledger, 'commit', { items, skipQueue })
}

/** POST /transactions/inflight/bulk/void */
export const voidMany: Handler = async (ledger, request) => {
  const { transaction_ids: ids, skip_queue: skipQueue, dry_run: dryRun } = bindBody(request, bulkVoid, malformedAsText)
  checkCount('transaction_ids', ids ?? [])
  const items = (ids ?? []).map((id) => ({ id, amount: '0', precise: null }))
  return dryRun ? await dryRunSettlements(ledger, 'void', items) : await settleAll(ledger, 'void', { items, skipQueue })
}
