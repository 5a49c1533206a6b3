import { createHmac, hkdfSync } from 'node:crypto'

/**
 * What only the holder of a ledger's key can make. A Core has a secret of its own for tokens; here all are derived from
 * the ledger's key, which whoever opens the ledger keeps sealed and gives again after a restart, so nothing more has to
 * be kept. With another key the tokens made before cannot be read, as with a Core whose `tokenization_secret` was changed.
 */
export class LedgerSecret {
  // Private to the language: neither logs nor JSON show it.
  #key = ''

  constructor (key: string) { this.#key = key }

  replace (key: string): void { this.#key = key }

  /** 32 bytes for one purpose (RFC 5869, HKDF-SHA256), the same for one key. */
  derive (purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#key, '', `blnk sandbox ${purpose}`, 32))
  }

  /** Core's signature of what it sends: HMAC-SHA256 with its secret key, hexadecimal (spec/09 15). */
  sign (text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }
}
