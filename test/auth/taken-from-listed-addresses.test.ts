import { expect, inject, test } from 'vitest'
import { admin, call } from '../support/gateway.js'
import { ok, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'

const { url } = inject('gateway')

const ask = async (key: string): Promise<{ status: number, code: string, error: string }> => {
  const { status, json } = await call(`${url}/proxy/ledgers?instance_id=inst_nowhere`, { headers: { Authorization: `Bearer ${key}`, 'X-Forwarded-For': '203.0.113.9' } })
  return { status, code: json.error_detail.code, error: json.error }
}

test('a key with a list is taken from there alone, and a change of the list holds at once', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'from here', scopes: ['*'], addresses: ['127.0.0.0/8', '2001:db8::/32'] })
  expect(key.addresses).toEqual(['127.0.0.0/8', '2001:db8::/32'])
  expect((await ask(key.api_key)).code).toBe('INSTANCE_NOT_FOUND')
  await admin('PUT', `/admin/keys/${key.id}`, { addresses: ['203.0.113.9'] })
  const refused = await ask(key.api_key)
  // What a caller writes into X-Forwarded-For is not heard.
  expect(refused).toMatchObject({ status: 403, code: 'ADDRESS_FORBIDDEN' })
  expect(refused.error).toContain('from 127.0.0.1:')
  expect(refused.error).not.toContain('203.0.113.9')
  await admin('PUT', `/admin/keys/${key.id}`, { addresses: null })
  expect((await ask(key.api_key)).code).toBe('INSTANCE_NOT_FOUND')
})

test.each([[[]], [['10.0.0.0/33']], [['here']], [['10.0.0.1', '10.0.0.1']], ['10.0.0.1'], [['127.0.0.1', 'fe80::1%lo']]])('%j is no list of addresses', async (addresses) => {
  const answer = await admin('POST', '/admin/keys', { name: 'x', scopes: ['*'], addresses })
  expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
  expect(answer.json.error).toMatch(/^addresses/)
})

test('behind a proxy that is trusted, the address is the one that it names', async () => {
  const both = await startBoth(ok('[]'), { settings: { TRUST_PROXY: 'loopback' }, addresses: ['203.0.113.0/24'] })
  const client = await connect(both.url)
  const from = async (address: string): Promise<number> => {
    client.send(`${both.head('GET', '/ledgers', `X-Forwarded-For: ${address}`)}\r\n`)
    return (await client.answer()).status
  }
  expect(await from('198.51.100.1, 203.0.113.9')).toBe(200)
  expect(await from('203.0.113.9, 198.51.100.1')).toBe(403)
  expect(await from('::ffff:203.0.113.9')).toBe(200)
  expect(await from('unknown')).toBe(403)
  const line = JSON.parse(await both.said(/address_not_listed/)) as { request: object }
  expect(line.request).toMatchObject({ status: 403, granted: false, reason: 'address_not_listed', key_prefix: 'blnk_test', key: 'test' })
})
