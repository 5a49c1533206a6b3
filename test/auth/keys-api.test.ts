import { expect, inject, test } from 'vitest'
import { admin, call } from '../support/gateway.js'

const { url } = inject('gateway')

test('a key is made, shown once, listed, changed and revoked', async () => {
  const made = await admin('POST', '/admin/keys', { name: 'ci', scopes: ['proxy:read', 'data:read'] })
  expect(made.status).toBe(201)
  expect(made.json.api_key).toMatch(/^blnk_[\w-]{43}$/)
  expect(made.json.api_key_prefix).toBe(made.json.api_key.slice(0, 13))
  const { id } = made.json

  const list = await admin('GET', '/admin/keys')
  expect(list.json.data.find((key: { id: string }) => key.id === id)).toMatchObject({ name: 'ci', scopes: ['proxy:read', 'data:read'], instance_id: null, revoked_at: null })
  expect(list.json.total).toBeGreaterThanOrEqual(list.json.data.length)
  expect(list.text).not.toContain(made.json.api_key)
  expect((await admin('GET', `/admin/keys/${id}`)).text).not.toContain(made.json.api_key)

  const changed = await admin('PUT', `/admin/keys/${id}`, { name: 'ci2', scopes: ['alerts:read'], expires_at: '2099-01-01T00:00:00Z' })
  expect(changed.json).toMatchObject({ id, name: 'ci2', scopes: ['alerts:read'], expires_at: '2099-01-01T00:00:00.000Z' })
  expect((await admin('PUT', `/admin/keys/${id}`, { expires_at: null })).json).toMatchObject({ name: 'ci2', expires_at: null })

  const revoked = await admin('DELETE', `/admin/keys/${id}`)
  expect(revoked.json.revoked_at).toMatch(/^\d{4}-/)
  expect((await admin('DELETE', `/admin/keys/${id}`)).json.revoked_at).toBe(revoked.json.revoked_at)
  expect((await admin('GET', `/admin/keys/${id}`)).json.revoked_at).toBe(revoked.json.revoked_at)
})

test.each([
  [{ name: 'x' }, "body: must have required property 'scopes'"],
  [{ name: '', scopes: ['*'] }, 'name: '],
  [{ name: 'x', scopes: [] }, 'scopes: '],
  [{ name: 'x', scopes: ['proxy:all'] }, 'scopes.0: must be equal to one of the allowed values: *, proxy:read'],
  [{ name: 'x', scopes: '*' }, 'scopes: must be array'],
  [{ name: 'x', scopes: ['*'], expires_at: 'tomorrow' }, 'expires_at: '],
  [{ name: 'x', scopes: ['*'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at must be in the future'],
  [{ name: 'x', scopes: ['*'], scope: '*' }, 'body: unknown member scope']
])('a body that is not right is a 400 that names the member: %o', async (body, sentence) => {
  const answer = await admin('POST', '/admin/keys', body)
  expect(answer.status).toBe(400)
  expect(answer.json.error_detail.code).toBe('GEN_VALIDATION_ERROR')
  expect(answer.json.error).toContain(sentence)
})

test('a key bound to an instance that is not there is a 404', async () => {
  expect((await admin('POST', '/admin/keys', { name: 'x', scopes: ['*'], instance_id: 'inst_nowhere' })).status).toBe(404)
})

test.each(['{', '', '[]', 'null'])('a body that is no JSON object is a 400: %j', async (body) => {
  const { adminToken } = inject('gateway')
  const answer = await call(`${url}/admin/keys`, { method: 'POST', body, headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' } })
  expect(answer.status).toBe(400)
  expect(answer.json.error_detail.message).toBe(answer.json.error)
})

test('the admin API never answers with CORS headers', async () => {
  const { adminToken } = inject('gateway')
  const headers = { Origin: 'http://localhost:3000', Authorization: `Bearer ${adminToken}` }
  const answer = await call(`${url}/admin/keys`, { headers })
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  expect((await call(`${url}/admin/keys`, { method: 'OPTIONS', headers: { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'POST' } })).status).toBe(404)
})

test('when a key was used shows in the list', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'used', scopes: ['alerts:read'] })
  await call(`${url}/proxy/ledgers`, { headers: { Authorization: `Bearer ${key.api_key}` } })
  await expect.poll(async () => (await admin('GET', `/admin/keys/${key.id}`)).json.last_used_at, { timeout: 60_000, interval: 200 }).toMatch(/^\d{4}-/)
})
