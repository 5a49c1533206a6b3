import { SCOPES } from '../auth/scopes.js'

/** Those of the scopes that are held too; `*` holds every one. */
export const within = (scopes: readonly string[], held: readonly string[]): string[] =>
  held.includes('*') ? [...scopes] : scopes.includes('*') ? [...held] : scopes.filter((scope) => held.includes(scope))

// RFC 6749 3.3
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * The scopes of a parameter `scope`, those of other services such as `openid` left out (RFC 6749 3.3); all that are held
 * where there is none (spec/04 4.2).
 * @returns null when it is malformed
 */
export function requestedScopes (scope: string | undefined, held: readonly string[]): string[] | null {
  if (scope === undefined) return [...held]
  if (!SCOPE.test(scope)) return null
  const named = new Set(scope.split(' '))
  return SCOPES.filter((one) => named.has(one))
}
