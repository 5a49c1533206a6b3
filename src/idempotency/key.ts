/** Characters. */
export const LONGEST_KEY = 255

/** A string of RFC 8941 3.3.3; parameters behind it mean nothing here. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:[ \t]*;.*)?$/
const BARE = /^[\x21\x23-\x7e]+$/

/**
 * The Idempotency-Key of a request, as a string in quotes (draft-ietf-httpapi-idempotency-key-header-07 2.1) or as the bare
 * token that Stripe's clients send; both spell the same key.
 * @param raw headers by turns: name, value
 * @returns undefined without one; a sentence in an object where it cannot be read
 */
export function readIdempotencyKey (raw: readonly string[]): string | undefined | { readonly fault: string } {
  let value: string | undefined
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 15 || raw[i]!.toLowerCase() !== 'idempotency-key') continue
    if (value !== undefined) return { fault: 'Idempotency-Key is given more than once: send it once' }
    value = raw[i + 1]!.trim()
  }
  if (value === undefined) return undefined
  const key = QUOTED.exec(value)?.[1]?.replace(/\\(.)/g, '$1') ?? (BARE.test(value) ? value : undefined)
  if (key === undefined || key === '') return { fault: 'Idempotency-Key must be a text of visible ASCII characters, such as a UUID, bare or in double quotes' }
  return key.length > LONGEST_KEY ? { fault: `Idempotency-Key has at most ${LONGEST_KEY} characters, and this one has ${key.length}` } : key
}
