import { setTimeout as wait } from 'node:timers/promises'
import type { Blnk } from '../blnk.js'
import type { Entry } from './entries.js'
import { AT_ONCE, type Job } from './job.js'
import { chunks, eachOf } from './pages.js'

/** A transaction as the Data API tells it, with amounts as text. */
export interface Posted {
  readonly transaction_id: string
  readonly reference: string
  readonly status: string
  readonly currency: string
  readonly precise_amount: string
  readonly precision: string
  readonly source: string
  readonly destination: string
  readonly meta_data: Readonly<Record<string, unknown>> | null
}

/** Core's queue applies within a moment; after so long something is wrong with it. */
const APPLIED_WITHIN_MS = 60_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** A filter of the Data API is at most a thousand characters long: so many pairs of references of Stripe's fit. */
const REFERENCES_AT_ONCE = 15

/** Posts entries to the ledger. The answer is 201 for one that is there already too, so it says nothing of what became of it. */
export async function post ({ blnk, log }: Job, entries: readonly Entry[]): Promise<void> {
  await eachOf(entries, AT_ONCE, async (entry) => {
    await blnk.call('POST', '/proxy/transactions', {
      body: {
        precise_amount: entry.amount,
        precision: entry.precision,
        reference: entry.stripeId,
        currency: entry.currency,
        source: entry.source,
        destination: entry.destination,
        description: entry.description,
        effective_date: entry.effectiveDate,
        allow_overdraft: true,
        meta_data: entry.metadata
      }
    })
    log.debug({ reference: entry.stripeId }, 'posted')
  })
}

/** The outcomes that the ledger has for some references. What is queued gets its outcome in a second transaction, whose reference ends with _q. */
async function outcomesOf (blnk: Blnk, references: readonly string[]): Promise<Map<string, Posted>> {
  const names = new Map(references.flatMap((one) => [[one, one], [`${one}_q`, one]]))
  const { data } = await blnk.call('GET', '/data/transactions', { query: { reference_in: [...names.keys()].join(','), status_in: 'APPLIED,REJECTED', pageSize: '100' } })
  return new Map((data as Posted[]).map((row) => [names.get(row.reference) ?? row.reference, row]))
}

/** The outcomes that the ledger has now, by reference. */
export async function outcomes (blnk: Blnk, references: readonly string[]): Promise<Map<string, Posted>> {
  const found = new Map<string, Posted>()
  for (const some of chunks(references, REFERENCES_AT_ONCE)) for (const [reference, row] of await outcomesOf(blnk, some)) found.set(reference, row)
  return found
}

/**
 * Waits until the ledger has applied, or rejected, what was posted.
 * @returns by reference; what has no outcome in time is missing
 */
export async function verify ({ blnk, signal }: Job, references: readonly string[]): Promise<Map<string, Posted>> {
  const found = new Map<string, Posted>()
  const end = Date.now() + APPLIED_WITHIN_MS
  for (const some of chunks(references, REFERENCES_AT_ONCE)) {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const there = await outcomesOf(blnk, some)
      for (const [reference, row] of there) found.set(reference, row)
      if (there.size === some.length || Date.now() > end) break
      await wait(pause, undefined, { signal })
    }
  }
  return found
}
