import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { openCore, type TestCore } from '../core.js'
import { startReceiver } from './receiver.js'

async function hook (core: TestCore, more: object): Promise<string> {
  const made = await core.send('POST', '/hooks', { name: 'h', active: true, timeout: 1, retry_count: 0, ...more })
  expect(made.status).toBe(201)
  return made.json['id'] as string
}

const post = async (core: TestCore, reference: string, more: object = {}) =>
  await core.send('POST', '/transactions', { precise_amount: 123, precision: 100, currency: 'USD', reference, description: 'd', source: '@World', destination: '@Till', allow_overdraft: true, skip_queue: true, ...more })

test('hooks are called before and after, signed, with the transaction in the order of its members', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  const after = await hook(core, { url: receiver.url, type: 'POST_TRANSACTION' })
  const before = await hook(core, { url: receiver.url, type: 'PRE_TRANSACTION' })
  await hook(core, { url: receiver.url, type: 'PRE_TRANSACTION', active: false })
  const made = await post(core, 'one')
  await core.core.settle(core.schema)
  expect(receiver.received.map(({ headers }) => [headers['x-hook-id'], headers['x-hook-type']])).toEqual([[before, 'PRE_TRANSACTION'], [after, 'POST_TRANSACTION']])
  for (const { headers, body, json } of receiver.received) {
    expect(headers['x-blnk-signature']).toBe(createHmac('sha256', core.key).update(`${headers['x-blnk-timestamp'] as string}.${body}`).digest('hex'))
    expect(Object.keys(json)).toEqual(['transaction_id', 'hook_type', 'timestamp', 'data'])
    expect([json['transaction_id'], json.data['reference']]).toEqual([made.json['transaction_id'], 'one'])
    expect(body).toMatch(/"data":\{"precise_amount":123,"amount":1\.23,"amount_string":"1\.23","precision":100,"overdraft_limit":0,"transaction_id":"txn_/)
  }
  const shown = (await core.send('GET', `/hooks/${after}`)).json
  expect([shown['last_success'], (shown['last_run'] as string).slice(0, 4)]).toEqual([true, String(new Date().getUTCFullYear())])
})

test('an answer without success counts as a failure, and is asked for again as often as the hook says', async () => {
  const receiver = await startReceiver(({ headers }) => headers['x-hook-type'] === 'PRE_TRANSACTION' ? { status: 200, body: '{"ok":true}' } : { status: 200, body: '{"success":true,"message":"thanks"}' })
  const core = await openCore()
  await core.core.clock(core.schema, { frozen: true })
  const id = await hook(core, { url: receiver.url, type: 'PRE_TRANSACTION', retry_count: 2 })
  await hook(core, { url: receiver.url, type: 'POST_TRANSACTION', retry_count: 2 })
  await post(core, 'one')
  await core.core.clock(core.schema, { advance: 3_600_000_000 })
  const { data } = await core.core.deliveries(core.schema, { limit: 10, offset: 0 })
  expect(data.map(({ kind, event, status, attempts }) => [kind, event, status, attempts])).toEqual([['hook', 'POST_TRANSACTION', 'delivered', 1], ['hook', 'PRE_TRANSACTION', 'failed', 3]])
  expect((await core.send('GET', `/hooks/${id}`)).json['last_success']).toBe(false)
})

test('a hook that hangs ends at its time, and one that is gone is called no more', async () => {
  const receiver = await startReceiver(() => 'hang')
  const core = await openCore()
  const id = await hook(core, { url: receiver.url, type: 'POST_TRANSACTION' })
  await post(core, 'one')
  await core.core.settle(core.schema)
  expect((await core.core.deliveries(core.schema, { limit: 1, offset: 0 })).data[0]).toMatchObject({ status: 'failed', error: 'no answer within 1 s', response_status: null })
  await core.send('DELETE', `/hooks/${id}`)
  await post(core, 'two')
  await core.core.settle(core.schema)
  expect((await core.core.deliveries(core.schema, { limit: 10, offset: 0 })).total).toBe(1)
})

test.each([
  ['', 200, true], ['', 302, false], ['OK', 201, true], ['moved', 302, true], ['no', 500, false], ['{"success":true}', 500, true], ['{"success":false}', 200, false],
  ['null', 200, false], ['[1]', 200, true], ['[1]', 400, false], ['{"success":"yes"}', 200, true], ['{}', 200, false]
] as const)('the answer %j with %d: success %s', async (body, status, success) => {
  const { hookSucceeded } = await import('../../../src/sandbox/deliveries/body.js')
  expect(hookSucceeded(status, body)).toBe(success)
})
