import { createHash, timingSafeEqual } from 'node:crypto'

/** RFC 7636 4.2: base64url of a SHA-256. `plain` is not offered (RFC 9700 2.1.1). */
export const isChallenge = (text: string): boolean => /^[\w-]{43}$/.test(text)

/** RFC 7636 4.1 and 4.6 */
export function answersChallenge (verifier: string, challenge: string): boolean {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false
  const made = createHash('sha256').update(verifier).digest()
  const sent = Buffer.from(challenge, 'base64url')
  return sent.length === made.length && timingSafeEqual(made, sent)
}
