import { createHmac, timingSafeEqual } from 'node:crypto'

/** A request that is older than this, or from so far in the future, is not believed: it may be a copy. */
const TOLERANCE_SECONDS = 5 * 60

export interface Signed {
  /** X-Blnk-Timestamp: seconds since 1970 */
  readonly timestamp: unknown
  /** X-Blnk-Signature: HMAC-SHA-256 of TIMESTAMP.BODY, hexadecimal */
  readonly signature: unknown
  readonly body: Buffer
}

/** Whether a request comes from who has the app's signing secret. */
export function isSigned (secret: string, { timestamp, signature, body }: Signed, nowMs: number): boolean {
  if (typeof timestamp !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false
  const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest()
  const given = Buffer.from(signature, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
