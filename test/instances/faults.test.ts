import { afterEach, beforeAll, expect, test } from 'vitest'
import { startOwnApp } from '../support/app.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'

let own: Own
beforeAll(async () => { own = await ownInstance() })
afterEach(async () => { await admin('DELETE', `/admin/instances/${own.instanceId}/faults`) })

const fault = async (body: object): Promise<Answer> => await admin('POST', `/admin/instances/${own.instanceId}/faults`, body)
const names = async (): Promise<string[]> => (await own.proxy('GET', '/ledgers')).json.map((ledger: { name: string }) => ledger.name)

test('a status in place of the Core, as often as asked, and then no more', async () => {
  expect((await fault({ match: { method: 'POST', path: '/ledgers' }, times: 2, then: { status: 503 } })).status).toBe(201)
  for (let i = 0; i < 2; i++) {
    const answer = await own.proxy('POST', '/ledgers', { name: 'refused' })
    expect(answer.status).toBe(503)
    expect(answer.json.error_detail.code).toBe('FAULT_INJECTED')
  }
  expect((await own.proxy('POST', '/ledgers', { name: 'accepted' })).status).toBe(201)
  expect(await names()).not.toContain('refused')
})

test('dropped before: the Core sees nothing; dropped after: it has done it', async () => {
  await fault({ match: { method: 'POST', path: '/ledgers' }, then: { drop: 'before' } })
  await expect(own.proxy('POST', '/ledgers', { name: 'before' })).rejects.toThrow()
  await fault({ match: { method: 'POST', path: '/ledgers' }, then: { drop: 'after' } })
  await expect(own.proxy('POST', '/ledgers', { name: 'after' })).rejects.toThrow()
  expect(await names()).toContain('after')
  expect(await names()).not.toContain('before')
})

test('dropped after, where the Core does not answer: as without the fault', async () => {
  const gone = await ownInstance({ name: 'gone', core_url: 'http://127.0.0.1:9' })
  await admin('POST', `/admin/instances/${gone.instanceId}/faults`, { then: { drop: 'after' } })
  for (let i = 0; i < 2; i++) {
    const answer = await gone.proxy('POST', '/transactions', {})
    expect([answer.status, answer.json.error_detail.code]).toEqual([502, 'CORE_UNREACHABLE'])
    expect(answer.headers.get('x-blnk-reference')).toMatch(/^ref_/)
  }
})

test('a delay holds the request back', async () => {
  await fault({ match: { path: '/ledgers' }, then: { delay_ms: 300 } })
  const begun = performance.now()
  expect((await own.proxy('GET', '/ledgers')).status).toBe(200)
  expect(performance.now() - begun).toBeGreaterThan(290)
})

test.each([['/balances/:id', true], ['/balances/*', true], ['*', true], ['/balances', false], ['/balances/:id/at', false]])('a fault at %s meets GET /balances/x: %s', async (path, meets) => {
  await fault({ match: { method: 'GET', path }, then: { status: 418 } })
  expect((await own.proxy('GET', '/balances/bln_x?include=ledger')).status === 418).toBe(meets)
})

test('faults are listed and cleared, and are of one instance', async () => {
  const other = await ownInstance()
  await fault({ then: { status: 500 }, times: 9 })
  expect((await other.proxy('GET', '/ledgers')).status).toBe(200)
  expect((await admin('GET', `/admin/instances/${own.instanceId}/faults`)).json).toMatchObject({ total: 1, data: [{ times: 9, left: 9, then: { status: 500 } }] })
  expect((await admin('DELETE', `/admin/instances/${own.instanceId}/faults`)).status).toBe(204)
  expect((await own.proxy('GET', '/ledgers')).status).toBe(200)
})

test.each([{}, { then: {} }, { then: { status: 200 } }, { then: { status: 500, drop: 'before' } }, { then: { drop: 'sometimes' } }, { times: 0, then: { status: 500 } }])('a fault that is none is a 400: %o', async (body) => {
  expect((await fault(body)).status).toBe(400)
})

test('faults are off unless asked for, or in memory', async () => {
  const { app, started } = await startOwnApp({ EPHEMERAL: 'true', FAULTS: 'off', SANDBOX: 'off', CORE_URL: 'http://127.0.0.1:9' })
  const answer = await call(`${started.url}/admin/instances/inst_core/faults`, {
    method: 'POST', body: '{"then":{"status":500}}', headers: { Authorization: `Bearer ${started.adminToken}`, 'Content-Type': 'application/json' }
  })
  expect(answer.status).toBe(409)
  expect(answer.json.error).toContain('FAULTS=on')
  await app.close()
})
