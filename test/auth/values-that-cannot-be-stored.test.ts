import { expect, test } from 'vitest'
import { admin, ownInstance } from '../support/gateway.js'

const NUL = '\u0000'

test.each([
  ['POST', '/admin/keys', { name: NUL, scopes: ['*'] }, 400],
  ['POST', '/admin/keys', { name: 'a', scopes: ['*'], expires_at: '2030-01-01T00:00:00+23:59' }, 400],
  ['POST', '/admin/keys', { name: 'a', scopes: ['*'], expires_at: '2016-12-31T23:59:60Z' }, 400],
  ['POST', '/admin/keys', { name: 'a', scopes: ['*'], expires_at: '9999-12-31T23:59:59-12:00' }, 400],
  ['GET', '/admin/keys/%00', undefined, 400],
  ['DELETE', '/admin/keys/%00', undefined, 400],
  ['POST', '/admin/instances', { name: NUL, core_url: 'http://127.0.0.1:1' }, 400],
  ['POST', '/admin/instances', { name: 'a', core_url: 'http://127.0.0.1:1', core_ca: NUL }, 400]
] as const)('%s %s with %j is the caller\'s mistake, not ours', async (method, path, body, status) => {
  const answer = await admin(method, path, body)
  expect([answer.status, answer.json.error_detail.code]).toEqual([status, 'GEN_VALIDATION_ERROR'])
})

test('a time that a clock cannot show is refused and changes nothing', async () => {
  const own = await ownInstance()
  const clock = `/admin/instances/${own.instanceId}/clock`
  for (const order of [{ set: '0000-01-01T00:00:00Z' }, { set: '2016-12-31T23:59:60Z' }]) expect((await admin('POST', clock, order)).status).toBe(400)
  expect((await own.proxy('POST', '/ledgers', { name: 'after' })).status).toBe(201)
})
