/**
 * Whether a request says where its body ends in a way that Node reads and others may read otherwise: a transfer coding
 * that is not `chunked` alone, or one in HTTP/1.0 (RFC 9112 6.1).
 * @param raw Node's rawHeaders
 */
export function hasFaultyFraming (raw: readonly string[], httpVersion: string): boolean {
  let codings = 0
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 17 || raw[i]!.toLowerCase() !== 'transfer-encoding') continue
    if (++codings > 1 || httpVersion !== '1.1' || raw[i + 1]!.toLowerCase() !== 'chunked') return true
  }
  return false
}

/** Header fields of a request. Node bounds the length of names and values alone: 16,000 short ones would pass. */
export const MOST_FIELDS = 1_000
