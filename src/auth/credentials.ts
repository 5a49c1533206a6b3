import { createHash } from 'node:crypto'
import type { Grant } from './scopes.js'

/** Who calls, as admission needs it. Times are milliseconds since 1970. */
export interface Credential extends Grant {
  /** Of an API key, an OAuth client, or the issuer and subject of a JWT: it stays the same while secrets and tokens change. */
  readonly id: string
  /** What may be shown of the token. */
  readonly prefix: string
  readonly name: string
  /** Who is behind a token that was given out on somebody's behalf. */
  readonly subject?: string
  /** null: every instance */
  readonly instances: readonly string[] | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export const KEY_PREFIX = 'blnk_'

/** How much of a key is kept in clear, so that people can tell keys apart (spec/00 0.2 shows `blnk_fdb796a5...`). */
const SHOWN = KEY_PREFIX.length + 8

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

export const shownPrefix = (key: string): string => key.slice(0, SHOWN)

/**
 * The token of an `Authorization: Bearer …` header, or null where there is none (RFC 6750 2.1; the scheme in any case,
 * RFC 9110 11.1).
 */
export function bearerToken (header: string | undefined): string | null {
  if (header === undefined) return null
  const match = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header)
  return match?.[1] ?? null
}

/** Why a token was not accepted; for the log, never for the caller. */
export type Refusal = 'unknown' | 'expired' | 'revoked' | `jwt_${string}`

/** A kind of bearer token besides API keys. */
export interface TokenKind {
  /** By its form alone. */
  matches(token: string): boolean
  /** @param now milliseconds since 1970 */
  find(token: string, now: number): Credential | Refusal | Promise<Credential | Refusal>
}

/** All API keys in memory, found by the hash of what was sent. */
export class Credentials {
  #byHash = new Map<string, Credential>()
  #used = new Map<string, number>()

  /** @param hash SHA-256 of the key */
  put (hash: Buffer, credential: Credential): void { this.#byHash.set(hash.toString('base64'), credential) }

  replaceAll (all: Iterable<readonly [hash: Buffer, credential: Credential]>): void {
    this.#byHash = new Map([...all].map(([hash, credential]) => [hash.toString('base64'), credential]))
  }

  find (token: string, now: number): Credential | Refusal {
    const credential = this.#byHash.get(createHash('sha256').update(token).digest('base64'))
    if (credential === undefined) return 'unknown'
    if (credential.revokedAt !== null) return 'revoked'
    if (credential.expiresAt !== null && credential.expiresAt <= now) return 'expired'
    this.#used.set(credential.id, now)
    return credential
  }

  /** Which keys were used since the last call, and when. */
  takeUsed (): Map<string, number> {
    const used = this.#used
    this.#used = new Map()
    return used
  }
}
