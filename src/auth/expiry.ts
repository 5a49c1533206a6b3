import { refuse } from '../errors.js'

const DAY_MS = 86_400_000

/** The most days a key may be given, some ten years. */
export const MOST_DAYS = 3_650

const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * When a key ends, from either member of a body: a time, or a number of days from now; null for never.
 * @returns undefined where neither is given
 * @throws GatewayError
 */
export function expiryOf ({ expires_at: at, expires_in_days: days }: { expires_at?: string | null, expires_in_days?: number | null }, now: number): string | null | undefined {
  if (at !== undefined && days !== undefined) return refuse('expires_at and expires_in_days exclude each other: send one of them')
  if (days !== undefined) return days === null ? null : new Date(now + days * DAY_MS).toISOString()
  // An offset can lead past the last year that RFC 3339 has.
  if (typeof at === 'string' && Date.parse(at) > LAST) return refuse('expires_at must lie before the year 10000: send null for never')
  return at
}
