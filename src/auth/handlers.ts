import { GatewayError, refuse } from '../errors.js'
import type { Rooms } from '../gateway/rooms.js'
import type { Handler } from '../gateway/row.js'
import { isAddressBlock } from '../lib/address-list.js'
import { newId, newSecret } from '../lib/ids.js'
import { hashKey, KEY_PREFIX, shownPrefix } from './credentials.js'
import { expiryOf, MOST_DAYS } from './expiry.js'
import { keyQueryOf } from './list-query.js'
import { SCOPES } from './scopes.js'
import type { KeyRecord, KeyStore } from './store.js'

type WithId = { id: string }

const scopes = { type: 'array', minItems: 1, uniqueItems: true, items: { enum: SCOPES } }
const name = { type: 'string', minLength: 1, maxLength: 200 }
const expiry = {
  expires_at: { type: ['string', 'null'], format: 'date-time' },
  expires_in_days: { type: ['integer', 'null'], minimum: 1, maximum: MOST_DAYS }
}
const addresses = { type: ['array', 'null'], minItems: 1, maxItems: 200, uniqueItems: true, items: { type: 'string', maxLength: 100 } }

export const newKeyBody = {
  type: 'object',
  required: ['name', 'scopes'],
  additionalProperties: false,
  properties: { name, scopes, ...expiry, addresses, instance_id: { type: ['string', 'null'], minLength: 1 } }
}

export const keyChangeBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: { name, scopes, ...expiry, addresses }
}

/** Seconds in a week: an overlap that is longer is two keys. */
const MOST_OVERLAP = 604_800

export const rotationBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { overlap_seconds: { type: 'integer', minimum: 0, maximum: MOST_OVERLAP } }
}

interface KeyMembers { name?: string, scopes?: string[], expires_at?: string | null, expires_in_days?: number | null, addresses?: string[] | null }

/**
 * Makes a key of 256 random bits and stores its hash.
 * @returns the key, which nothing but this answer holds, and its record
 */
export async function makeKey (store: KeyStore, key: { name: string, scopes: readonly string[], instanceId?: string | null, expiresAt?: string | null, addresses?: readonly string[] | null, preset?: string }): Promise<{ secret: string, record: KeyRecord | null }> {
  const secret = key.preset ?? KEY_PREFIX + newSecret()
  const record = await store.insert({
    id: newId('key'),
    hash: hashKey(secret),
    prefix: shownPrefix(secret),
    name: key.name,
    scopes: key.scopes,
    kind: 'api',
    instanceId: key.instanceId ?? null,
    expiresAt: key.expiresAt ?? null,
    addresses: key.addresses ?? null
  })
  return { secret, record }
}

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const FOREIGN_KEY_VIOLATION = '23503'

const found = <T>(record: T | null): T => {
  if (record === null) throw new GatewayError('KEY_NOT_FOUND')
  return record
}

function checkAddresses (list: readonly string[] | null | undefined): void {
  const wrong = list?.findIndex((one) => !isAddressBlock(one)) ?? -1
  if (wrong !== -1) refuse(`addresses.${wrong}: must be an address or a block in CIDR notation, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32`)
}

export const createKey: Handler = async (request, reply, { rooms }) => {
  const body = request.body as KeyMembers & { name: string, scopes: string[], instance_id?: string | null }
  const { instance_id: instanceId = null, addresses = null } = body
  checkAddresses(addresses)
  if (instanceId !== null && rooms.instances.find(instanceId) === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  const expiresAt = expiryOf(body, Date.now()) ?? null
  if (expiresAt !== null && !(Date.parse(expiresAt) > Date.now())) refuse('expires_at must be in the future')
  const { secret, record } = await makeKey(rooms.opened.keyStore, { name: body.name, scopes: body.scopes, instanceId, expiresAt, addresses })
    .catch((error: unknown) => {
      // Removed since it was looked up.
      throw (error as { code?: string }).code === FOREIGN_KEY_VIOLATION ? new GatewayError('INSTANCE_NOT_FOUND', { cause: error }) : error
    })
  await rooms.opened.changed('keys')
  const { id, ...rest } = found(record)
  return await reply.status(201).send({ id, api_key: secret, ...rest })
}

export const listKeys: Handler = async (request, _reply, { rooms }) => await rooms.opened.keyStore.list(keyQueryOf(request.query as Record<string, unknown>))

export const showKey: Handler = async (request, _reply, { rooms }) => found(await rooms.opened.keyStore.one((request.params as WithId).id))

/** What the configuration file says is changed there, or the next reload would undo it. */
async function refuseManaged (rooms: Rooms, id: string): Promise<void> {
  if (rooms.config.file !== undefined && found(await rooms.opened.keyStore.one(id)).managed_by === 'file') throw new GatewayError('MANAGED_BY_FILE')
}

/** What an app was granted stays as it is, and its key is not rotated (spec/06 6.1, 6.5). */
async function refuseOfApp (rooms: Rooms, id: string): Promise<void> {
  if (found(await rooms.opened.keyStore.one(id)).kind === 'app') throw new GatewayError('KEY_OF_APP')
}

/** Changes a key; its secret stays. */
export const updateKey: Handler = async (request, _reply, { rooms }) => {
  await refuseManaged(rooms, (request.params as WithId).id)
  const { expires_at: _at, expires_in_days: _days, ...rest } = request.body as KeyMembers
  if (rest.scopes !== undefined) await refuseOfApp(rooms, (request.params as WithId).id)
  checkAddresses(rest.addresses)
  const expiresAt = expiryOf(request.body as KeyMembers, Date.now())
  const record = found(await rooms.opened.keyStore.update((request.params as WithId).id, { ...rest, ...(expiresAt !== undefined && { expires_at: expiresAt }) }))
  await rooms.opened.changed('keys')
  return record
}

/** Gives a key another secret, shown this once; id, name, scopes and the rest stay. */
export const rotateKey: Handler = async (request, reply, { rooms }) => {
  const { keyStore, changed } = rooms.opened
  const { id: keyId } = request.params as WithId
  await refuseManaged(rooms, keyId)
  await refuseOfApp(rooms, keyId)
  const { overlap_seconds: overlapSeconds = 0 } = (request.body ?? {}) as { overlap_seconds?: number }
  const { status } = found(await keyStore.one(keyId))
  const secret = KEY_PREFIX + newSecret()
  const record = await keyStore.rotate(keyId, { hash: hashKey(secret), prefix: shownPrefix(secret), overlapSeconds })
  if (record === null) throw new GatewayError('KEY_ENDED', { message: `This key is ${status}, and what has ended is not rotated: make another, or give an expired one a new expires_at first` })
  await changed('keys')
  const { id, ...rest } = record
  return await reply.send({ id, api_key: secret, ...rest })
}

/** Revokes; the key stays listed (spec/00 0.2). Again: the same answer. */
export const revokeKey: Handler = async (request, _reply, { rooms }) => {
  await refuseManaged(rooms, (request.params as WithId).id)
  const record = found(await rooms.opened.keyStore.revoke((request.params as WithId).id))
  await rooms.opened.changed('keys')
  return record
}
