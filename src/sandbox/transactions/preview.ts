import { RawJson, type Encodable } from '../json/encode.js'
import { float64Text } from '../json/numbers.js'
import { codeOf } from './refusals.js'

/** How a balance stands, in minor units (standings in 010-dry-run.sql). */
interface Standing {
  readonly currency: string
  readonly balance: string
  readonly available: string
  readonly credit_balance: string
  readonly debit_balance: string
  readonly inflight_debit_balance: string
  readonly inflight_credit_balance: string
}

/** What projections answers (010-dry-run.sql). */
export interface Projection { readonly balance_id: string, readonly role: string, readonly virtual: boolean, readonly before: Standing, readonly after: Standing }

export interface PreviewLeg { readonly identifier: string, readonly role: 'source' | 'destination', readonly precise_amount: string, readonly amount: string }

/** What a dry run found. Amounts are decimal text. */
export interface Preview {
  readonly rejection?: string | undefined
  readonly operation?: string
  /** What the transaction would have, if it is not rejected. */
  readonly status: string
  readonly reference?: string
  readonly currency: string
  readonly amount: string
  readonly precise_amount: string
  readonly precision: string
  /** null where a batch shows them for all of its items */
  readonly balances: readonly Projection[] | null
  readonly legs?: readonly PreviewLeg[]
  readonly notes?: readonly string[]
}

const REASONS: ReadonlyArray<readonly [part: string, reason: string]> = [
  ['insufficient funds', 'insufficient_funds'],
  ['overdraft limit', 'overdraft_limit'],
  ['exceeded max', 'max_retries']
]
const reasonOf = (message: string): string => REASONS.find(([part]) => message.toLowerCase().includes(part))?.[1] ?? 'other'

/** The code that a post would answer. What is not found but no transaction keeps its general code here. */
function rejectionCode (message: string): string {
  const code = codeOf(message, 'TXN_VALIDATION_ERROR')
  return code === 'TXN_NOT_FOUND' && !message.includes('transaction') ? 'GEN_NOT_FOUND' : code
}

const rejectionJson = (message: string, reason = reasonOf(message)): Encodable => ({ code: rejectionCode(message), reason, message })

const FIGURES = ['balance', 'available', 'credit_balance', 'debit_balance', 'inflight_debit_balance', 'inflight_credit_balance'] as const

export const projectionJson = ({ balance_id: id, role, virtual, before, after }: Projection): Encodable => ({
  balance_id: id,
  role,
  currency: before.currency,
  virtual: virtual || undefined,
  ...Object.fromEntries(FIGURES.map((figure) => [`current_${figure}`, before[figure]])),
  ...Object.fromEntries(FIGURES.map((figure) => [`resulting_${figure}`, after[figure]]))
})

const float = (decimal: string): RawJson => new RawJson(float64Text(decimal) ?? '0')

const nonEmpty = <T>(list: readonly T[] | undefined): readonly T[] | undefined => list === undefined || list.length === 0 ? undefined : list

/** Core's preview (spec/09 6.12, recording dry-run). */
export const previewJson = (preview: Preview): Encodable => ({
  dry_run: true,
  would_apply: preview.rejection === undefined,
  rejection: preview.rejection === undefined ? undefined : rejectionJson(preview.rejection),
  operation: preview.operation,
  status: preview.rejection === undefined ? preview.status : undefined,
  reference: preview.reference === '' ? undefined : preview.reference,
  currency: preview.currency,
  amount: float(preview.amount),
  precise_amount: preview.precise_amount,
  precision: float(preview.precision),
  balances: preview.balances?.map(projectionJson) ?? null,
  legs: nonEmpty(preview.legs)?.map((leg) => ({ identifier: leg.identifier, role: leg.role, precise_amount: leg.precise_amount, amount: float(leg.amount) })),
  notes: nonEmpty(preview.notes)
})

/** An item of a batch of settlements that stands for nothing. */
export const unknownItemJson = (operation: string, message: string): Encodable => ({
  dry_run: true, would_apply: false, rejection: rejectionJson(message, ''), operation, currency: '', amount: 0, precise_amount: '', precision: 0, balances: null
})

export interface BatchPreview {
  readonly cumulative: boolean
  readonly atomic: boolean
  readonly wouldApply: boolean
  readonly results: readonly Encodable[]
  readonly balances?: readonly Projection[]
  readonly notes: readonly string[]
}

export const batchJson = (batch: BatchPreview): Encodable => ({
  dry_run: true,
  would_apply: batch.wouldApply,
  cumulative: batch.cumulative,
  atomic: batch.atomic,
  results: batch.results,
  balances: nonEmpty(batch.balances)?.map(projectionJson),
  notes: nonEmpty(batch.notes)
})
