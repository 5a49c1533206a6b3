import { bindBody } from '../bind.js'
import type { Handler, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { required, struct } from '../json/bind.js'
import { list as listOf, text, time } from '../json/go-types.js'
import { json } from '../reply.js'
import { newApiKey } from './key.js'
import { mayGrant } from './scopes.js'
import { apiKeyJson, insertApiKey, listApiKeys, revokeApiKey, type ApiKey } from './store.js'

const createRequest = struct('model.CreateAPIKeyRequest', {
  name: required('Name', text),
  scopes: required('Scopes', listOf(text)),
  owner: required('Owner', text),
  expires_at: required('ExpiresAt', time)
})

/** The ledger's own key names any owner, and has to; a scoped key works for its own alone. */
function ownerOf (apiKey: ApiKey | undefined, wanted: string): string {
  if (apiKey === undefined) {
    if (wanted === '') throw new CoreError(400, 'APIKEY_OWNER_REQUIRED', 'owner is required')
    return wanted
  }
  if (wanted !== '' && wanted !== apiKey.owner_id) throw new CoreError(403, 'AUTH_CROSS_OWNER_ACCESS', 'cannot manage API keys for another owner')
  return apiKey.owner_id
}

/** The only answer that has the key in clear. */
const create: Handler = async (ledger, request) => {
  const { name, scopes, owner: wanted, expires_at: expiresAt } = bindBody(request, createRequest)
  const owner = ownerOf(request.apiKey, wanted)
  if (request.apiKey !== undefined && !mayGrant(request.apiKey.scopes, scopes ?? [])) throw new CoreError(403, 'AUTH_SCOPE_ESCALATION', 'cannot grant scopes broader than caller')
  const made = await insertApiKey(ledger, { key: newApiKey(ledger.schema), name, owner, scopes: scopes ?? [], expiresAt })
  return json(201, { ...apiKeyJson(made), expires_at: expiresAt })
}

const list: Handler = async (ledger, { apiKey, query }) => {
  const keys = await listApiKeys(ledger, ownerOf(apiKey, query.get('owner') ?? ''))
  return json(200, keys.length === 0 ? null : keys.map(apiKeyJson))
}

const revoke: Handler = async (ledger, { apiKey, params, query }) => {
  const owner = ownerOf(apiKey, query.get('owner') ?? '')
  if (!await revokeApiKey(ledger, params['id'] as string, owner)) throw new CoreError(404, 'APIKEY_NOT_FOUND', 'API key not found')
  return { status: 204, body: '' }
}

export const apiKeyRows: readonly Row[] = [
  { method: 'POST', path: '/api-keys', handler: create },
  { method: 'GET', path: '/api-keys', handler: list },
  { method: 'DELETE', path: '/api-keys/:id', handler: revoke }
]
