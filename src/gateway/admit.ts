import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { bearerToken, KEY_PREFIX, type Credential, type Found } from '../auth/credentials.js'
import { admits, scopesToAskFor, type Scope } from '../auth/scopes.js'
import { GatewayError } from '../errors.js'
import type { Routed } from '../instances/registry.js'
import { instanceIdOf } from '../lib/instance-id.js'
import { hasBody } from '../proxy/headers.js'
import { instanceHint, missingTokenHint, wrongTokenHint } from './hints.js'
import type { Rooms } from './rooms.js'
import type { Call, Row, Tier } from './row.js'

/** What a refusal is logged with; never the token itself. */
interface Who { readonly reason: string, readonly credential?: Credential, readonly instance?: string }

/** A refusal that the log explains and the caller is told only as far as it helps. */
export class Refused extends GatewayError {
  constructor (readonly who: Who, ...args: ConstructorParameters<typeof GatewayError>) { super(...args) }
}

// RFC 6750 3 and 3.1
const challenge = (error?: string, scope?: string): { 'WWW-Authenticate': string } => ({
  'WWW-Authenticate': `Bearer realm="blnk-gateway"${error === undefined ? '' : `, error="${error}"`}${scope === undefined ? '' : `, scope="${scope}"`}`
})

/** Names where it is described how a token is got (RFC 9728 5.1). The host that was asked for is no proof of where that is. */
function pointing (challenged: { 'WWW-Authenticate': string }, { config: { publicUrl } }: Rooms): { 'WWW-Authenticate': string } {
  return publicUrl === undefined ? challenged : { 'WWW-Authenticate': `${challenged['WWW-Authenticate']}, resource_metadata="${publicUrl}/.well-known/oauth-protected-resource"` }
}

/**
 * Decides over a request from its head alone, before any of its body is read: credential 401, scope 403, instance_id
 * 400, instance 404 or 403, Core URL 409 (spec/00 0.3, order of checks).
 * @throws GatewayError
 */
export function admit (rooms: Rooms, row: Row, request: FastifyRequest): Call | Promise<Call> {
  // What is only in memory is decided at once: a promise costs more than all of it.
  const call = telling(rooms, request, () => decide(rooms, row, request))
  return call instanceof Promise ? call.then((one) => pass(rooms, one, request)) : pass(rooms, call, request)
}
/** Which routes exist under /proxy is for callers with a credential, as in Core (spec/09 1, unknown route). */
export function admitToNothing (rooms: Rooms, request: FastifyRequest): Credential | Promise<Credential> {
  return telling(rooms, request, () => admitCredential(rooms, request))
}

/** A check of its own after admission, such as a limit: it throws to refuse. */
export interface Gate {
  /** After scope and instance are known to be right, and before any of the body is read. */
  admitted?(call: Call, request: FastifyRequest): void | Promise<void>
  /** Once a credential was refused. What it throws is answered in place of that refusal. */
  failed?(request: FastifyRequest): void | Promise<void>
}

/** Asks the gates in turn, from the `at`th on: at once, where each answers at once. */
function askEach (gates: readonly Gate[], ask: (gate: Gate) => void | Promise<void>, at = 0): Promise<void> | undefined {
  for (let i = at; i < gates.length; i++) {
    const asked = ask(gates[i]!)
    if (asked instanceof Promise) return asked.then(() => askEach(gates, ask, i + 1))
  }
  return undefined
}

function pass (rooms: Rooms, call: Call, request: FastifyRequest): Call | Promise<Call> {
  // Who was refused by a gate is known to whoever is told of it.
  request.call = call
  return askEach(rooms.gates, (gate) => gate.admitted?.(call, request))?.then(() => call) ?? call
}

/** Tells the gates of a credential that is refused: one of them may answer in place of that. */
function telling <T> (rooms: Rooms, request: FastifyRequest, find: () => T | Promise<T>): T | Promise<T> {
  try {
    const found = find()
    return found instanceof Promise ? found.catch((error: unknown) => refusedAt(rooms, request, error)) : found
  } catch (error) {
    return refusedAt(rooms, request, error)
  }
}

/** @throws what was thrown, or what a gate answers in its place */
function refusedAt (rooms: Rooms, request: FastifyRequest, error: unknown): Promise<never> {
  const told = error instanceof Refused && error.status === 401 ? askEach(rooms.gates, (gate) => gate.failed?.(request)) : undefined
  if (told === undefined) throw error
  return told.then(() => { throw error })
}

/** Before any credential is looked at: none is known to be right or wrong. */
function refuseStale (rooms: Rooms): void {
  if (rooms.freshness.isStale) throw new GatewayError('CREDENTIALS_STALE', { headers: { 'Retry-After': '5' } })
}

const TIERS: readonly Tier[] = ['documented', 'core', 'any']

/**
 * A row that PROXY_ROUTES closes is routed too, and refused: `/proxy/search/reindex` must not fall to
 * `/proxy/search/:collection`.
 */
const isOpen = (row: Row, rooms: Rooms): boolean => row.tier === undefined || TIERS.indexOf(row.tier) <= TIERS.indexOf(rooms.config.proxyRoutes)

function decide (rooms: Rooms, row: Row, request: FastifyRequest): Call | Promise<Call> {
  const requestId = request.id
  const none = { requestId, row, rooms, credential: undefined, instanceId: undefined, upstream: undefined }
  const { scope } = row
  if (scope === 'public') return none
  if (!rooms.isOpen) throw new GatewayError('GATEWAY_NOT_READY', { headers: { 'Retry-After': '1' } })
  if (scope === 'admin') {
    admitAdmin(rooms, request)
    return none
  }
  refuseStale(rooms)
  const open = isOpen(row, rooms)
  const known = (credential: Credential): Call => {
    if (!open) throw new Refused({ reason: 'route_not_open', credential }, 'ROUTE_NOT_OPEN', { message: `${row.method} ${row.path} is not open through the proxy: start the gateway with PROXY_ROUTES=${row.tier}` })
    admitScope(rooms, scope, { credential, method: row.method })
    if (row.instance === 'none') return { ...none, credential }
    const { instance, upstream } = admitInstance(rooms, credential, request)
    return { requestId, row, rooms, credential, instanceId: instance.instanceId, upstream }
  }
  const credential = admitCredential(rooms, request)
  return credential instanceof Promise ? credential.then(known) : known(credential)
}

/**
 * The credential of a request; a promise for a kind of token that is not all in memory.
 * @throws Refused AUTH_REQUIRED, AUTH_INVALID
 */
function admitCredential (rooms: Rooms, request: FastifyRequest): Credential | Promise<Credential> {
  const header = request.headers.authorization
  const token = bearerToken(header)
  if (token === null) {
    const hint = missingTokenHint(request.headers, request.url)
    const reason = hint ?? (header === undefined ? 'no_credential' : 'not_a_bearer_token')
    throw new Refused({ reason }, 'AUTH_REQUIRED', { hint, headers: pointing(challenge(header === undefined ? undefined : 'invalid_request'), rooms) })
  }
  const kind = rooms.tokenKinds.find((one) => one.matches(token)) ?? rooms.credentials
  const now = Date.now()
  const found = kind.find(token, now)
  if (found instanceof Promise) return found.then((one) => admitAddress(valid(rooms, one, token), request))
  const credential = admitAddress(valid(rooms, found, token), request)
  if (kind === rooms.credentials) rooms.credentials.use(credential, now, request.record?.address ?? '')
  return credential
}

function valid (rooms: Rooms, found: Found, token: string): Credential {
  if (typeof found !== 'string' && !('refused' in found)) return found
  // One answer for unknown, expired, revoked and rotated: which it was, and whose, is for the log.
  const hint = wrongTokenHint(token)
  const who: Who = typeof found !== 'string'
    ? { reason: `${found.refused}_credential`, credential: found.credential }
    : { reason: found === 'unknown' && hint !== undefined ? hint : found.startsWith('jwt_') ? found : `${found}_credential` }
  throw new Refused(who, 'AUTH_INVALID', { hint, headers: pointing(challenge('invalid_token'), rooms) })
}

/** Says what the address is taken for: a proxy that TRUST_PROXY does not name is what is mostly wrong. */
function admitAddress (credential: Credential, request: FastifyRequest): Credential {
  if (credential.addresses === undefined) return credential
  const address = request.record?.address ?? ''
  if (credential.addresses(address)) return credential
  throw new Refused({ reason: 'address_not_listed', credential }, 'ADDRESS_FORBIDDEN', {
    message: `This key is not taken from ${isIP(address) === 0 ? 'an unknown address' : address}: call from an address of its list; behind a proxy, TRUST_PROXY must name it`
  })
}

function admitAdmin (rooms: Rooms, request: FastifyRequest): void {
  const token = bearerToken(request.headers.authorization)
  if (token === null) {
    const hint = missingTokenHint(request.headers, request.url)
    throw new Refused({ reason: hint ?? 'no_credential' }, 'AUTH_REQUIRED', { message: 'The admin API needs the admin token: send Authorization: Bearer YOUR_ADMIN_TOKEN', hint, headers: challenge() })
  }
  const hash = createHash('sha256').update(token).digest()
  if (timingSafeEqual(hash, rooms.adminToken)) return
  const hint = token.startsWith(KEY_PREFIX) ? 'api_key_for_admin' : undefined
  throw new Refused({ reason: 'wrong_admin_token' }, 'AUTH_INVALID', { hint, headers: challenge('invalid_token') })
}

function admitScope (rooms: Rooms, needed: Scope | readonly Scope[], { credential, method }: { credential: Credential, method: string }): void {
  if (admits(credential, needed, rooms.config.strictScopes)) return
  const scopes = scopesToAskFor(credential.kind, typeof needed === 'string' ? [needed] : needed)
  throw new Refused({ reason: 'insufficient_scope', credential }, 'AUTH_INSUFFICIENT_SCOPE', {
    message: `insufficient scope: this credential has ${credential.scopes.join(', ') || 'none'}; ${method} here needs ${scopes.join(' or ')}`,
    headers: pointing(challenge('insufficient_scope', scopes.join(' ')), rooms)
  })
}

function admitInstance (rooms: Rooms, credential: Credential, request: FastifyRequest): Routed {
  const id = instanceIdOf(request.url)
  if (id === null) throw new GatewayError('INSTANCE_ID_REPEATED')
  if (id === undefined) {
    const hint = instanceHint({ headers: request.headers, target: request.url, hasBody: hasBody(request.raw.rawHeaders) })
    throw new Refused({ reason: 'no_instance_id', credential }, 'INSTANCE_ID_REQUIRED', { hint })
  }
  // A bound key learns nothing of which other instances exist.
  if (credential.instances !== null && !credential.instances.includes(id)) {
    throw new Refused({ reason: 'bound_to_another_instance', credential, instance: id }, 'INSTANCE_FORBIDDEN', { message: `This credential is bound to ${named(credential.instances)}: send that instance_id` })
  }
  const routed = rooms.instances.find(id)
  if (routed === undefined) throw new Refused({ reason: 'unknown_instance', credential, instance: id }, 'INSTANCE_NOT_FOUND')
  return routed
}

const named = (ids: readonly string[]): string => ids.length === 0 ? 'no instance' : ids.length === 1 ? `the instance ${ids[0]}` : `the instances ${ids.join(', ')}`
