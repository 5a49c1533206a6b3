import { newId } from '../../lib/ids.js'
import type { CoreReply, Ledger } from '../call.js'
import type { CoreError } from '../errors.js'
import { encodeJson, type Encodable } from '../json/encode.js'
import { json } from '../reply.js'
import { splitRefusal } from './distributions.js'
import { prepare, type Prepared } from './entry.js'
import { batchJson, previewJson, type Preview, type PreviewLeg, type Projection } from './preview.js'
import { refused, refusedByLedger } from './refusals.js'
import type { BulkTransactions, RecordTransaction } from './request.js'
import { callLedger } from './store.js'

/** What dry_run_together answers (010-dry-run.sql). */
interface Undone {
  readonly missing?: string
  readonly outcomes: ReadonlyArray<{ readonly done: number, readonly refusal: string | null }>
  readonly balances: readonly Projection[]
}

/** A transaction that is run, and how: one item of a batch may tell what an earlier one used up. */
interface Trial { readonly request: RecordTransaction, readonly prepared: Prepared, readonly inBatch: boolean, readonly used: boolean }

const INDEPENDENT_LEGS = 'skip_queue is false: legs are queued for independent async processing with no ordering guarantee, so each is projected on its own rather than cumulatively'
const INDEPENDENT_ITEMS = 'items are dispatched concurrently unless skip_queue is set, so each item is projected independently against current balances and real execution order is not guaranteed'
const COMPENSATED = 'an atomic batch compensates on failure by voiding or refunding already-applied items rather than rolling back, and that compensation can itself fail'
const NOT_ASYNC = 'run_async is ignored in a dry run; the projection is returned immediately'
const NOT_SCHEDULED = 'scheduled_for is ignored in a dry run; the projection shows the effect as if applied now'

/** How many sets of balances one statement works on. */
const SLICE = 100

/** The entries as they would be posted; their ids are no ledger's. */
function prepareTrial ({ clock }: Ledger, request: RecordTransaction, inflight: boolean): Prepared {
  return prepare({ clock, ids: { next: newId, seed () {} } }, request, { batch: '', sequence: 0, inflight, skipQueue: true })
}

const itemOf = ({ prepared, inBatch, used }: Trial): Encodable =>
  ({ entries: prepared.entries, reference: prepared.split && !inBatch ? undefined : prepared.view.reference, in_batch: inBatch, used })

/** What is run on a set of balances of its own: a queued split leg by leg (spec/09 6.12). */
function setsOf (trial: Trial): Encodable[] {
  const { prepared, request } = trial
  return prepared.split && !request.skip_queue && !trial.used
    ? prepared.entries.map((entry) => [itemOf({ ...trial, prepared: { ...prepared, entries: [entry] } })])
    : [[itemOf(trial)]]
}

async function run (ledger: Ledger, sets: readonly Encodable[]): Promise<Undone[]> {
  const undone: Undone[] = []
  for (let from = 0; from < sets.length; from += SLICE) {
    undone.push(...await callLedger<Undone[]>(ledger, 'dry_runs($1, $2)', [encodeJson(sets.slice(from, from + SLICE)), ledger.clock.now().json]))
  }
  const missing = undone.find((each) => each.missing !== undefined)?.missing
  if (missing !== undefined) throw refusedByLedger(missing, 'TXN_VALIDATION_ERROR')
  return undone
}

const currencyNotes = (currency: string, balances: readonly Projection[]): string[] => balances
  .filter(({ virtual, before }) => !virtual && before.currency !== currency)
  .map(({ role, balance_id: id, before }) => `currency mismatch: transaction is ${currency} but ${role} balance ${id} is ${before.currency}; the ledger applies this as raw minor units`)

function legsOf ({ prepared: { entries }, request }: Trial, applied: (place: number) => boolean): PreviewLeg[] {
  const role = (request.sources ?? []).length > 0 ? 'source' : 'destination'
  return entries.filter((_, place) => applied(place)).map((entry) => ({ identifier: entry[role], role, precise_amount: entry.precise_amount, amount: entry.amount }))
}

function previewOf (trial: Trial, rest: Pick<Preview, 'balances'> & Partial<Preview>): Preview {
  const { view } = trial.prepared
  const { currency, amount, reference, precision, precise_amount: precise } = view
  return { status: view.inflight === true ? 'INFLIGHT' : 'APPLIED', reference, currency, amount, precise_amount: precise, precision, ...rest }
}

const unmoved = (balances: readonly Projection[]): Projection[] => balances.map((each) => ({ ...each, after: each.before }))

/** A transaction that stands alone, from what became of its sets. */
function previewAlone (trial: Trial, undone: readonly Undone[]): Preview {
  const { prepared, request } = trial
  const outcomes = undone.flatMap((each) => each.outcomes)
  const rejection = outcomes.find(({ refusal }) => refusal !== null)?.refusal ?? undefined
  const balances = undone.flatMap((each) => each.balances)
  if (prepared.split) {
    const applied = request.skip_queue ? (place: number) => place < (outcomes[0]?.done ?? 0) : (place: number) => outcomes[place]?.done === 1
    return previewOf(trial, { rejection, balances, legs: legsOf(trial, applied), notes: request.skip_queue ? [] : [INDEPENDENT_LEGS] })
  }
  const notes = [...(request.scheduled_for === '' ? [] : [NOT_SCHEDULED]), ...currencyNotes(request.currency, balances)]
  return previewOf(trial, { rejection, balances: rejection === undefined ? balances : unmoved(balances), notes })
}

/** POST /transactions with dry_run. */
export async function dryRunOne (ledger: Ledger, request: RecordTransaction): Promise<CoreReply> {
  const trial: Trial = { request, prepared: preparedOr(() => prepareTrial(ledger, request, request.inflight), ''), inBatch: false, used: false }
  return json(200, previewJson(previewAlone(trial, await run(ledger, setsOf(trial)))))
}

/** @param dropped what Core leaves out of the sentence of a split that cannot be made */
function preparedOr (work: () => Prepared, dropped: string): Prepared {
  try {
    return work()
  } catch (error) {
    throw splitError(splitRefusal(error), dropped)
  }
}

const splitError = (message: string, dropped: string): CoreError => refused(message.replace(dropped, ''), 'TXN_VALIDATION_ERROR')

/** POST /transactions/bulk with dry_run: with skip_queue each item sees those before it, else each stands alone. */
export async function dryRunMany (ledger: Ledger, batch: BulkTransactions, items: readonly RecordTransaction[]): Promise<CoreReply> {
  const seen = new Set<string>()
  const trials = items.map((item): Trial => {
    const request = { ...item, skip_queue: batch.skip_queue }
    const used = seen.has(request.reference)
    seen.add(request.reference)
    return { request, prepared: preparedOr(() => prepareTrial(ledger, request, batch.inflight), batch.skip_queue ? 'failed to split transaction: ' : ''), inBatch: true, used }
  })
  const { previews, balances } = await (batch.skip_queue ? together : apart)(ledger, trials)
  const notes = [...(batch.skip_queue ? [] : [INDEPENDENT_ITEMS]), ...(batch.atomic ? [COMPENSATED] : []), ...(batch.run_async ? [NOT_ASYNC] : [])]
  const wouldApply = previews.every(({ rejection }) => rejection === undefined)
  return json(200, batchJson({ cumulative: batch.skip_queue, atomic: batch.atomic, wouldApply, results: previews.map(previewJson), balances, notes }))
}

interface BatchRun { readonly previews: readonly Preview[], readonly balances: readonly Projection[] }

async function together (ledger: Ledger, trials: readonly Trial[]): Promise<BatchRun> {
  const [undone] = await run(ledger, [trials.map(itemOf)]) as [Undone]
  const previews = trials.map((trial, i) => {
    const { done, refusal } = undone.outcomes[i] as Undone['outcomes'][number]
    return previewOf(trial, { rejection: refusal ?? undefined, balances: null, ...(trial.prepared.split ? { legs: legsOf(trial, (place) => place < done) } : {}) })
  })
  return { previews, balances: undone.balances }
}

async function apart (ledger: Ledger, trials: readonly Trial[]): Promise<BatchRun> {
  const sets = trials.map(setsOf)
  const undone = await run(ledger, sets.flat())
  let at = 0
  const previews = trials.map((trial, i) => {
    const own = undone.slice(at, at += sets[i]?.length ?? 0)
    const used = own.find(({ outcomes }) => outcomes[0]?.refusal?.startsWith('transaction validation failed') === true)
    // A reference that is used up ends an item of a batch before its balances are looked at.
    return used === undefined ? previewAlone(trial, own) : previewOf(trial, { rejection: used.outcomes[0]?.refusal ?? '', balances: null })
  })
  return { previews, balances: [] }
}
