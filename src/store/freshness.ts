import type { Logger } from 'pino'
import { DatabaseGone } from '../lib/postgres.js'

/** How far what is in memory can be trusted to be what the database has. */
export interface Freshness {
  /** Whether memory was as the database is when that was last asked. */
  readonly isCurrent: boolean
  /** Whether it is too old to go by. */
  readonly isStale: boolean
  /** Milliseconds since memory was last known to be as the database is. */
  age(): number
  /** @param asked when it was, by performance.now() */
  confirmed(asked: number): void
  failed(error: Error): void
}

/** Of an embedded database, which nobody else changes and which the process does not outlive. */
export const ALWAYS_FRESH: Freshness = { isCurrent: true, isStale: false, age: () => 0, confirmed () {}, failed () {} }

/**
 * Says in the log once that the database does not answer, once that memory is too old, and once that all is well again.
 * @param mostMs milliseconds for which memory is gone by without the database
 */
export function createFreshness (mostMs: number, log: Pick<Logger, 'warn' | 'error' | 'info'>): Freshness {
  let confirmedAt = performance.now()
  let gone = false
  let late: NodeJS.Timeout | undefined
  const age = (): number => performance.now() - confirmedAt
  const left = (): number => Math.max(0, mostMs - age())
  // A clock is read only while the database is gone.
  const isStale = (): boolean => gone && age() >= mostMs
  return {
    get isCurrent () { return !gone },
    get isStale () { return isStale() },
    age,
    confirmed (asked) {
      confirmedAt = asked
      if (!gone) return
      gone = false
      clearTimeout(late)
      log.warn('the database answers again: keys and instances are as it has them')
    },
    failed (error) {
      if (gone) return
      gone = true
      const seconds = Math.ceil(left() / 1_000)
      log.error({ err: error }, `the database does not answer: ${seconds === 0 ? 'requests are refused until it does' : `requests go on with the keys and instances that are known, for ${seconds} s at most`}`)
      late = setTimeout(() => { log.error('the database has not answered for too long: requests are refused until it does') }, left())
      late.unref()
    }
  }
}

/** Logs what fails in the background. Of a server that is gone the log has its one line, whatever fails because of it. */
export const unlessGone = (freshness: Freshness, log: Pick<Logger, 'warn' | 'debug'>) => (error: Error): void => {
  if (freshness.isCurrent && !(error instanceof DatabaseGone)) log.warn({ err: error }, error.message)
  else log.debug({ err: error }, error.message)
}
