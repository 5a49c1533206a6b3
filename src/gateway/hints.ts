import type { IncomingHttpHeaders } from 'node:http'
import { KEY_PREFIX } from '../auth/credentials.js'
import type { Hint } from '../errors.js'

// Each goes by the form of what was sent alone, never by what is known of it here.

/** Names by which other APIs take a credential in the URL; RFC 6750 2.3 has access_token, and advises against it. */
const CREDENTIAL_PARAMETER = /[?&](?:api[-_]?key|access[-_]?token|token|authorization)=/i

/** Why a request has no bearer token. */
export function missingTokenHint (headers: IncomingHttpHeaders, target: string): Hint | undefined {
  const { authorization } = headers
  if (authorization === undefined) {
    if (headers['x-blnk-key'] !== undefined) return 'core_header'
    if (headers['x-api-key'] !== undefined) return 'other_header'
    return CREDENTIAL_PARAMETER.test(target) ? 'credential_in_query' : undefined
  }
  if (/^basic(?: |$)/i.test(authorization)) return 'basic_credentials'
  if (/^(?:bearer)?$/i.test(authorization)) return 'token_missing'
  if (/^bearer /i.test(authorization)) return 'token_malformed'
  return authorization.includes(' ') ? undefined : 'scheme_missing'
}

/** What a token is, by its looks, that is no API key (spec/00 0.2, credential kinds). */
export function wrongTokenHint (token: string): Hint | undefined {
  if (token.startsWith('blnk_rt_')) return 'refresh_token'
  // RFC 7519 3: three parts with dots between them. A token of an identity provider is no Core key.
  const isJwt = token.split('.').length === 3
  return token.startsWith(KEY_PREFIX) || isJwt ? undefined : 'core_key'
}

const INSTANCE_HEADER = /^(?:x-)?(?:blnk-)?instance[-_]?id$/
const INSTANCE_PARAMETER = /[?&](instance(?:[-_]?id)?)(?:=|&|$)/i

/** Where the instance_id may be that is not in the query. */
export function instanceHint ({ headers, target, hasBody }: { headers: IncomingHttpHeaders, target: string, hasBody: boolean }): Hint | undefined {
  const name = INSTANCE_PARAMETER.exec(target)?.[1]
  if (name !== undefined) return name === 'instance_id' ? 'instance_empty' : 'instance_spelling'
  if (Object.keys(headers).some((header) => INSTANCE_HEADER.test(header))) return 'instance_in_header'
  // Whether it is there is not looked up: a refused caller's body is never read.
  return hasBody ? 'instance_in_body' : undefined
}
