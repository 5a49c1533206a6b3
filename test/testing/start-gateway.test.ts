import { startGateway, type TestGateway } from 'blnk-gateway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../support/gateway.js'

let gateway: TestGateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(async () => { await gateway.close() })

const ledgers = async (key = gateway.apiKey, instanceId = gateway.instanceId) => await call(`${gateway.url}/proxy/ledgers?instance_id=${instanceId}`, { headers: { Authorization: `Bearer ${key}` } })

const admin = async (method: string, path: string, body?: object) => await call(`${gateway.url}/admin${path}`, {
  method,
  headers: { Authorization: `Bearer ${gateway.adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})

test('reset brings back the state just after the start: ledger, keys, instances', async () => {
  const atStart = await ledgers()
  expect(atStart.status).toBe(200)
  const { json: key } = await admin('POST', '/keys', { name: 'later', scopes: ['*'] })
  const { json: instance } = await admin('POST', '/instances', { name: 'later', sandbox: true })
  const mine = (await admin('GET', '/keys')).json.data.find((one: { name: string }) => one.name !== 'later')
  await admin('DELETE', `/keys/${mine.id}`)
  await call(`${gateway.url}/proxy/ledgers?instance_id=${gateway.instanceId}`, { method: 'POST', body: '{"name":"gone after"}', headers: { Authorization: `Bearer ${key.api_key}` } })
  expect((await ledgers()).status).toBe(401)

  await gateway.reset()
  const after = await ledgers()
  expect(after.status).toBe(200)
  expect(after.json.map((one: { name: string }) => one.name)).toEqual(atStart.json.map((one: { name: string }) => one.name))
  expect((await ledgers(key.api_key)).status).toBe(401)
  expect((await ledgers(gateway.apiKey, instance.instance_id)).status).toBe(404)
})

test('a wrong setting is refused', async () => {
  await expect(startGateway({ settings: { PROXY_ROUTES: 'all' } })).rejects.toThrow('PROXY_ROUTES')
})

test('after close nothing answers', async () => {
  const second = await startGateway({ settings: { SANDBOX: 'off' } })
  expect((await fetch(`${second.url}/health/ready`)).status).toBe(200)
  await second.close()
  await expect(fetch(`${second.url}/health/live`)).rejects.toThrow()
})

test('attached workers have a sandbox and a bound key of their own on one gateway', async () => {
  const workers = await Promise.all([1, 2, 3].map(async () => await startGateway({ attach: gateway.url, adminToken: gateway.adminToken })))
  const [a, b] = workers as [TestGateway, TestGateway]
  await call(`${a.url}/proxy/ledgers?instance_id=${a.instanceId}`, { method: 'POST', body: '{"name":"of a"}', headers: { Authorization: `Bearer ${a.apiKey}` } })
  const names = async (one: TestGateway): Promise<string> => (await ledgers(one.apiKey, one.instanceId)).text
  expect(await names(a)).toContain('of a')
  expect(await names(b)).not.toContain('of a')
  expect((await ledgers(a.apiKey, b.instanceId)).status).toBe(403)
  expect((await call(`${a.sandboxCoreUrl}/ledgers`, { headers: { 'X-Blnk-Key': a.sandboxCoreKey } })).text).toContain('of a')
  await a.reset()
  expect(await names(a)).not.toContain('of a')
  await Promise.all(workers.map(async (worker) => { await worker.close() }))
  expect((await ledgers(a.apiKey, a.instanceId)).status).toBe(401)
})

test('attaching with a wrong admin token is refused in words', async () => {
  await expect(startGateway({ attach: gateway.url, adminToken: 'wrong' })).rejects.toThrow('Invalid or expired credentials')
})
