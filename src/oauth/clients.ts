import { SCOPES } from '../auth/scopes.js'
import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import { newSecret } from '../lib/ids.js'
import type { Client, ClientChange } from './client-store.js'
import { redirectUriFault } from './redirect-uri.js'
import { hashToken } from './token-store.js'

const name = { type: 'string', minLength: 1, maxLength: 200 }
const scopes = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: SCOPES } }
const redirectUris = { type: 'array', maxItems: 20, uniqueItems: true, items: { type: 'string', minLength: 1, maxLength: 2000 } }
const expiresAt = { type: ['string', 'null'], format: 'date-time' }

export const newClientBody = {
  type: 'object',
  required: ['name', 'scopes'],
  additionalProperties: false,
  properties: { name, scopes, type: { enum: ['confidential', 'public'] }, redirect_uris: redirectUris, expires_at: expiresAt }
}

export const clientChangeBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { name, scopes, redirect_uris: redirectUris, expires_at: expiresAt }
}

const invalid = (message: string): GatewayError => new GatewayError('GEN_VALIDATION_ERROR', { message })

/** Addresses are checked when they are registered too, where somebody reads why. */
function checkAddresses (uris: readonly string[], { isPublic, strict }: { isPublic: boolean, strict: boolean }): void {
  for (const uri of uris) {
    const fault = redirectUriFault(uri)
    if (fault !== undefined) throw invalid(`redirect_uris: ${uri} ${fault}`)
  }
  if (uris.length > 0) return
  // Anybody could be a client without a secret whose codes go to any address.
  if (isPublic) throw invalid('redirect_uris: a public client needs at least one')
  if (strict) throw invalid('redirect_uris: OAUTH_STRICT demands at least one')
}

const found = (client: Client | null): Client => {
  if (client === null) throw new GatewayError('OAUTH_CLIENT_NOT_FOUND')
  return client
}

/** The secret is in this answer and nowhere else. */
export const createClient: Handler = async (request, reply, { rooms }) => {
  const body = request.body as { name: string, scopes: string[], type?: Client['type'], redirect_uris?: string[], expires_at?: string | null }
  const isPublic = body.type === 'public'
  const uris = body.redirect_uris ?? []
  checkAddresses(uris, { isPublic, strict: rooms.config.oauthStrict })
  if (typeof body.expires_at === 'string' && !(Date.parse(body.expires_at) > Date.now())) throw invalid('expires_at must be in the future')
  const secret = isPublic ? null : `blnk_secret_${newSecret()}`
  const client = await rooms.opened.oauthClients.insert({
    id: `blnk_client_${newSecret(16)}`,
    secretHash: secret === null ? null : hashToken(secret),
    name: body.name,
    scopes: body.scopes,
    redirectUris: uris,
    expiresAt: body.expires_at ?? null
  })
  const { client_id: id, ...rest } = client
  return await reply.status(201).send({ client_id: id, client_secret: secret, ...rest })
}

export const listClients: Handler = async (_request, _reply, { rooms }) => {
  const data = await rooms.opened.oauthClients.all()
  return { data, total: data.length }
}

type WithId = { id: string }

export const showClient: Handler = async (request, _reply, { rooms }) => found(await rooms.opened.oauthClients.one((request.params as WithId).id))

/** What a client is given less takes effect at once, on tokens that it has too. */
export const updateClient: Handler = async (request, _reply, { rooms }) => {
  const { id } = request.params as WithId
  const change = request.body as ClientChange
  const { type } = found(await rooms.opened.oauthClients.one(id))
  if (change.redirect_uris !== undefined) checkAddresses(change.redirect_uris, { isPublic: type === 'public', strict: rooms.config.oauthStrict })
  const client = found(await rooms.opened.oauthClients.update(id, change))
  await rooms.opened.changed('tokens')
  return client
}

/** Revokes; it stays listed, and its tokens end at once (spec/04 4.1). Again: the same answer. */
export const revokeClient: Handler = async (request, _reply, { rooms }) => {
  const client = found(await rooms.opened.oauthClients.revoke((request.params as WithId).id))
  await rooms.opened.changed('tokens')
  return client
}
