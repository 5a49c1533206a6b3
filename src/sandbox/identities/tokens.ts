import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { FF1 } from '@noble/ciphers/ff1.js'
import type { LedgerSecret } from '../secret.js'

/** Fewer possible texts than this are too few for FF1 (NIST SP 800-38G Rev. 1, 4.1). */
const LEAST_DOMAIN = 1_000_000

const NONCE_BYTES = 12
const TAG_BYTES = 16
const PREFIX = 'FPT:'

const code = (character: string): number => character.charCodeAt(0)

/** The characters that are replaced, each by one of its own kind; all others stay (spec/09 8). */
const KINDS = [
  { letters: /[A-Za-z]/g, radix: 26, digitOf: (c: string) => code(c.toLowerCase()) - code('a'), at: (digit: number, like: string) => String.fromCharCode(code(like < 'a' ? 'A' : 'a') + digit) },
  { letters: /[0-9]/g, radix: 10, digitOf: (c: string) => code(c) - code('0'), at: (digit: number) => String(digit) }
] as const

/** FF1 over the digits, or where they are too few a keyed replacement, which nobody can undo by trying them all. */
function replaceDigits (digits: number[], radix: number, key: Uint8Array): number[] {
  if (radix ** digits.length >= LEAST_DOMAIN) return FF1(radix, key).encrypt(digits)
  const mask = createHmac('sha256', key).update(`${radix}/${digits.join(',')}`).digest()
  return digits.map((_, i) => (mask[i] as number) % radix)
}

/** A text of the same shape: letters stay letters of their case, digits digits, and the rest as it is. */
function sameShape (value: string, key: Uint8Array): string {
  return KINDS.reduce((text, { letters, radix, digitOf, at }) => {
    const found = value.match(letters)
    if (found === null) return text
    const replaced = replaceDigits(found.map(digitOf), radix, key)
    let next = 0
    return text.replace(letters, (like) => at(replaced[next++] as number, like))
  }, value)
}

/** A value as AES-256-GCM in base64: nonce, ciphertext, tag, as in Core. The nonce comes from the value, so that the same value gives the same token (RFC 5297's idea of a synthetic one). */
function encrypt (value: string, secret: LedgerSecret): string {
  const nonce = createHmac('sha256', secret.derive('token nonce')).update(value).digest().subarray(0, NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secret.derive('token encryption'), nonce)
  return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

/** Core's format-preserving token: `FPT:<text of the same shape>:<the value, encrypted>`; the same for one value and one secret. */
export const tokenize = (value: string, secret: LedgerSecret): string =>
  `${PREFIX}${sameShape(value, secret.derive('token shape'))}:${encrypt(value, secret)}`

/**
 * The value behind a token of either form, `FPT:…` or the encrypted value alone.
 * @throws where the text is no token, or one of another secret
 */
export function detokenize (token: string, secret: LedgerSecret): string {
  // The shape may hold colons of the value's own; base64 has none.
  const bytes = Buffer.from(token.startsWith(PREFIX) ? token.slice(token.lastIndexOf(':') + 1) : token, 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('no token: too short')
  const decipher = createDecipheriv('aes-256-gcm', secret.derive('token encryption'), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString()
}
