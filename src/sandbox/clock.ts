import { performance } from 'node:perf_hooks'

/** A moment to the microsecond, for a `timestamp` column and, in RFC 3339, for an answer. */
export interface Moment { readonly column: string, readonly json: string }

/** The process clock in UTC. Microseconds, since the database keeps no finer ones: what a POST answers is what reads find. */
export function now (): Moment {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000)
  const text = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1) + String(micros % 1000).padStart(3, '0')
  return { column: text.replace('T', ' '), json: `${text.replace(/0+$/, '').replace(/\.$/, '')}Z` }
}
