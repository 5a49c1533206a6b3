import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Handler } from '../gateway/row.js'
import { newSecret } from '../lib/ids.js'
import { checkCsrf } from '../login/csrf.js'
import { page } from '../login/page.js'
import { requireSession } from '../login/session.js'
import { judge, type Asked } from './authorization-request.js'
import { consentPage } from './consent-page.js'
import { issuerOf } from './issuer.js'
import { readParameters, type Parameters } from './parameters.js'
import { withParameters } from './redirect-uri.js'
import { description, NO_STORE } from './refusal.js'

/** What an authorization request consists of; the rest of a form of ours is not sent on. */
const NAMES = ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'code_challenge_method', 'response_mode']

interface Back { readonly redirectUri: string, readonly parameters: Readonly<Record<string, string | undefined>> }

/** After a form 303, so that no browser sends the form on (RFC 9700 4.12); else 302, as documented (spec/04 4.2). `iss`: RFC 9207. */
function goBack (request: FastifyRequest, reply: FastifyReply, { redirectUri, parameters }: Back): FastifyReply {
  const { rooms } = request.call as { rooms: Rooms }
  const location = withParameters(redirectUri, { ...parameters, iss: issuerOf(request, rooms) })
  return reply.headers({ ...NO_STORE, 'Referrer-Policy': 'no-referrer' }).redirect(location, request.method === 'POST' ? 303 : 302)
}

/**
 * What is asked, or the redirect that says why not.
 * @throws GatewayError OAUTH_INVALID_REQUEST, shown as a page: nothing goes to an address that is not the client's
 */
async function read (request: FastifyRequest, parameters: Parameters, rooms: Rooms): Promise<Asked | Back> {
  const id = parameters.values.get('client_id')
  if (id === undefined && !parameters.repeated.includes('client_id')) throw new GatewayError('OAUTH_INVALID_REQUEST', { message: 'The application that sent you here did not say which one it is: client_id is missing' })
  const known = id === undefined ? null : await rooms.opened.oauthClients.live(id)
  const verdict = judge(parameters, known?.client ?? null, { strict: rooms.config.oauthStrict, publicUrl: rooms.config.publicUrl })
  if (verdict.kind === 'page') throw new GatewayError('OAUTH_INVALID_REQUEST', { message: verdict.message })
  if (verdict.kind === 'asked') return verdict.asked
  const { redirectUri, state, error, message } = verdict
  rooms.log.info({ client: id, error, request_id: request.id }, `an authorization request was refused: ${message}`)
  return { redirectUri, parameters: { error, error_description: description(message), state } }
}

async function allow (asked: Asked, subject: string, rooms: Rooms): Promise<Back> {
  const code = `blnk_code_${newSecret()}`
  const { client, redirectUri, redirectUriGiven, scopes, challenge, state } = asked
  await rooms.opened.oauthTokens.addCode({ code, clientId: client.client_id, subject, scopes, redirectUri, redirectUriGiven, challenge })
  return { redirectUri, parameters: { code, state } }
}

/** RFC 6749 4.1.1 */
export const authorize: Handler = async (request, reply, { rooms }) => {
  const parameters = readParameters(request.query)
  const asked = await read(request, parameters, rooms)
  if ('parameters' in asked) return goBack(request, reply, asked)
  if (rooms.config.oauthAutoApprove) return goBack(request, reply, await allow(asked, 'admin', rooms))
  const session = await requireSession(request, reply, rooms)
  if (session === undefined) return reply
  const sent = [...parameters.values].filter(([name]) => NAMES.includes(name))
  const resources = parameters.resources.map((resource) => ['resource', resource] as const)
  return page(reply, consentPage(asked, session, [...sent, ...resources]))
}

/** What the person answered. What they were asked is judged again: the form comes from a browser. */
export const decide: Handler = async (request, reply, call) => {
  const { rooms } = call
  const session = await requireSession(request, reply, rooms)
  if (session === undefined) return reply
  checkCsrf(request, session)
  const parameters = readParameters(request.body)
  const asked = await read(request, parameters, rooms)
  if ('parameters' in asked) return goBack(request, reply, asked)
  const isAllowed = parameters.values.get('decision') === 'allow'
  call.acted = { actor: { kind: 'session', id: session.user, name: session.user }, action: isAllowed ? 'Consent given' : 'Consent denied', entityId: asked.client.client_id }
  if (isAllowed) return goBack(request, reply, await allow(asked, session.user, rooms))
  // RFC 6749 4.1.2.1
  return goBack(request, reply, { redirectUri: asked.redirectUri, parameters: { error: 'access_denied', error_description: 'The person did not allow it', state: asked.state } })
}
