import { createHash, hash as hashOnce } from 'node:crypto'
import type { AddressList } from '../lib/address-list.js'
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
  /** From where it is taken; without it, from everywhere. */
  readonly addresses?: AddressList
  /** Of the secret before a rotation: until when it is taken. */
  readonly formerUntil?: number
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
export type Refusal = 'unknown' | 'expired' | 'revoked' | 'rotated' | `jwt_${string}`

/** A refusal of a token whose credential is known, so that the log can name it. */
export interface Ended { readonly refused: Refusal, readonly credential: Credential }

export type Found = Credential | Refusal | Ended

/** A kind of bearer token besides API keys. */
export interface TokenKind {
  /** By its form alone. */
  matches(token: string): boolean
  /** @param now milliseconds since 1970 */
  find(token: string, now: number): Found | Promise<Found>
}

/** When and from where a credential was used last. */
export interface LastUse { readonly at: number, readonly address: string }

/** All API keys in memory, found by the hash of what was sent. */
export class Credentials {
  // By the digest as latin1: of all spellings it is made in the least time.
  #byHash = new Map<string, Credential>()
  #used = new Map<string, LastUse>()

  /** @param hash SHA-256 of the key */
  put (hash: Buffer, credential: Credential): void { this.#byHash.set(hash.toString('latin1'), credential) }

  replaceAll (all: Iterable<readonly [hash: Buffer, credential: Credential]>): void {
    const byHash = new Map<string, Credential>()
    for (const [hash, credential] of all) byHash.set(hash.toString('latin1'), credential)
    this.#byHash = byHash
  }

  find (token: string, now: number): Found {
    const credential = this.#byHash.get(hashOnce('sha256', token, 'binary'))
    if (credential === undefined) return 'unknown'
    if (credential.revokedAt !== null) return { refused: 'revoked', credential }
    if (credential.expiresAt !== null && credential.expiresAt <= now) return { refused: 'expired', credential }
    if (credential.formerUntil !== undefined && credential.formerUntil <= now) return { refused: 'rotated', credential }
    return credential
  }

  /** Notes that a key was accepted. */
  use (credential: Credential, at: number, address: string): void { this.#used.set(credential.id, { at, address }) }

  /** The last use of each key that was used since the last call. */
  takeUsed (): Map<string, LastUse> {
    const used = this.#used
    this.#used = new Map()
    return used
  }

  /** Gives back what could not be written. */
  returnUsed (used: ReadonlyMap<string, LastUse>): void {
    this.#used = new Map([...used, ...this.#used])
  }
}
