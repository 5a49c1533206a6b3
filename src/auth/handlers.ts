import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import { newId, newSecret } from '../lib/ids.js'
import { hashKey, KEY_PREFIX, shownPrefix } from './credentials.js'
import { SCOPES } from './scopes.js'
import type { KeyRecord, KeyStore } from './store.js'

type WithId = { id: string }

const scopes = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: SCOPES } }
const name = { type: 'string', minLength: 1, maxLength: 200 }
const expiresAt = { type: ['string', 'null'], format: 'date-time' }

export const newKeyBody = {
  type: 'object',
  required: ['name', 'scopes'],
  additionalProperties: false,
  properties: { name, scopes, expires_at: expiresAt, instance_id: { type: ['string', 'null'], minLength: 1 } }
}

export const keyChangeBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { name, scopes, expires_at: expiresAt }
}

/**
 * Makes a key of 256 random bits and stores its hash.
 * @returns the key, which nothing but this answer holds, and its record
 */
export async function makeKey (store: KeyStore, key: { name: string, scopes: readonly string[], instanceId?: string | null, expiresAt?: string | null, preset?: string }): Promise<{ secret: string, record: KeyRecord | null }> {
  const secret = key.preset ?? KEY_PREFIX + newSecret()
  const record = await store.insert({
    id: newId('key'),
    hash: hashKey(secret),
    prefix: shownPrefix(secret),
    name: key.name,
    scopes: key.scopes,
    kind: 'api',
    instanceId: key.instanceId ?? null,
    expiresAt: key.expiresAt ?? null
  })
  return { secret, record }
}

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const FOREIGN_KEY_VIOLATION = '23503'

const found = <T>(record: T | null): T => {
  if (record === null) throw new GatewayError('KEY_NOT_FOUND')
  return record
}

export const createKey: Handler = async (request, reply, { rooms }) => {
  const body = request.body as { name: string, scopes: string[], expires_at?: string | null, instance_id?: string | null }
  if (typeof body.instance_id === 'string' && rooms.instances.find(body.instance_id) === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  if (typeof body.expires_at === 'string' && !(Date.parse(body.expires_at) > Date.now())) throw new GatewayError('GEN_VALIDATION_ERROR', { message: 'expires_at must be in the future' })
  const { secret, record } = await makeKey(rooms.opened.keyStore, { name: body.name, scopes: body.scopes, instanceId: body.instance_id ?? null, expiresAt: body.expires_at ?? null })
    .catch((error: unknown) => {
      // Removed since it was looked up.
      throw (error as { code?: string }).code === FOREIGN_KEY_VIOLATION ? new GatewayError('INSTANCE_NOT_FOUND', { cause: error }) : error
    })
  await rooms.opened.changed('keys')
  const { id, ...rest } = found(record)
  return await reply.status(201).send({ id, api_key: secret, ...rest })
}

export const listKeys: Handler = async (_request, _reply, { rooms }) => {
  const data = await rooms.opened.keyStore.all()
  return { data, total: data.length }
}

export const showKey: Handler = async (request, _reply, { rooms }) => found(await rooms.opened.keyStore.one((request.params as WithId).id))

export const updateKey: Handler = async (request, _reply, { rooms }) => {
  const record = found(await rooms.opened.keyStore.update((request.params as WithId).id, request.body as { name?: string, scopes?: string[], expires_at?: string | null }))
  await rooms.opened.changed('keys')
  return record
}

/** Revokes; the key stays listed (spec/00 0.2). Again: the same answer. */
export const revokeKey: Handler = async (request, _reply, { rooms }) => {
  const record = found(await rooms.opened.keyStore.revoke((request.params as WithId).id))
  await rooms.opened.changed('keys')
  return record
}
