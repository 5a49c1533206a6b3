/** A moment to the microsecond, for a `timestamp` column and, in RFC 3339, for an answer. */
export interface Moment { readonly column: string, readonly json: string }

/** How a ledger's clock stands: with the process's clock, off it by some microseconds, or still. */
export interface ClockSetting {
  /** Microseconds since 1970 at which the clock stands still; null: it runs */
  readonly frozenAt: number | null
  /** Microseconds that a running clock is ahead of the process's. */
  readonly ahead: number
}

export const RUNNING: ClockSetting = { frozenAt: null, ahead: 0 }

/** A ledger's own time. */
export interface Clock {
  /** No two calls answer the same, so rows sort in the order they were made. */
  now(): Moment
  /**
   * As many as there are legs in a split, the latest first: lists, which begin with the latest, then keep the legs' order
   * (recording multiple-sources, step 14).
   */
  moments(count: number): Moment[]
  /** The latest moment that there was; asking does not move a still clock. */
  latest(): Moment
  /** Microseconds since 1970; asking does not move a still clock. */
  micros(): number
  setting(): ClockSetting
  /** How often it was set: who read a setting elsewhere sees whether it is still the newest. */
  times(): number
  set(setting: ClockSetting): void
}

/** @param micros since 1970 */
export function momentOf (micros: number): Moment {
  const digits = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1) + String(micros % 1000).padStart(3, '0')
  // Go and Postgres both leave the zeros at the end out.
  const text = digits.replace(/\.?0+$/, '')
  return { column: text.replace('T', ' '), json: `${text}Z` }
}

export function createClock (): Clock {
  let standing = RUNNING
  let last = 0
  let times = 0
  // Date.now() has no part below the millisecond; Core's times have.
  const micros = (): number => standing.frozenAt ?? Date.now() * 1000 + Math.floor(performance.now() * 1000 % 1000) + standing.ahead
  const moments = (count: number): Moment[] => {
    last = Math.max(micros(), last + 1) + count - 1
    return Array.from({ length: count }, (_, i) => momentOf(last - i))
  }
  return {
    now: () => moments(1)[0] as Moment,
    moments,
    latest: () => momentOf(Math.max(micros(), last)),
    micros,
    setting: () => standing,
    times: () => times,
    set (setting) {
      standing = setting
      times++
      // A clock that is set back begins there.
      last = 0
    }
  }
}
