import { STATUS_CODES } from 'node:http'

/** Controls, and what stands for bytes that are no UTF-8. */
// eslint-disable-next-line no-control-regex
const NOT_IN_READ = /[\x00-\x08\x0a-\x1f\x7f\ufffd]/

/** Characters: undici bounds the fields of an answer, and not this. */
const LONGEST_REASON = 128

/**
 * The reason of an answer, as bytes in latin1; the standard one where undici did not get it whole.
 * @param read as undici reads it: as UTF-8, whose bytes are what was sent
 */
export function reasonOf (status: number, read: string): string {
  const standard = STATUS_CODES[status] ?? ''
  if (read === standard || read.length > LONGEST_REASON || NOT_IN_READ.test(read)) return standard
  const reason = Buffer.from(read).toString('latin1')
  return reason.length > LONGEST_REASON ? standard : reason
}
