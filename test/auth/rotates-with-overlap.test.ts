import { expect, inject, test } from 'vitest'
import { Credentials, hashKey, type Credential } from '../../src/auth/credentials.js'
import { admin, call } from '../support/gateway.js'

const { url } = inject('gateway')

/** 404 for what is taken: it has every scope and names no instance that is there. */
const ask = async (key: string): Promise<number> => (await call(`${url}/proxy/ledgers?instance_id=inst_nowhere`, { headers: { Authorization: `Bearer ${key}` } })).status

test('the new secret is taken at once, the old one until the overlap ends, an earlier one no more', async () => {
  const { json: made } = await admin('POST', '/admin/keys', { name: 'turning', scopes: ['*'], expires_in_days: 30 })
  const first = await admin('POST', `/admin/keys/${made.id}/rotate`, { overlap_seconds: 3600 })
  expect(first.json).toMatchObject({ id: made.id, name: 'turning', scopes: ['*'], expires_at: made.expires_at, status: 'overlapping', former_prefix: made.api_key_prefix })
  expect(first.json.api_key).toMatch(/^blnk_[\w-]{43}$/)
  expect(first.json.api_key_prefix).toBe(first.json.api_key.slice(0, 13))
  expect(Date.parse(first.json.former_until) - Date.parse(first.json.rotated_at)).toBe(3_600_000)
  expect(await Promise.all([made.api_key, first.json.api_key].map(ask))).toEqual([404, 404])

  const second = await admin('POST', `/admin/keys/${made.id}/rotate`, { overlap_seconds: 60 })
  expect(await Promise.all([made.api_key, first.json.api_key, second.json.api_key].map(ask))).toEqual([401, 404, 404])

  const third = await admin('POST', `/admin/keys/${made.id}/rotate`)
  expect(third.json.status).toBe('active')
  expect(await Promise.all([first.json.api_key, second.json.api_key, third.json.api_key].map(ask))).toEqual([401, 401, 404])
  expect((await admin('GET', `/admin/keys/${made.id}`)).text).not.toContain(third.json.api_key)

  await admin('DELETE', `/admin/keys/${made.id}`)
  expect(await ask(third.json.api_key)).toBe(401)
  const ended = await admin('POST', `/admin/keys/${made.id}/rotate`, {})
  expect([ended.status, ended.json.error_detail.code]).toEqual([409, 'KEY_ENDED'])
})

test('a revocation in the overlap ends both secrets', async () => {
  const { json: made } = await admin('POST', '/admin/keys', { name: 'turning', scopes: ['*'] })
  const { json: next } = await admin('POST', `/admin/keys/${made.id}/rotate`, { overlap_seconds: 600 })
  await admin('DELETE', `/admin/keys/${made.id}`)
  expect(await Promise.all([made.api_key, next.api_key].map(ask))).toEqual([401, 401])
})

test.each([-1, 604_801, 0.5, '60'])('an overlap of %j is none', async (overlap) => {
  expect((await admin('POST', '/admin/keys/key_of-nobody/rotate', { overlap_seconds: overlap })).json.error).toContain('overlap_seconds')
})

test('a key of nobody is not rotated', async () => {
  expect((await admin('POST', '/admin/keys/key_of-nobody/rotate', {})).status).toBe(404)
})

const credential: Credential = { id: 'key_1', prefix: 'blnk_a', name: 'a', scopes: ['*'], kind: 'api', instances: null, expiresAt: null, revokedAt: null }

test.each([
  [{}, null],
  [{ expiresAt: 1_000 }, 'expired'],
  [{ expiresAt: 1_001 }, null],
  [{ revokedAt: 2_000, expiresAt: 1 }, 'revoked'],
  [{ formerUntil: 1_000 }, 'rotated'],
  [{ formerUntil: 1_001 }, null]
])('at 1,000 a key with %j is refused as %s, and its credential told to the log', (change, refused) => {
  const credentials = new Credentials()
  const one = { ...credential, ...change }
  credentials.put(hashKey('blnk_a'), one)
  expect(credentials.find('blnk_a', 1_000)).toEqual(refused === null ? one : { refused, credential: one })
  expect(credentials.find('blnk_b', 1_000)).toBe('unknown')
})

test('uses that could not be written are written the next time, the newer ones', () => {
  const credentials = new Credentials()
  credentials.use(credential, 1, '192.0.2.1')
  credentials.use({ ...credential, id: 'key_2' }, 1, '192.0.2.1')
  const lost = credentials.takeUsed()
  credentials.use(credential, 2, '192.0.2.2')
  credentials.returnUsed(lost)
  expect(Object.fromEntries(credentials.takeUsed())).toEqual({ key_1: { at: 2, address: '192.0.2.2' }, key_2: { at: 1, address: '192.0.2.1' } })
})
