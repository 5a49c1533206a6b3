import { randomUUID } from 'node:crypto'
import { beforeAll, expect, inject, test } from 'vitest'
import { expiryOf } from '../../src/auth/expiry.js'
import { admin, call } from '../support/gateway.js'

const tag = randomUUID()
const { url } = inject('gateway')

beforeAll(async () => {
  const make = async (name: string, more: object = {}): Promise<{ id: string, api_key: string }> => (await admin('POST', '/admin/keys', { name: `${tag} ${name}`, scopes: ['proxy:read'], ...more })).json
  await make('100% active', { scopes: ['data:read', 'data:write'] })
  const soon = await make('expired')
  await admin('PUT', `/admin/keys/${soon.id}`, { expires_at: '2020-01-01T00:00:00Z' })
  await admin('DELETE', `/admin/keys/${(await make('revoked')).id}`)
  const turning = await make('turning')
  await admin('POST', `/admin/keys/${turning.id}/rotate`, { overlap_seconds: 600 })
  const { api_key: used } = await make('used')
  await call(`${url}/proxy/ledgers?instance_id=x`, { headers: { Authorization: `Bearer ${used}` } })
})

const names = async (query: string): Promise<{ names: string[], total: number }> => {
  const { status, json } = await admin('GET', `/admin/keys?search=${tag}${query}`)
  expect(status).toBe(200)
  return { names: json.data.map((key: { name: string }) => key.name.slice(tag.length + 1)), total: json.total }
}

test.each([
  ['', ['used', 'turning', 'revoked', 'expired', '100% active'], 5],
  ['&status=active', ['used', '100% active'], 2],
  ['&status=expired', ['expired'], 1],
  ['&status=revoked', ['revoked'], 1],
  ['&status=overlapping', ['turning'], 1],
  ['&scope=data:write', ['100% active'], 1],
  ['&instance_id=inst_nowhere', [], 0],
  ['&limit=2', ['used', 'turning'], 5],
  ['&limit=2&offset=4', ['100% active'], 5],
  ['&offset=5', [], 5],
  ['%20100%25', ['100% active'], 1],
  ['%20_00', [], 0]
])('the list with %j', async (query, expected, total) => {
  expect(await names(query)).toEqual({ names: expected, total })
})

test.each(['status=gone', 'scope=all', 'limit=0', 'limit=1001', 'offset=-1', 'state=active', 'limit=1&limit=2'])('%s is a 400', async (query) => {
  const answer = await admin('GET', `/admin/keys?${query}`)
  expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
})

test('a key is found by the beginning of its prefix', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'by prefix', scopes: ['*'] })
  expect((await admin('GET', `/admin/keys?search=${key.api_key_prefix}`)).json.data.map(({ id }: { id: string }) => id)).toContain(key.id)
})

test('from where a key was used last shows', async () => {
  await expect.poll(async () => (await admin('GET', `/admin/keys?search=${tag}%20used`)).json.data[0], { timeout: 60_000, interval: 200 })
    .toMatchObject({ last_used_address: '127.0.0.1', last_used_at: expect.stringMatching(/^\d{4}-/) })
})

test.each([
  [{}, undefined],
  [{ expires_at: null }, null],
  [{ expires_at: '2030-01-01T00:00:00Z' }, '2030-01-01T00:00:00Z'],
  [{ expires_in_days: null }, null],
  [{ expires_in_days: 30 }, '1970-01-31T00:00:00.000Z']
])('%j ends at %s', (body, at) => {
  expect(expiryOf(body, 0)).toBe(at)
})

test('a time and a number of days exclude each other', async () => {
  expect((await admin('POST', '/admin/keys', { name: 'x', scopes: ['*'], expires_at: null, expires_in_days: 7 })).json.error).toContain('exclude each other')
  const { json: key } = await admin('POST', '/admin/keys', { name: 'x', scopes: ['*'], expires_in_days: 7 })
  expect(Math.round((Date.parse(key.expires_at) - Date.parse(key.created_at)) / 86_400_000)).toBe(7)
  expect((await admin('PUT', `/admin/keys/${key.id}`, { expires_in_days: null })).json.expires_at).toBeNull()
})
