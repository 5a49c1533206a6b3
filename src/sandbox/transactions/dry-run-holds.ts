import type { CoreReply, Ledger } from '../call.js'
import type { Encodable } from '../json/encode.js'
import { json } from '../reply.js'
import { majorUnits } from './decimal.js'
import { batchJson, previewJson, unknownItemJson, type Preview, type Projection } from './preview.js'
import { refused, refusedByLedger } from './refusals.js'
import { callLedger } from './store.js'

export type Action = 'commit' | 'void'

/** What is asked of a hold: `amount` in major units, 0 for all that is left; `precise` in minor units wins. */
export interface Settlement { readonly id: string, readonly amount: string, readonly precise: bigint | null }

interface UndoneRow { readonly leg: string, readonly amount: string, readonly precise_amount: string, readonly precision: string, readonly currency: string, readonly reference: string, readonly inflight?: boolean }

/** What dry_run_settlement and dry_run_refund answer (010-dry-run.sql). */
interface Undone { readonly legs: number, readonly rows: readonly UndoneRow[], readonly messages: readonly string[], readonly balances: readonly Projection[] }

const VOID_AMOUNT = 'amount is ignored when voiding; a void always releases the full remaining hold'
const INDEPENDENT_ITEMS = 'items are dispatched across a worker pool, so each is projected independently against current balances and real execution order is not guaranteed'

/** Several rows as one preview: the amounts together, the rest from the last that would apply. */
function previewOf ({ legs, rows, messages, balances }: Undone): Omit<Preview, 'status'> {
  const last = rows.at(-1)
  const total = rows.reduce((sum, row) => sum + BigInt(row.precise_amount), 0n)
  return {
    rejection: messages.length === 0 ? undefined : `error occurred during processing: [${messages.join(' ')}]`,
    currency: last?.currency ?? '',
    amount: last === undefined ? '0' : majorUnits(total, last.precision),
    precise_amount: String(total),
    precision: last?.precision ?? '0',
    balances,
    legs: legs > 1 ? rows.map((row) => ({ identifier: row.leg, role: 'source', precise_amount: row.precise_amount, amount: row.amount })) : []
  }
}

type SettlementPreview = { readonly missing: string } | { readonly preview: Preview }

async function settle (ledger: Ledger, action: Action, { id, amount, precise }: Settlement): Promise<SettlementPreview> {
  const requested = `coalesce($3::numeric, ${ledger.schema}.minor_units($4::numeric, $1))`
  const undone = await callLedger<Partial<Undone> & { missing?: string, refusal?: string }>(ledger,
    `dry_run_settlement($1, $2, ${requested}, $5)`, [id, action, precise === null ? null : String(precise), amount, ledger.clock.now().json])
  if (undone.missing !== undefined) return { missing: undone.missing }
  const status = action === 'void' ? 'VOID' : 'APPLIED'
  if (undone.refusal !== undefined) {
    return { preview: { rejection: undone.refusal, operation: action, status, currency: '', amount: '0', precise_amount: '0', precision: '0', balances: [] } }
  }
  const ignored = action === 'void' && (precise !== null ? precise > 0n : !/^-|^0$/.test(amount))
  return { preview: { ...previewOf(undone as Undone), operation: action, status, notes: ignored ? [VOID_AMOUNT] : [] } }
}

/** PUT /transactions/inflight/:txID with dry_run. */
export async function dryRunSettlement (ledger: Ledger, action: Action, settlement: Settlement): Promise<CoreReply> {
  const result = await settle(ledger, action, settlement)
  if ('missing' in result) throw refusedByLedger(result.missing, 'TXN_VALIDATION_ERROR')
  return json(200, previewJson(result.preview))
}

/** POST /transactions/inflight/bulk/commit and /void with dry_run: each item on the balances as they stand. */
export async function dryRunSettlements (ledger: Ledger, action: Action, items: readonly Settlement[]): Promise<CoreReply> {
  const results: Encodable[] = []
  let wouldApply = true
  for (const item of items) {
    const result = await settle(ledger, action, item)
    const applies = 'preview' in result && result.preview.rejection === undefined
    wouldApply &&= applies
    results.push('missing' in result ? unknownItemJson(action, result.missing) : previewJson(result.preview))
  }
  const ids = items.map(({ id }) => id)
  const repeated = [...new Set(ids.filter((id, i) => ids.indexOf(id) < i))]
  const notes = repeated.length === 0
    ? []
    : [`transaction id appears more than once in this batch (${repeated.join(', ')}); the occurrences settle the same hold, so only one of them can succeed and which one is not determined`]
  return json(200, batchJson({ cumulative: false, atomic: false, wouldApply, results, notes: [INDEPENDENT_ITEMS, ...notes] }))
}

/** POST /refund-transaction/:id with dry_run. */
export async function dryRunRefund (ledger: Ledger, id: string): Promise<CoreReply> {
  const undone = await callLedger<Omit<Undone, 'legs'> & { legs: readonly string[] }>(ledger, 'dry_run_refund($1, $2)', [id, ledger.clock.now().json])
  const [only] = undone.legs
  if (only === undefined) throw refused(`transaction ${id} not found for refund`, 'TXN_VALIDATION_ERROR')
  const last = undone.rows.at(-1)
  return json(200, previewJson({
    ...previewOf({ ...undone, legs: undone.legs.length }),
    status: last?.inflight === true ? 'INFLIGHT' : 'APPLIED',
    reference: last?.reference ?? '',
    notes: [undone.legs.length === 1 ? `projected refund of transaction ${only}` : `projected refund of ${undone.legs.length} refundable transactions under ${id}`]
  }))
}
