import { createHmac } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { startReceiver, type Received } from '../sandbox/deliveries/receiver.js'
import { admin, ownInstance, type Answer, type Own } from '../support/gateway.js'

let own: Own
beforeAll(async () => { own = await ownInstance() })

const webhook = async (body: object | null): Promise<Answer> => {
  const answer = await admin('PUT', `/admin/instances/${own.instanceId}/webhook`, body)
  return answer
}
const settle = async (): Promise<void> => { expect((await admin('POST', `/admin/instances/${own.instanceId}/settle`)).status).toBe(204) }
const deliveries = async (query = ''): Promise<Answer> => await admin('GET', `/admin/instances/${own.instanceId}/webhook/deliveries${query}`)

test('a webhook set for a sandbox is told of what passes the proxy, and of nothing once it is taken away', async () => {
  const receiver = await startReceiver()
  const set = await webhook({ url: receiver.url, headers: { 'X-Secret-Thing': 'hush' } })
  expect([set.status, set.json]).toEqual([200, { url: receiver.url, header_names: ['X-Secret-Thing'] }])
  expect(set.text).not.toContain('hush')
  await own.proxy('POST', '/ledgers', { name: 'told' })
  await settle()
  expect(receiver.of('ledger.created')).toMatchObject([{ name: 'told' }])
  expect(receiver.received[0]?.headers['x-secret-thing']).toBe('hush')
  expect((await admin('POST', `/admin/instances/${own.instanceId}/reset`)).status).toBe(204)
  await own.proxy('POST', '/ledgers', { name: 'after the reset' })
  await settle()
  expect((await webhook(null)).json).toEqual({ url: null, header_names: [] })
  await own.proxy('POST', '/ledgers', { name: 'not told' })
  await settle()
  expect(receiver.of('ledger.created').map(({ name }) => name)).toEqual(['told', 'after the reset'])
})

test('deliveries are listed, and one is sent again on demand', async () => {
  await admin('POST', `/admin/instances/${own.instanceId}/reset`)
  let status = 500
  const receiver = await startReceiver(() => status)
  await webhook({ url: receiver.url })
  await own.proxy('POST', '/ledgers', { name: 'a' })
  await own.proxy('POST', '/ledgers', { name: 'b' })
  await settle()
  const listed = await deliveries('?status=pending&limit=1')
  expect(listed.json).toMatchObject({ total: 2, data: [{ kind: 'webhook', event: 'ledger.created', status: 'pending', attempts: 1, response_status: 500, error: 'the receiver answered 500', hook_id: null, body: receiver.received[1]?.body }] })
  status = 200
  const id = listed.json.data[0].delivery_id as string
  const again = await admin('POST', `/admin/instances/${own.instanceId}/webhook/deliveries/${id}/redeliver`)
  expect([again.status, again.json]).toEqual([202, { delivery_id: id, status: 'pending' }])
  await settle()
  expect((await deliveries('?status=delivered')).json.data.map((one: { delivery_id: string }) => one.delivery_id)).toEqual([id])
  expect((await admin('POST', `/admin/instances/${own.instanceId}/webhook/deliveries/dlv_999/redeliver`)).json.error_detail.code).toBe('DELIVERY_NOT_FOUND')
})

test.each([
  [{ url: 'ftp://x/' }, 'url must be a URL'],
  [{ url: 'http://169.254.169.254/' }, 'link-local'],
  [{ url: 'http://127.0.0.1/', headers: { Host: 'x' } }, 'headers must not have Host'],
  [{ url: 'http://127.0.0.1/', headers: { 'a b': 'x' } }, ''],
  [{ url: 'http://127.0.0.1/', headers: { a: 'x\ny' } }, ''],
  [{}, '']
])('%j is refused', async (body, sentence) => {
  const answer = await webhook(body)
  expect(answer.status).toBe(400)
  expect(answer.json.error).toContain(sentence)
})

test.each(['?status=lost', '?limit=0', '?limit=x', '?offset=-1'])('a list with %s is refused', async (query) => {
  expect((await deliveries(query)).status).toBe(400)
})

test('a real Core has no webhook here', async () => {
  const real = await ownInstance({ name: 'real', core_url: 'http://127.0.0.1:9' })
  const answer = await admin('PUT', `/admin/instances/${real.instanceId}/webhook`, { url: 'http://127.0.0.1/' })
  expect([answer.status, answer.json.error]).toEqual([400, `${real.instanceId} is a real Core: its webhook is set in its own configuration`])
})

test("the signature is made with the sandbox's own key", async () => {
  const receiver = await startReceiver()
  const made = await admin('POST', '/admin/instances', { name: 'signed', sandbox: true })
  const { instance_id: id, sandbox_core_key: key, sandbox_core_url: url } = made.json as { instance_id: string, sandbox_core_key: string, sandbox_core_url: string }
  try {
    await admin('PUT', `/admin/instances/${id}/webhook`, { url: receiver.url })
    await fetch(`${url}/ledgers`, { method: 'POST', headers: { 'X-Blnk-Key': key }, body: '{"name":"x"}' })
    await admin('POST', `/admin/instances/${id}/settle`)
    const { headers, body } = receiver.received[0] as Received
    expect(headers['x-blnk-signature']).toBe(createHmac('sha256', key).update(`${headers['x-blnk-timestamp'] as string}.${body}`).digest('hex'))
  } finally { await admin('DELETE', `/admin/instances/${id}`) }
})
