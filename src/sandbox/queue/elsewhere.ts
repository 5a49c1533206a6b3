import type { Ledger } from '../call.js'
import { runReconciliation } from '../reconciliation/run.js'

/** Queued work that is done here and not by work_queue (006-queue-work.sql). */
export interface Job { readonly id: number, readonly kind: string }

/**
 * Does a bounded part of a job in one database transaction, and removes it there when it is done.
 * @param again when the rest is due
 * @returns whether it was there to be done: another process may hold it, or have done it
 */
type Work = (ledger: Ledger, job: Job, again: string) => Promise<boolean>

const WORK: Readonly<Record<string, Work>> = { reconcile: runReconciliation }

export const workElsewhere: Work = async (ledger, job, again) => {
  const work = WORK[job.kind]
  if (work === undefined) throw new Error(`nothing works on ${job.kind}`)
  return await work(ledger, job, again)
}
