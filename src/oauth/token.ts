import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { GatewayError, type ErrorCode } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Call, Handler } from '../gateway/row.js'
import { newSecret } from '../lib/ids.js'
import { clientCredentials } from './client-authentication.js'
import type { Client } from './client-store.js'
import { readParameters, type Parameters } from './parameters.js'
import { answersChallenge } from './pkce.js'
import { NO_STORE } from './refusal.js'
import { requestedScopes, within } from './scope.js'
import { hashToken } from './token-store.js'

const refusal = (code: ErrorCode, message?: string): GatewayError => new GatewayError(code, message === undefined ? {} : { message })

/** One sentence for unknown, wrong, expired and revoked: which it was helps nobody who guesses. */
async function notAuthenticated (request: FastifyRequest, rooms: Rooms, message?: string): Promise<GatewayError> {
  for (const gate of rooms.gates) await gate.failed?.(request)
  // RFC 6749 5.2
  return new GatewayError('OAUTH_INVALID_CLIENT', { headers: { 'WWW-Authenticate': 'Basic realm="blnk-gateway"' }, ...(message === undefined ? {} : { message }) })
}

/** @throws GatewayError OAUTH_INVALID_CLIENT, or what a gate answers in its place */
async function authenticate (request: FastifyRequest, parameters: Parameters, rooms: Rooms): Promise<Client> {
  if (parameters.repeated.length > 0) throw refusal('OAUTH_INVALID_REQUEST', `${parameters.repeated.join(', ')}: sent more than once`)
  const sent = clientCredentials(request.headers.authorization, parameters)
  if (typeof sent === 'string') throw await notAuthenticated(request, rooms, sent)
  const known = await rooms.opened.oauthClients.live(sent.id)
  // A hash is compared also where there is none, so that the time tells nothing of which clients there are.
  const hash = sent.secret === undefined ? null : hashToken(sent.secret)
  const stored = known?.secretHash ?? null
  const isRight = hash === null || stored === null ? hash === stored : timingSafeEqual(hash, stored)
  if (known === null || !isRight) throw await notAuthenticated(request, rooms)
  return known.client
}

/** As the audit log has it. */
const actedBy = ({ client_id: id, name }: Client): NonNullable<Call['acted']> => ({ actor: { kind: 'client', id, name }, entityId: id })

interface Taken {
  readonly from: { code: string } | { refresh: string }
  readonly grantId: string
  readonly clientId: string
  readonly scopes: readonly string[]
}

/** spec/04 4.3; RFC 6749 4.1.3 and 6 */
export const token: Handler = async (request, reply, call) => {
  const { rooms } = call
  reply.headers(NO_STORE)
  const parameters = readParameters(request.body)
  const client = await authenticate(request, parameters, rooms)
  call.acted = actedBy(client)
  const type = parameters.values.get('grant_type')
  if (type === undefined) throw refusal('OAUTH_INVALID_REQUEST', 'grant_type is missing: send authorization_code or refresh_token')
  if (type !== 'authorization_code' && type !== 'refresh_token') throw refusal('OAUTH_UNSUPPORTED_GRANT_TYPE')
  const taken = await (type === 'refresh_token' ? takeRefresh : takeCode)(parameters.values, client, rooms)
  return await give(taken, rooms)
}

/** Whoever has what was used already may be a thief, or the one who was robbed (RFC 6749 4.1.2; RFC 9700 4.14.2). */
async function revokeReused (what: string, { grantId, clientId }: { grantId: string, clientId: string }, rooms: Rooms): Promise<GatewayError> {
  // Of many at a time one revokes, and tells of it.
  if (await rooms.opened.oauthTokens.revokeGrant(grantId)) {
    rooms.audit?.act({ actor: { kind: 'gateway' }, action: 'Grant revoked', entityKind: 'client', entityId: clientId, outcome: 'done', reason: `${what.replace(' ', '_')}_reused` })
    rooms.log.warn({ client: clientId, grant: grantId }, `${what} was used again: all that came of its grant is revoked`)
    await rooms.opened.changed('tokens')
  }
  return refusal('OAUTH_INVALID_GRANT', `This ${what} was used already: all tokens that came of its grant are revoked now`)
}

async function takeCode (values: Parameters['values'], client: Client, rooms: Rooms): Promise<Taken> {
  const code = values.get('code')
  if (code === undefined) throw refusal('OAUTH_INVALID_REQUEST', 'code is missing')
  const issued = await rooms.opened.oauthTokens.code(code)
  if (issued === null || issued.clientId !== client.client_id) throw refusal('OAUTH_INVALID_GRANT', 'This code is not known, or not for this client')
  const redirectUri = values.get('redirect_uri')
  if (redirectUri === undefined ? issued.redirectUriGiven : redirectUri !== issued.redirectUri) throw refusal('OAUTH_INVALID_GRANT', 'redirect_uri is not the one of the authorization request')
  const verifier = values.get('code_verifier')
  // RFC 9700 4.8.2: a verifier without a challenge is what is left when somebody took the challenge away.
  if (issued.challenge === null ? verifier !== undefined : verifier === undefined || !answersChallenge(verifier, issued.challenge)) {
    throw refusal('OAUTH_INVALID_GRANT', issued.challenge === null ? 'code_verifier is sent, and no code_challenge was' : 'code_verifier does not answer the code_challenge of the authorization request')
  }
  if (issued.state === 'used') throw await revokeReused('code', issued, rooms)
  if (issued.state !== 'live') throw refusal('OAUTH_INVALID_GRANT', 'This code has expired, or was revoked')
  return { from: { code }, ...issued, scopes: within(issued.scopes, client.scopes) }
}

async function takeRefresh (values: Parameters['values'], client: Client, rooms: Rooms): Promise<Taken> {
  const refresh = values.get('refresh_token')
  if (refresh === undefined) throw refusal('OAUTH_INVALID_REQUEST', 'refresh_token is missing')
  const issued = await rooms.opened.oauthTokens.refresh(refresh)
  if (issued === null || issued.clientId !== client.client_id) throw refusal('OAUTH_INVALID_GRANT', 'This refresh token is not known, or not for this client')
  if (issued.state === 'used') throw await revokeReused('refresh token', issued, rooms)
  if (issued.state !== 'live') throw refusal('OAUTH_INVALID_GRANT', 'This refresh token has expired, or was revoked')
  // RFC 6749 6: no more than was granted.
  const scopes = requestedScopes(values.get('scope'), issued.scopes)
  if (scopes === null || scopes.length === 0 || within(scopes, issued.scopes).length < scopes.length) throw refusal('OAUTH_INVALID_SCOPE', `scope must be among those that were granted: ${issued.scopes.join(' ')}`)
  return { from: { refresh }, ...issued, scopes: within(within(scopes, issued.scopes), client.scopes) }
}

async function give ({ from, grantId, clientId, scopes }: Taken, rooms: Rooms): Promise<object> {
  if (scopes.length === 0) throw refusal('OAUTH_INVALID_GRANT', 'The client has none of the granted scopes any more')
  const access = `blnk_at_${newSecret()}`
  const refresh = `blnk_rt_${newSecret()}`
  const seconds = await rooms.opened.oauthTokens.exchange(from, { access, refresh, scopes, seconds: rooms.config.oauthAccessTtl })
  // Somebody was faster by a moment.
  if (seconds === null) throw await revokeReused('code' in from ? 'code' : 'refresh token', { grantId, clientId }, rooms)
  return { access_token: access, token_type: 'Bearer', expires_in: seconds, refresh_token: refresh, scope: scopes.join(' ') }
}

/** RFC 7009: 200 whether there was such a token or not. */
export const revoke: Handler = async (request, reply, call) => {
  const { rooms } = call
  reply.headers(NO_STORE)
  const parameters = readParameters(request.body)
  const client = await authenticate(request, parameters, rooms)
  call.acted = actedBy(client)
  const sent = parameters.values.get('token')
  if (sent === undefined) throw refusal('OAUTH_INVALID_REQUEST', 'token is missing')
  if (await rooms.opened.oauthTokens.revoke(sent, client.client_id)) await rooms.opened.changed('tokens')
  return await reply.status(200).send({})
}
