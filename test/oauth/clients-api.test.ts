import { expect, test } from 'vitest'
import { admin } from '../support/gateway.js'

test('a client is made, its secret shown once, listed, changed and revoked', async () => {
  const made = await admin('POST', '/admin/oauth/clients', { name: 'console', scopes: ['proxy:read'], redirect_uris: ['https://app.example.com/cb'], expires_at: '2099-01-01T00:00:00Z' })
  expect(made.status).toBe(201)
  expect(made.json).toMatchObject({ client_id: expect.stringMatching(/^blnk_client_[\w-]{22}$/), client_secret: expect.stringMatching(/^blnk_secret_[\w-]{43}$/), type: 'confidential', expires_at: '2099-01-01T00:00:00.000Z', last_used_at: null, revoked_at: null })
  const { client_id: id, client_secret: secret } = made.json
  const path = `/admin/oauth/clients/${id}`
  const list = await admin('GET', '/admin/oauth/clients')
  expect(list.json.data.find((one: { client_id: string }) => one.client_id === id)).toMatchObject({ name: 'console', redirect_uris: ['https://app.example.com/cb'] })
  expect(list.text + (await admin('GET', path)).text).not.toContain(secret)
  const changed = await admin('PUT', path, { name: 'other', scopes: ['*'], redirect_uris: [], expires_at: null })
  expect(changed.json).toMatchObject({ name: 'other', scopes: ['*'], redirect_uris: [], expires_at: null })
  const revoked = await admin('DELETE', path)
  expect(revoked.json.revoked_at).toMatch(/^\d{4}-/)
  expect((await admin('DELETE', path)).json.revoked_at).toBe(revoked.json.revoked_at)
  expect((await admin('GET', path)).json.revoked_at).toBe(revoked.json.revoked_at)
})

test.each([
  [{ scopes: ['*'] }, "must have required property 'name'"],
  [{ name: 'x', scopes: ['openid'] }, 'scopes.0: '],
  [{ name: 'x', scopes: ['*'], type: 'native' }, 'type: '],
  [{ name: 'x', scopes: ['*'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at must be in the future'],
  [{ name: 'x', scopes: ['*'], redirect_uris: ['http://app.example.com/'] }, 'redirect_uris: http://app.example.com/ must be https'],
  [{ name: 'x', scopes: ['*'], redirect_uris: ['https://app.example.com/#a'] }, 'without a fragment'],
  [{ name: 'x', scopes: ['*'], type: 'public' }, 'a public client needs at least one'],
  [{ name: 'x', scopes: ['*'], client_secret: 'mine' }, 'unknown member client_secret']
])('what is not right is a 400 that says so: %o', async (body, sentence) => {
  const answer = await admin('POST', '/admin/oauth/clients', body)
  expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
  expect(answer.json.error).toContain(sentence)
})

test('a public client keeps an address, and one that is not there is a 404', async () => {
  const { json } = await admin('POST', '/admin/oauth/clients', { name: 'x', scopes: ['*'], type: 'public', redirect_uris: ['com.example.app:/cb'] })
  expect(json.client_secret).toBe(null)
  expect((await admin('PUT', `/admin/oauth/clients/${json.client_id}`, { redirect_uris: [] })).status).toBe(400)
  for (const method of ['GET', 'DELETE']) expect((await admin(method, '/admin/oauth/clients/blnk_client_none')).json.error_detail.code).toBe('OAUTH_CLIENT_NOT_FOUND')
})
