/** The scopes of spec/00 0.3. */
export const SCOPES = ['*', 'proxy:read', 'proxy:write', 'data:read', 'data:write', 'alerts:read', 'alerts:write', 'mcp:read', 'mcp:write'] as const

export type Scope = typeof SCOPES[number]

// The vendor's demo app holds data scopes only and calls the proxy with them (spec/00 0.3).
const ALSO: Partial<Record<Scope, Scope>> = { 'proxy:read': 'data:read', 'proxy:write': 'data:write' }

export interface Grant {
  readonly scopes: readonly string[]
  /** An app key is one that an app's installation was given; it never holds `*`. */
  readonly kind: 'api' | 'app' | 'oauth' | 'jwt'
}

/** The names by which a credential's owner may ask for what is needed: an app has data scopes only. */
export const scopesToAskFor = (kind: Grant['kind'], needed: readonly Scope[]): Scope[] => needed.map((scope) => kind === 'app' ? ALSO[scope] ?? scope : scope)

/**
 * Whether a credential's scopes admit a call (spec/00 0.3, decision table).
 * @param needed one scope, or several of which one is enough
 * @param strict data scopes admit proxy calls of app keys only
 */
export function admits (grant: Grant, needed: Scope | readonly Scope[], strict: boolean): boolean {
  if (typeof needed !== 'string') return needed.some((scope) => admits(grant, scope, strict))
  if (grant.scopes.includes('*')) return needed !== '*' || grant.kind !== 'app'
  if (grant.scopes.includes(needed)) return true
  const also = ALSO[needed]
  return also !== undefined && grant.scopes.includes(also) && (!strict || grant.kind === 'app')
}
