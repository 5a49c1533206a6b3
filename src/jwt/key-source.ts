import { readFile } from 'node:fs/promises'
import { FetchError, fetchJson } from './fetch-json.js'
import type { JwtSettings } from './settings.js'

/** Fetches or reads the issuer's keys: a JWK Set (RFC 7517 5), not checked yet. */
export type KeySource = () => Promise<unknown>

export function keySource ({ jwtIssuer = '', jwtJwksUrl, jwtJwksFile }: JwtSettings): KeySource {
  if (jwtJwksFile !== undefined) return async () => await fromFile(jwtJwksFile)
  if (jwtJwksUrl !== undefined) return async () => await fetchJson(jwtJwksUrl)
  return async () => await fetchJson(await discovered(jwtIssuer))
}

async function fromFile (path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (error) {
    throw new FetchError(error instanceof SyntaxError ? `${path} is not JSON` : `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** Where an issuer says that its keys are: OpenID Connect Discovery 1.0, 4; without such a document, the usual place. */
async function discovered (issuer: string): Promise<string> {
  const base = issuer.replace(/\/+$/, '')
  try {
    const document = await fetchJson(`${base}/.well-known/openid-configuration`) as { issuer?: unknown, jwks_uri?: unknown } | null
    // 4.3: it must name the issuer that was asked.
    if (document?.issuer !== issuer) throw new FetchError(`the openid-configuration of ${issuer} names another issuer: set JWT_ISSUER to what the tokens have as iss, to the letter`)
    if (typeof document.jwks_uri !== 'string') throw new FetchError(`the openid-configuration of ${issuer} has no jwks_uri`)
    return document.jwks_uri
  } catch (error) {
    if (error instanceof FetchError && error.status === 404) return `${base}/.well-known/jwks.json`
    throw error
  }
}
