import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { openCore, type TestCore } from '../core.js'
import { startReceiver } from './receiver.js'

/** Two balances of one ledger, and what is needed to post between them. */
async function prepared (core: TestCore): Promise<{ readonly from: string, readonly to: string, post (more: object): Promise<Record<string, unknown>> }> {
  const ledger = (await core.send('POST', '/ledgers', { name: 'L', meta_data: { b: 1, a: '<&>' } })).json['ledger_id']
  const [from, to] = [(await core.send('POST', '/balances', { ledger_id: ledger, currency: 'USD' })).json['balance_id'] as string, (await core.send('POST', '/balances', { ledger_id: ledger, currency: 'USD' })).json['balance_id'] as string]
  let count = 0
  return {
    from,
    to,
    async post (more) {
      const made = await core.send('POST', '/transactions', { amount: 10, precision: 100, currency: 'USD', reference: `r${++count}`, description: 'd', source: '@World', destination: to, allow_overdraft: true, skip_queue: true, ...more })
      expect(made.status).toBe(201)
      return made.json
    }
  }
}

async function listening (core: TestCore, url: string, headers: Record<string, string> = {}): Promise<void> {
  await core.core.open({ schema: core.schema, key: core.key, webhook: { url, headers } })
}

const isSorted = (value: unknown): boolean => value === null || typeof value !== 'object' ||
  (Array.isArray(value) ? value.every(isSorted) : Object.keys(value).join() === Object.keys(value).sort().join() && Object.values(value).every(isSorted))

const TRANSACTION = ['allow_overdraft', 'amount', 'amount_string', 'atomic', 'created_at', 'currency', 'description', 'destination', 'effective_date', 'hash', 'inflight', 'inflight_commit_date',
  'inflight_expiry_date', 'meta_data', 'overdraft_limit', 'parent_transaction', 'precise_amount', 'precision', 'reference', 'scheduled_for', 'skip_queue', 'source', 'status', 'transaction_id']

test('what happens is told in its order, signed, with sorted members', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url, { 'X-T': '1' })
  const { post } = await prepared(core)
  await core.send('POST', '/identities', { first_name: 'Alice', dob: '1985-05-15T00:00:00Z' })
  await post({})
  await post({ skip_queue: false })
  await core.core.settle(core.schema)
  expect(receiver.events()).toEqual(['ledger.created', 'balance.created', 'balance.created', 'identity.created', 'balance.created', 'transaction.applied', 'transaction.applied'])
  for (const { headers, body, json } of receiver.received) {
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-t': '1' })
    expect(headers['x-blnk-signature']).toBe(createHmac('sha256', core.key).update(`${headers['x-blnk-timestamp'] as string}.${body}`).digest('hex'))
    expect(Math.abs(Number(headers['x-blnk-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
    expect(Object.keys(json)).toEqual(['event', 'data'])
    expect(isSorted(json.data)).toBe(true)
  }
  expect(receiver.received[0]?.body).toMatch(/^\{"event":"ledger\.created","data":\{"created_at":"[^"]+Z","ledger_id":"ldg_[^"]+","meta_data":\{"a":"\\u003c\\u0026\\u003e","b":1\},"name":"L"\}\}$/)
  expect(receiver.of('balance.created').map((data) => [data['indicator'], data['allocation_strategy'], data['version']])).toEqual([[undefined, 'FIFO', 0], [undefined, 'FIFO', 0], ['@World', undefined, 0]])
  expect(receiver.of('identity.created')[0]).toMatchObject({ first_name: 'Alice', dob: '1985-05-15T00:00:00Z', meta_data: null, post_code: '' })
  const [direct, queued] = receiver.of('transaction.applied')
  expect(Object.keys(direct ?? {})).toEqual(TRANSACTION)
  expect(direct).toMatchObject({ amount: 10, amount_string: '10', precise_amount: 1000, skip_queue: true, allow_overdraft: true, status: 'APPLIED', parent_transaction: '', reference: 'r1', meta_data: { allow_overdraft: true } })
  expect(Object.keys(queued ?? {})).toEqual(TRANSACTION)
  expect(queued).toMatchObject({ skip_queue: false, allow_overdraft: true, reference: 'r2_q', meta_data: { queue_lane: 'normal' } })
})

test('limits and dates that no column holds are told, and a commit, a void and a rejection as Core tells them', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url)
  const { from, post } = await prepared(core)
  await core.core.settle(core.schema)
  receiver.received.length = 0
  await post({ source: from, allow_overdraft: false, overdraft_limit: 20 })
  await post({ source: from, allow_overdraft: false, overdraft_limit: 30, skip_queue: false })
  await core.core.settle(core.schema)
  const expiry = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19) + 'Z'
  const hold = await post({ inflight: true, inflight_expiry_date: expiry })
  await post({ inflight: true, inflight_commit_date: expiry, skip_queue: false })
  await core.core.settle(core.schema)
  await core.send('PUT', `/transactions/inflight/${hold['transaction_id'] as string}`, { status: 'commit', amount: 4, skip_queue: true })
  await core.send('PUT', `/transactions/inflight/${hold['transaction_id'] as string}`, { status: 'void' })
  await core.core.settle(core.schema)
  await post({ source: from, allow_overdraft: false, amount: 999, skip_queue: false })
  await core.core.settle(core.schema)
  const told = receiver.received.filter(({ json }) => json.event !== 'balance.created')
  expect(told.map(({ json: { event, data } }) => [event, data['overdraft_limit'], data['inflight'], data['skip_queue'], data['allow_overdraft'], data['precise_amount']])).toEqual([
    ['transaction.applied', 20, false, true, false, 1000],
    ['transaction.applied', 30, false, false, false, 1000],
    ['transaction.inflight', 0, true, true, true, 1000],
    ['transaction.inflight', 0, true, false, true, 1000],
    ['transaction.applied', 0, false, false, false, 400],
    ['transaction.void', 0, false, false, false, 600],
    ['transaction.rejected', 0, false, false, false, 99900],
    ['transaction.rejected', 0, false, false, false, 99900]
  ])
  expect(told.map(({ json: { data } }) => [data['inflight_expiry_date'], data['inflight_commit_date']]).slice(1, 5)).toEqual([
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'], [expiry, '0001-01-01T00:00:00Z'], ['0001-01-01T00:00:00Z', expiry], ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z']
  ])
  // Core's hash of a settlement (spec/webhook-deliveries.txt).
  for (const { json: { data } } of told.slice(4, 6)) {
    const hashed = ['amount_string', 'reference', 'currency', 'source', 'destination'].map((name) => data[name]).join('')
    expect(data['hash']).toBe(createHash('sha256').update(hashed).digest('hex'))
  }
  expect(told.at(-1)?.body).toBe(told.at(-2)?.body)
  expect((told.at(-1)?.json.data['meta_data'] as Record<string, string>)['blnk_rejection_reason']).toBe('failed to apply transaction to balances: insufficient funds in source balance')
})

test('a batch with run_async tells of its end, and an atomic one of its failure', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url)
  const { from, to } = await prepared(core)
  const item = (reference: string, more: object = {}): object => ({ amount: 1, precision: 100, currency: 'USD', reference, description: 'd', source: '@World', destination: to, allow_overdraft: true, ...more })
  const start = async (body: object): Promise<string> => (await core.send('POST', '/transactions/bulk', { run_async: true, ...body })).json['batch_id'] as string
  const applied = await start({ transactions: Array.from({ length: 120 }, (_, i) => item(`a${i}`)), skip_queue: true })
  const held = await start({ transactions: [item('i')], inflight: true, skip_queue: true })
  const failed = await start({ transactions: [item('f1'), item('f2', { source: from, allow_overdraft: false })], atomic: true, skip_queue: true })
  await core.core.settle(core.schema)
  const batches = receiver.received.filter(({ json }) => json.event?.startsWith('bulk') === true)
  expect(batches.map(({ json: { event, data } }) => [event, { ...data, timestamp: typeof data['timestamp'] }])).toEqual([
    ['bulk_transaction.applied', { batch_id: applied, status: 'applied', timestamp: 'string', transaction_count: 120 }],
    ['bulk_transaction.inflight', { batch_id: held, status: 'inflight', timestamp: 'string', transaction_count: 1 }],
    ['bulk_transaction.failed', { batch_id: failed, status: 'failed', timestamp: 'string', error: expect.stringMatching(/^failed to queue transaction 2 .*All transactions in this batch have been refunded\.$/) as string }]
  ])
  await core.send('POST', '/transactions', { ...item('split'), source: undefined, sources: [{ identifier: '@World', distribution: '50%' }, { identifier: from, distribution: 'left' }], allow_overdraft: false, atomic: true })
  await core.core.settle(core.schema)
  expect(receiver.of('bulk_transaction.failed').at(-1)).toMatchObject({ error: 'transaction rejected. All transactions in this batch have been refunded.' })
})

test('a monitor is told of once for each update of its balance that fulfils it', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url)
  const { to, post } = await prepared(core)
  const monitor = async (condition: object): Promise<string> => (await core.send('POST', '/balance-monitors', { balance_id: to, condition })).json['monitor_id'] as string
  const above = await monitor({ field: 'balance', operator: '>=', value: 20, precision: 100 })
  const held = await monitor({ field: 'inflight_credit_balance', operator: '!=', value: 1, precision: 500 })
  await monitor({ field: 'balance', operator: '=', value: 10, precision: 100 })
  const fired = async (work: () => Promise<unknown>): Promise<unknown[]> => {
    const before = receiver.of('balance.monitor').length
    await work()
    await core.core.settle(core.schema)
    return receiver.of('balance.monitor').slice(before).map((data) => data['monitor_id'])
  }
  expect(await fired(async () => await post({}))).toEqual([held])
  expect(await fired(async () => await post({ skip_queue: false }))).toEqual([above, held])
  expect(await fired(async () => await post({ inflight: true, amount: 5 }))).toEqual([above])
  expect(receiver.received.find(({ json }) => json.data['monitor_id'] === above)?.body).toMatch(
    /^\{"event":"balance\.monitor","data":\{"balance_id":"bln_[^"]+","condition":\{"field":"balance","operator":"\\u003e=","precise_value":2000,"precision":100,"value":20\},"created_at":"[^"]+","monitor_id":"mon_[^"]+"\}\}$/)
  // As in Core a change keeps the threshold, and "=" is stored and never fulfilled.
  await core.send('PUT', `/balance-monitors/${above}`, { balance_id: to, condition: { field: 'balance', operator: '<', value: 1, precision: 1 } })
  expect(await fired(async () => await post({ source: to, destination: '@World', amount: 15 }))).toEqual([above])
})

test('nothing is written down while nobody listens, nor after the webhook is taken away', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  const { post } = await prepared(core)
  await post({})
  expect((await core.core.deliveries(core.schema, { limit: 10, offset: 0 })).total).toBe(0)
  await listening(core, receiver.url)
  await post({})
  await core.core.settle(core.schema)
  expect(receiver.events()).toEqual(['transaction.applied'])
  await core.core.open({ schema: core.schema, key: core.key })
  await post({})
  await core.core.settle(core.schema)
  expect([receiver.received.length, (await core.core.deliveries(core.schema, { limit: 10, offset: 0 })).total]).toEqual([1, 1])
})

test('a reset leaves the webhook and forgets what was told', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url)
  await prepared(core)
  await core.core.settle(core.schema)
  await core.core.reset(core.schema)
  expect((await core.core.deliveries(core.schema, { limit: 10, offset: 0 })).total).toBe(0)
  receiver.received.length = 0
  await core.send('POST', '/ledgers', { name: 'after' })
  await core.core.settle(core.schema)
  expect(receiver.of('ledger.created')).toMatchObject([{ name: 'after' }])
})

test('an amount of more than 53 bits loses digits on its way to the receiver, as it does in Core', async () => {
  const receiver = await startReceiver()
  const core = await openCore()
  await listening(core, receiver.url)
  const { post } = await prepared(core)
  await post({ amount: undefined, precise_amount: 12345678901 })
  const sent = await core.send('POST', '/transactions', '{"precise_amount":9007199254740993,"precision":100,"currency":"USD","reference":"big","description":"d","source":"@World","destination":"@Other","allow_overdraft":true,"skip_queue":true}')
  expect(sent.text).toContain('"precise_amount":9007199254740993')
  await core.core.settle(core.schema)
  expect(receiver.received.at(-1)?.body).toContain('"precise_amount":9007199254740992')
})
