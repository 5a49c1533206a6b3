/** Signatures that are checked with a public key (RFC 7518 3.1, RFC 8037 3.1, RFC 9864 2.2). Never `none`, never a shared secret. */
export const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

export const STANDARD_SIGNATURES = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const

export interface JwtSettings {
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: readonly string[]
  readonly jwtJwksUrl: string | undefined
  readonly jwtJwksFile: string | undefined
  readonly jwtAlgorithms: readonly string[]
  /** Seconds */
  readonly jwtClockSkew: number
  readonly jwtScopesClaim: string
  readonly jwtScopeMap: ReadonlyMap<string, readonly string[]> | undefined
  readonly jwtInstancesClaim: string | undefined
}

/** What is missing, or too much, of settings that only work together; undefined for nothing. */
export function jwtMistake (s: JwtSettings): string | undefined {
  const others = { JWT_AUDIENCE: s.jwtAudience.length > 0, JWT_JWKS_URL: s.jwtJwksUrl !== undefined, JWT_JWKS_FILE: s.jwtJwksFile !== undefined, JWT_SCOPE_MAP: s.jwtScopeMap !== undefined, JWT_INSTANCES_CLAIM: s.jwtInstancesClaim !== undefined }
  if (s.jwtIssuer === undefined) {
    const lonely = Object.entries(others).find(([, isSet]) => isSet)?.[0]
    return lonely === undefined ? undefined : `${lonely} is set without JWT_ISSUER: set JWT_ISSUER and JWT_AUDIENCE too, or leave it out`
  }
  if (s.jwtAudience.length === 0) return 'JWT_ISSUER is set without JWT_AUDIENCE: name what the tokens for this gateway have as aud, or tokens for other services would be taken'
  if (s.jwtJwksUrl !== undefined && s.jwtJwksFile !== undefined) return 'JWT_JWKS_URL and JWT_JWKS_FILE exclude each other: keys come from one place'
  if (s.jwtJwksUrl === undefined && s.jwtJwksFile === undefined && !isFetchable(s.jwtIssuer)) return 'JWT_ISSUER must be a URL that starts with https:// (http:// on loopback), or JWT_JWKS_URL or JWT_JWKS_FILE must be set'
  return undefined
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether keys may be fetched from there: whoever can change them on the way could sign tokens. */
export function isFetchable (address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password } = new URL(address)
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname)))
}

/** `ledger-admin=*, reader=proxy:read data:read`; undefined for text that is none. */
export function readScopeMap (text: string): ReadonlyMap<string, readonly string[]> | undefined {
  const pairs = text.split(',').map((each) => /^\s*([^=\s]+)\s*=\s*(\S.*?)\s*$/.exec(each))
  if (pairs.includes(null)) return undefined
  return new Map(pairs.map((pair) => [pair?.[1] as string, (pair?.[2] as string).split(/\s+/)]))
}
