import type { Outcome } from '../gateway/record.js'
import type { Result } from './entry.js'

/** What a request came to, as far as can be told from here: one that was forwarded and not answered may have been done. */
export function resultOf ({ end, status, refusal, forwarded, row }: Pick<Outcome, 'end' | 'status' | 'refusal' | 'forwarded' | 'row'>): Result {
  // A time-out is answered, and so is a Core that broke off before its answer's head.
  if (refusal !== undefined) return refusal.status < 500 ? 'refused' : forwarded ? 'unknown' : 'failed'
  if (end === 'core_broke_off' || end === 'cut') return forwarded ? 'unknown' : 'failed'
  // The caller left before an answer: what a Core or a handler of ours was asked for goes on.
  if (status === undefined) return forwarded || row?.tier === undefined ? 'unknown' : 'failed'
  if (status < 400) return 'done'
  return status < 500 ? 'refused' : 'failed'
}
