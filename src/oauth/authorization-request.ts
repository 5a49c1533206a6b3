import { isChallenge } from './pkce.js'
import type { Client } from './client-store.js'
import type { Parameters } from './parameters.js'
import { isRegistered, redirectUriFault } from './redirect-uri.js'
import { requestedScopes, within } from './scope.js'

/** What a person is asked to allow. */
export interface Asked {
  readonly client: Client
  readonly redirectUri: string
  /** The exchange must then name it too. */
  readonly redirectUriGiven: boolean
  readonly scopes: readonly string[]
  readonly challenge: string | null
  readonly state: string | undefined
}

export type AuthorizationError = 'invalid_request' | 'unsupported_response_type' | 'invalid_scope' | 'invalid_target' | 'request_not_supported' | 'request_uri_not_supported'

export type Verdict =
  /** RFC 6749 4.1.2.1: nothing is sent to an address that is not known to be the client's. */
  | { readonly kind: 'page', readonly message: string }
  | { readonly kind: 'error', readonly redirectUri: string, readonly state: string | undefined, readonly error: AuthorizationError, readonly message: string }
  | { readonly kind: 'asked', readonly asked: Asked }

interface Rules {
  /** OAUTH_STRICT */
  readonly strict: boolean
  /** The gateway's own address, where it is known for sure: the only `resource` (RFC 8707). */
  readonly publicUrl: string | undefined
}

const page = (message: string): Verdict => ({ kind: 'page', message })

/** @param client the live client of client_id; null for none */
export function judge (parameters: Parameters, client: Client | null, rules: Rules): Verdict {
  const { values, repeated } = parameters
  if (repeated.includes('client_id') || repeated.includes('redirect_uri')) return page('client_id and redirect_uri are sent once each')
  if (client === null) return page('The application that sent you here is not known to this gateway, or no longer: its client_id is not valid')
  const given = values.get('redirect_uri')
  const { redirect_uris: registered } = client
  if (given === undefined && registered.length !== 1) return page('The application did not say where to return to: redirect_uri is missing')
  const redirectUri = given ?? registered[0] as string
  const fault = redirectUriFault(redirectUri)
  if (fault !== undefined) return page(`The application wants to return to an address that is not safe: redirect_uri ${fault}`)
  if (registered.length === 0 && rules.strict) return page('OAUTH_STRICT demands registered addresses, and this client has none: give it redirect_uris')
  if (registered.length > 0 && !isRegistered(redirectUri, registered)) return page('The application wants to return to an address that is not registered for it: redirect_uri is not one of its redirect_uris')

  const state = values.get('state')
  const wrong = faultOf(parameters, client, rules)
  if (wrong !== undefined) return { kind: 'error', redirectUri, state: repeated.includes('state') ? undefined : state, error: wrong[0], message: wrong[1] }
  const scopes = within(requestedScopes(values.get('scope'), client.scopes) ?? [], client.scopes)
  return { kind: 'asked', asked: { client, redirectUri, redirectUriGiven: given !== undefined, scopes, challenge: values.get('code_challenge') ?? null, state } }
}

type Fault = readonly [error: AuthorizationError, message: string]

/** What the client is told at its own address. */
function faultOf ({ values, repeated, resources }: Parameters, client: Client, { strict, publicUrl }: Rules): Fault | undefined {
  if (repeated.length > 0) return ['invalid_request', `${repeated.join(', ')}: sent more than once`]
  // RFC 9101 5; what was asked for there would be left out without a word.
  if (values.has('request')) return ['request_not_supported', 'request objects are not read: send the parameters themselves']
  if (values.has('request_uri')) return ['request_uri_not_supported', 'request objects are not read: send the parameters themselves']
  const type = values.get('response_type')
  if (type === undefined) return ['invalid_request', 'response_type is missing: send response_type=code']
  if (type !== 'code') return ['unsupported_response_type', 'response_type must be code']
  if ((values.get('response_mode') ?? 'query') !== 'query') return ['invalid_request', 'response_mode must be query']
  const scopes = requestedScopes(values.get('scope'), client.scopes)
  if (scopes === null) return ['invalid_scope', 'scope must be scopes with single spaces between them']
  if (within(scopes, client.scopes).length === 0) return ['invalid_scope', `this client has none of these scopes: it has ${client.scopes.join(' ')}`]
  if (publicUrl !== undefined && resources.some((one) => !URL.canParse(one) || new URL(one).origin !== publicUrl)) return ['invalid_target', `resource must be below ${publicUrl}`]
  return pkceFault(values, client.type === 'public' || strict) ?? (strict && !values.has('state') ? ['invalid_request', 'state is missing: OAUTH_STRICT demands it'] : undefined)
}

function pkceFault (values: ReadonlyMap<string, string>, demanded: boolean): Fault | undefined {
  const challenge = values.get('code_challenge')
  const method = values.get('code_challenge_method')
  if (challenge === undefined) return demanded || method !== undefined ? ['invalid_request', 'code_challenge is missing: send one with code_challenge_method=S256'] : undefined
  // RFC 7636 4.3: left out, the method would be plain.
  if (method !== 'S256') return ['invalid_request', 'code_challenge_method must be S256']
  return isChallenge(challenge) ? undefined : ['invalid_request', 'code_challenge must be the base64url of a SHA-256']
}
