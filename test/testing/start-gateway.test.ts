import { startGateway, type TestGateway } from 'blnk-gateway/testing'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer } from '../apps/app.js'
import { call } from '../support/gateway.js'
import { startUpstream } from '../support/upstream.js'

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

test('reset takes away alerts, statuses, apps and installs made since the start, also an install that is under way', async () => {
  const asked = async (method: string, path: string, body?: object, key = gateway.apiKey) => await call(gateway.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const proxy = async (path: string, body: object) => (await asked('POST', `/proxy${path}?instance_id=${gateway.instanceId}`, body)).json
  const state = async () => await Promise.all([
    ...['/apps', '/installs', '/apps/deliveries'].map(async (path) => (await admin('GET', path)).text), ...['/alerts', '/alerts/statuses'].map(async (path) => (await asked('GET', path)).text)
  ])
  let held: (socket: Socket) => void
  const holding = new Promise<Socket>((resolve) => { held = resolve })
  const app = await startUpstream(({ line }, socket) => {
    if (line.includes('/held')) held(socket)
    else socket.end(answer(200))
  })
  const register = async (path: string) => (await admin('POST', '/apps', { display_name: 'A', description: 'd', callback_url: app.origin + path, portal_generator_url: app.origin, permissions: ['alerts:read'] })).json.app_id as string
  const before = await state()

  const { balance_id: balance } = await proxy('/balances', { ledger_id: (await proxy('/ledgers', { name: 'x' })).ledger_id, currency: 'USD' })
  expect((await asked('POST', '/alerts/statuses', { name: 'Mine', colour: '#3B82F6' })).status).toBe(201)
  expect((await asked('POST', `/alerts/flag/${balance as string}`, { description: 'd', status: 'mine' })).status).toBe(201)
  const { json: installed } = await admin('POST', `/apps/${await register('/cb')}/installs`, { instance_id: gateway.instanceId, reveal_key: true })
  expect((await asked('GET', '/alerts', undefined, installed.api_key)).json.total).toBe(1)
  const installing = admin('POST', `/apps/${await register('/held')}/installs`, { instance_id: gateway.instanceId })
  const socket = await holding

  await gateway.reset()
  socket.end(answer(200))
  expect([(await installing).status, await state()]).toEqual([502, before])
  expect((await asked('GET', '/alerts', undefined, installed.api_key)).status).toBe(401)
  // Those that every gateway has are there.
  expect((await asked('POST', '/alerts/statuses', { name: 'Flagged', colour: '#3B82F6' })).status).toBe(409)
  await app.close()
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
  const alerts = async ({ url, apiKey }: TestGateway) => (await call(`${url}/alerts`, { headers: { Authorization: `Bearer ${apiKey}` } })).json.total
  for (const { url, apiKey, instanceId } of [a, b]) {
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }
    const { json: identity } = await call(`${url}/proxy/identities?instance_id=${instanceId}`, { method: 'POST', body: '{"identity_type":"individual","first_name":"A"}', headers })
    await call(`${url}/alerts/flag/${identity.identity_id as string}`, { method: 'POST', body: '{"description":"d"}', headers })
  }
  await a.reset()
  expect(await names(a)).not.toContain('of a')
  expect([await alerts(a), await alerts(b)]).toEqual([0, 1])
  await Promise.all(workers.map(async (worker) => { await worker.close() }))
  expect((await ledgers(a.apiKey, a.instanceId)).status).toBe(401)
})

test('attaching with a wrong admin token is refused in words', async () => {
  await expect(startGateway({ attach: gateway.url, adminToken: 'wrong' })).rejects.toThrow('Invalid or expired credentials')
})
