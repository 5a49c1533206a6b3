import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Credential, TokenKind } from '../auth/credentials.js'
import { SettingError } from '../config.js'
import { createKeySet, type KeySet } from './key-set.js'
import { keySource } from './key-source.js'
import type { JwtSettings } from './settings.js'
import { verifyJwt } from './verify.js'

/** Milliseconds for which a verified token is not verified again. */
const KEPT_MS = 60_000

const MOST_KEPT = 10_000

// RFC 7515 3.1: three parts in base64url, the first of which is a JSON object and so begins with "{".
const COMPACT = /^e[w-z0-9_-][\w-]*\.[\w-]+\.[\w-]*$/

/** Bearer tokens that a set of keys vouches for. */
export function jwtKind (settings: JwtSettings, keys: KeySet): TokenKind {
  const kept = new Map<string, { readonly credential: Credential, readonly until: number }>()
  let generation = keys.generation

  /** A key that is gone vouches for nothing. */
  function forgetOld (): void {
    if (generation === keys.generation) return
    generation = keys.generation
    kept.clear()
  }

  function keep (hash: string, credential: Credential, now: number): void {
    forgetOld()
    // The oldest: a Map has them in order.
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string)
    kept.set(hash, { credential, until: Math.min(now + KEPT_MS, credential.expiresAt as number) })
  }

  async function verify (token: string, hash: string, now: number): ReturnType<typeof verifyJwt> {
    const found = await verifyJwt(token, { key: keys.find, settings, now })
    if (typeof found !== 'string') keep(hash, found, now)
    return found
  }

  return {
    matches: (token) => COMPACT.test(token),
    find (token, now) {
      forgetOld()
      const hash = createHash('sha256').update(token).digest('base64')
      const known = kept.get(hash)
      return known !== undefined && now < known.until ? known.credential : verify(token, hash, now)
    }
  }
}

/**
 * JWTs of JWT_ISSUER. Keys of a file are read now; an issuer that does not answer yet is no reason not to start.
 * @throws SettingError
 */
export async function openJwt (settings: JwtSettings, log: Logger): Promise<TokenKind> {
  const keys = createKeySet(keySource(settings), log)
  const first = keys.refresh()
  if (settings.jwtJwksFile !== undefined) await first
  if (keys.failure !== undefined) throw new SettingError(`JWT_JWKS_FILE cannot be used: ${keys.failure.message}`, { cause: keys.failure })
  log.info(`JWTs of ${settings.jwtIssuer} for ${settings.jwtAudience.join(', ')} are taken as bearer tokens`)
  return jwtKind(settings, keys)
}
