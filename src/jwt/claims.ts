import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Credential } from '../auth/credentials.js'
import type { JwtSettings } from './settings.js'

/** What may be a name, and be stored and logged. */
const PLAIN = /^[^\p{Cc}]{1,255}$/u

// https://tc39.es/ecma262/#sec-time-values-and-time-range: 1e400 is read as Infinity, and would never come.
const LAST_SECOND = 8.64e12

const isPlain = (value: unknown): value is string => typeof value === 'string' && PLAIN.test(value)

/** The claim of this name, or of this path: `realm_access.roles`. A name may have dots of its own, as in `https://example.com/roles`. */
export function claimAt (claims: object, path: string): unknown {
  if (Object.hasOwn(claims, path)) return (claims as Record<string, unknown>)[path]
  let found: unknown = claims
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

/** RFC 8693 4.2: a list with spaces between; others write an array. */
function wordsOf (value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}

function instancesOf (claims: JWTPayload, claim: string | undefined): readonly string[] | null {
  if (claim === undefined) return null
  const ids = wordsOf(claimAt(claims, claim))
  return ids.includes('*') ? null : ids
}

/** Who a token with these claims stands for, once they are verified; undefined where it names nobody. */
export function credentialOfClaims (claims: JWTPayload, s: JwtSettings): Credential | undefined {
  const { iss, sub, exp } = claims
  if (!isPlain(sub) || exp === undefined || exp > LAST_SECOND) return undefined
  const id = `${iss}#${sub}`
  const words = wordsOf(claimAt(claims, s.jwtScopesClaim))
  const map = s.jwtScopeMap
  return {
    id,
    // Every token begins alike, so the log tells callers apart by this.
    prefix: `jwt_${createHash('sha256').update(id).digest('hex').slice(0, 8)}`,
    // RFC 9068 2.2, and azp of OpenID Connect Core 2.
    name: [claims['client_id'], claims['azp']].find(isPlain) ?? sub,
    subject: sub,
    scopes: map === undefined ? words : [...new Set(words.flatMap((word) => map.get(word) ?? []))],
    kind: 'jwt',
    instances: instancesOf(claims, s.jwtInstancesClaim),
    expiresAt: exp * 1000,
    revokedAt: null
  }
}
