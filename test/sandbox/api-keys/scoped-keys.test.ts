import { expect, test } from 'vitest'
import { openCore, type Answer, type TestCore } from '../core.js'

const LATER = '2099-01-01T00:00:00Z'

async function scoped (core: TestCore, scopes: readonly string[], more: object = {}): Promise<{ readonly id: string, readonly key: string, readonly headers: Record<string, string> }> {
  const made = await core.send('POST', '/api-keys', { name: 'ci', scopes, owner: 'me', expires_at: LATER, ...more })
  expect(made.status).toBe(201)
  const { api_key_id: id, key } = made.json as { api_key_id: string, key: string }
  return { id, key, headers: { 'X-Blnk-Key': key } }
}

const told = ({ status, json }: Answer): [number, unknown, unknown] => [status, (json['error_detail'] as { code: string }).code, json['error']]

test('a scoped key does what its scopes say, on its ledger alone, until it is revoked', async () => {
  const core = await openCore()
  const other = { schema: `${core.schema}_b`, key: 'another ledger key' }
  await core.core.open(other)
  try {
    const { id, key, headers } = await scoped(core, ['ledgers:read', 'balances:*'])
    expect(key).toMatch(/^[\w-]{43}=$/)
    const ledger = (await core.send('POST', '/ledgers', { name: 'Mine' })).json['ledger_id'] as string
    expect((await core.send('GET', `/ledgers/${ledger}`, undefined, headers)).json['name']).toBe('Mine')
    expect(told(await core.send('POST', '/ledgers', { name: 'x' }, headers))).toEqual([403, 'AUTH_INSUFFICIENT_PERMISSIONS', 'Insufficient permissions for ledgers:write'])
    expect((await core.send('GET', '/balances', undefined, headers)).status).toBe(200)
    expect(told(await core.send('POST', `/${ledger}/metadata`, { meta_data: {} }, headers))).toEqual([403, 'AUTH_UNKNOWN_RESOURCE', 'Unknown resource type'])
    expect(told(await core.send('GET', '/nothing', undefined, headers))).toEqual([403, 'AUTH_UNKNOWN_RESOURCE', 'Unknown resource type'])
    expect(told(await core.send('GET', '/hooks', undefined, (await scoped(core, ['*:*'])).headers))).toEqual([403, 'AUTH_MASTER_KEY_REQUIRED', 'hook management requires master key'])
    expect((await core.send('GET', `/ledgers/${ledger}`, undefined, { 'X-Blnk-Key': other.key })).status).toBe(404)

    const [listed] = JSON.parse((await core.send('GET', '/api-keys?owner=me')).text).filter((one: { api_key_id: string }) => one.api_key_id === id) as Array<{ key: string, last_used_at: string }>
    expect(listed?.key).not.toContain(key)
    expect(listed?.last_used_at).not.toMatch(/^0001/)
    expect((await core.send('DELETE', `/api-keys/${id}?owner=me`)).status).toBe(204)
    expect(told(await core.send('GET', '/ledgers', undefined, headers))).toEqual([401, 'AUTH_EXPIRED_API_KEY', 'API key is expired or revoked'])
    expect(told(await core.send('GET', '/ledgers', undefined, { 'X-Blnk-Key': `${key.slice(0, -2)}${key.at(-2) === 'A' ? 'B' : 'A'}=` }))).toEqual([401, 'AUTH_INVALID_API_KEY', 'Invalid API key'])
  } finally { await core.core.drop(other.schema) }
})

test('a scoped key ends by the clock of its ledger', async () => {
  const core = await openCore()
  const { headers } = await scoped(core, ['ledgers:read'])
  await core.core.clock(core.schema, { set: Date.parse('2098-12-31T23:59:00Z') * 1000, frozen: true })
  expect((await core.send('GET', '/ledgers', undefined, headers)).status).toBe(200)
  await core.core.clock(core.schema, { advance: 60_000_000 })
  expect((await core.send('GET', '/ledgers', undefined, headers)).status).toBe(401)
})

test('what a scoped key posts carries its id, beside metadata of its own', async () => {
  const core = await openCore()
  const { id, headers } = await scoped(core, ['*:write'])
  expect((await core.send('POST', '/ledgers', { name: 'x' }, headers)).json['meta_data']).toEqual({ BLNK_GENERATED_BY: id })
  expect((await core.send('POST', '/ledgers', { name: 'x', meta_data: { a: 1 } }, headers)).json['meta_data']).toEqual({ BLNK_GENERATED_BY: id, a: 1 })
  expect((await core.send('POST', '/ledgers', '{"name":', headers)).json['errors']).toBe('unexpected EOF')
})

test('a scoped key hands out no more than it has, and only to its owner', async () => {
  const core = await openCore()
  const { headers } = await scoped(core, ['api-keys:*', 'ledgers:read'])
  const ask = async (body: object): Promise<Answer> => await core.send('POST', '/api-keys', { name: 'n', owner: 'me', expires_at: LATER, ...body }, headers)
  expect((await ask({ scopes: ['ledgers:read'] })).status).toBe(201)
  expect(told(await ask({ scopes: ['ledgers:write'] }))).toEqual([403, 'AUTH_SCOPE_ESCALATION', 'cannot grant scopes broader than caller'])
  expect(told(await ask({ scopes: ['nonsense'] }))).toEqual([403, 'AUTH_SCOPE_ESCALATION', 'cannot grant scopes broader than caller'])
  expect(told(await ask({ scopes: ['ledgers:read'], owner: 'you' }))).toEqual([403, 'AUTH_CROSS_OWNER_ACCESS', 'cannot manage API keys for another owner'])
  expect(JSON.parse((await core.send('GET', '/api-keys', undefined, headers)).text)).toHaveLength(2)
  expect(told(await core.send('GET', '/api-keys'))).toEqual([400, 'APIKEY_OWNER_REQUIRED', 'owner is required'])
})

test('a reset takes scoped keys away', async () => {
  const core = await openCore()
  const { headers } = await scoped(core, ['ledgers:read'])
  await core.core.reset(core.schema)
  expect((await core.send('GET', '/ledgers', undefined, headers)).status).toBe(401)
})
