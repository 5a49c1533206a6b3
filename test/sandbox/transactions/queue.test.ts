import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startQueue } from '../../../src/sandbox/queue/worker.js'
import { brokenLaws, testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeEach(async () => { lab = await testLedger() })
afterEach(async () => { await lab.close() })

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString()
const queued = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => transaction({ skip_queue: false, ...over })

test('what was answered is written, and a worker that starts later applies it once', async () => {
  const { body } = await lab.send('POST', '/transactions', queued({ reference: 'later' }))
  expect(body['status']).toBe('QUEUED')
  expect((await lab.send('GET', `/transactions/${body['transaction_id'] as string}`)).body['status']).toBe('QUEUED')
  expect((await lab.balance('@Customer')).balance).toBe(0n)
  expect(lab.wokenTimes()).toBe(1)
  await lab.settle()
  await lab.settle()
  expect((await lab.rows('parent_transaction = $1', [body['transaction_id']])).map(({ reference, status }) => [reference, status])).toEqual([['later_q', 'APPLIED']])
  expect((await lab.balance('@Customer')).balance).toBe(1000n)
})

test('three workers on one schema apply everything once', async () => {
  await Promise.all(Array.from({ length: 120 }, async (_, i) => await lab.send('POST', '/transactions', queued({ amount: 1, destination: `@C${i % 7}` }))))
  const queues = [1, 2, 3].map(() => startQueue(lab.ledger, (error) => { throw error }))
  await Promise.all(queues.map(async (queue) => { await queue.settle() }))
  await Promise.all(queues.map(async (queue) => { await queue.close() }))
  expect((await lab.balance('@World')).debit_balance).toBe(12000n)
  expect(await lab.rows("reference LIKE '%_q'")).toHaveLength(120)
  expect(await brokenLaws(lab)).toEqual([])
})

test('a worker that dies in its work has done nothing', async () => {
  await lab.send('POST', '/transactions', queued())
  await expect(lab.ledger.db.transaction(async (tx) => {
    await tx.query(`SELECT ${lab.ledger.schema}.work_queue(50, $1::timestamp, $1::timestamp)`, [soon(0)])
    throw new Error('killed')
  })).rejects.toThrow('killed')
  expect((await lab.balance('@Customer')).balance).toBe(0n)
  await lab.settle()
  expect((await lab.balance('@Customer')).balance).toBe(1000n)
})

test('without funds a REJECTED row says why, and nothing moves', async () => {
  await lab.send('POST', '/transactions', queued({ reference: 'poor', source: '@Poor', allow_overdraft: false }))
  await lab.settle()
  const { body } = await lab.send('GET', '/transactions/reference/poor_q')
  expect(body).toMatchObject({ status: 'REJECTED', meta_data: { blnk_rejection_reason: 'failed to apply transaction to balances: insufficient funds in source balance' } })
  expect((await lab.balance('@Poor')).version).toBe(1n)
})

test('an unknown balance and a used reference are answered 201 and lost', async () => {
  const { body } = await lab.send('POST', '/transactions', queued({ destination: 'bln_nope' }))
  expect((await lab.send('GET', `/transactions/${body['transaction_id'] as string}`)).status).toBe(404)
  await lab.send('POST', '/transactions', queued({ reference: 'used' }))
  expect((await lab.send('POST', '/transactions', queued({ reference: 'used' }))).status).toBe(201)
  await lab.settle()
  expect((await lab.balance('@Customer')).balance).toBe(1000n)
})

test('an atomic split of which a leg is rejected leaves nothing behind', async () => {
  await lab.send('POST', '/transactions', transaction({ amount: 50, destination: '@Rich' }))
  await lab.send('POST', '/transactions', transaction({ amount: 1, destination: '@Short' }))
  for (const sources of [['@Rich', '@Short'], ['@Short', '@Rich']]) {
    await lab.send('POST', '/transactions', queued({ amount: 20, atomic: true, allow_overdraft: false, source: undefined, sources: sources.map((identifier) => ({ identifier, distribution: '50%' })) }))
    await lab.settle()
  }
  expect((await lab.balance('@Rich')).balance).toBe(5000n)
  expect((await lab.balance('@Customer')).balance).toBe(0n)
  expect(await brokenLaws(lab)).toEqual([])
})

test('a scheduled transaction is applied at its time, a settle before it does not wait', async () => {
  const queue = startQueue(lab.ledger, (error) => { throw error })
  await lab.send('POST', '/transactions', queued({ reference: 'then', scheduled_for: soon(700) }))
  await queue.settle()
  expect((await lab.send('GET', '/transactions/reference/then')).body['status']).toBe('SCHEDULED')
  expect((await lab.send('GET', '/transactions/reference/then_q')).status).toBe(404)
  await vi.waitFor(async () => { expect((await lab.send('GET', '/transactions/reference/then_q')).body['status']).toBe('APPLIED') }, { timeout: 5000, interval: 50 })
  await queue.close()
})

test.each([[true], [false]])('a hold is voided when it expires, with skip_queue %s', async (skipQueue) => {
  const { body } = await lab.send('POST', '/transactions', transaction({ inflight: true, skip_queue: skipQueue, inflight_expiry_date: '2020-01-01T00:00:00Z' }))
  await vi.waitFor(async () => {
    await lab.settle()
    expect((await lab.rows("status = 'VOID'")).map((row) => row.parent_transaction)).toEqual([body['transaction_id']])
  }, { timeout: 5000, interval: 60 })
  expect(await lab.balance('@Customer')).toMatchObject({ balance: 0n, inflight_balance: 0n })
  const [hold] = await lab.rows("status = 'INFLIGHT'")
  expect((await lab.send('PUT', `/transactions/inflight/${hold?.transaction_id ?? ''}`, { status: 'commit', skip_queue: true })).body['error_detail']).toMatchObject({ code: 'TXN_ALREADY_VOIDED' })
})

test('what a hold still holds is committed at its commit date', async () => {
  const { body } = await lab.send('POST', '/transactions', transaction({ inflight: true, inflight_commit_date: soon(400) }))
  await lab.send('PUT', `/transactions/inflight/${body['transaction_id'] as string}`, { status: 'commit', amount: 4, skip_queue: true })
  const queue = startQueue(lab.ledger, (error) => { throw error })
  await vi.waitFor(async () => { expect((await lab.balance('@Customer')).balance).toBe(1000n) }, { timeout: 5000, interval: 50 })
  await queue.close()
  expect((await lab.rows('parent_transaction = $1', [body['transaction_id']])).map((row) => row.precise_amount)).toEqual(['400', '600'])
})

test('a second settlement is refused while one is queued', async () => {
  const { body } = await lab.send('POST', '/transactions', transaction({ inflight: true }))
  const path = `/transactions/inflight/${body['transaction_id'] as string}`
  expect((await lab.send('PUT', path, { status: 'commit', amount: 4 })).body['queued']).toBe(true)
  expect(await lab.send('PUT', path, { status: 'void' })).toMatchObject({ status: 409, body: { error: 'a commit or void is already queued for this transaction' } })
  await lab.settle()
  expect((await lab.send('PUT', path, { status: 'void' })).status).toBe(200)
  await lab.settle()
  expect(await lab.balance('@Customer')).toMatchObject({ balance: 400n, inflight_balance: 0n })
})

test('a batch in the background runs its slices in order and stops at a refusal', async () => {
  const items = Array.from({ length: 250 }, (_, i) => transaction({ amount: 1, reference: `b-${i}`, ...(i === 220 ? { source: '@Poor', allow_overdraft: false } : {}) }))
  expect((await lab.send('POST', '/transactions/bulk', { run_async: true, skip_queue: true, transactions: items })).status).toBe(202)
  await lab.settle()
  expect(await lab.rows("reference LIKE 'b-%'")).toHaveLength(220)
  expect(await lab.one(`SELECT count(*)::int AS left FROM ${lab.ledger.schema}.queue`)).toEqual({ left: 0 })
})
