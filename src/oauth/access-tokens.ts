import type { Credential, Refusal, TokenKind } from '../auth/credentials.js'
import { within } from './scope.js'
import { hashToken, type FoundToken, type TokenStore } from './token-store.js'

const PREFIX = 'blnk_at_'

/** Nothing else was ever given out, so that nothing else is asked the database for. */
const FORM = /^blnk_at_[\w-]{43}$/

/** As an API key's prefix: what is kept in clear so that people can tell tokens apart. */
const SHOWN = PREFIX.length + 8

/** Tokens that are kept in memory; of more, the oldest are asked for again. About 5 MB. */
const MOST_KEPT = 10_000

const credentialOf = (token: string, found: FoundToken): Credential => ({
  id: found.clientId,
  prefix: token.slice(0, SHOWN),
  name: found.clientName,
  subject: found.subject,
  // A client that was given less since has less.
  scopes: within(found.scopes, found.clientScopes),
  kind: 'oauth',
  instances: null,
  expiresAt: found.expiresAt,
  revokedAt: null
})

/** Access tokens as bearer tokens: those in use in memory, found by their hash, the others by a query. */
export class AccessTokens implements TokenKind {
  #kept = new Map<string, { readonly hash: Buffer, readonly credential: Credential }>()
  #reloads = 0
  #find: TokenStore['find'] | undefined

  open (find: TokenStore['find']): void { this.#find = find }

  matches (token: string): boolean { return token.startsWith(PREFIX) }

  find (token: string, now: number): Credential | Refusal | Promise<Credential | Refusal> {
    if (!FORM.test(token)) return 'unknown'
    const hash = hashToken(token)
    const key = hash.toString('base64')
    const kept = this.#kept.get(key)
    if (kept === undefined) return this.#lookUp(token, hash, now)
    if (kept.credential.expiresAt as number > now) return kept.credential
    this.#kept.delete(key)
    return 'expired'
  }

  async #lookUp (token: string, hash: Buffer, now: number): Promise<Credential | Refusal> {
    const reloads = this.#reloads
    const [found] = await this.#find?.([hash]) ?? []
    if (found === undefined) return 'unknown'
    if (found.isRevoked) return 'revoked'
    if (found.expiresAt <= now) return 'expired'
    const credential = credentialOf(token, found)
    // What was read before a revocation must not be kept after it.
    if (reloads === this.#reloads) this.#keep(hash, credential)
    return credential
  }

  #keep (hash: Buffer, credential: Credential): void {
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string)
    this.#kept.set(hash.toString('base64'), { hash, credential })
  }

  /** Asks again for all that is kept: after a revocation, and now and then. Where there is no answer, it stays. */
  async reload (): Promise<void> {
    this.#reloads++
    if (this.#kept.size === 0) return
    const before = [...this.#kept]
    const found = new Map((await this.#find?.(before.map(([, { hash }]) => hash)) ?? []).map((one) => [one.hash.toString('base64'), one]))
    for (const [key, { hash, credential }] of before) {
      const now = found.get(key)
      if (now === undefined || now.isRevoked) this.#kept.delete(key)
      else this.#kept.set(key, { hash, credential: { ...credentialOf('', now), prefix: credential.prefix } })
    }
  }
}
