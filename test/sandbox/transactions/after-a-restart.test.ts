import { afterEach, beforeEach, expect, test } from 'vitest'
import { testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeEach(async () => { lab = await testLedger() })
afterEach(async () => { await lab.close() })

const HOUR = 3_600_000
const later = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString()
/** No worker has run yet when this one starts. */
async function startLater (hours: number): Promise<void> {
  lab.ledger.clock.set({ frozenAt: null, ahead: hours * HOUR * 1000 })
  await lab.settle()
}
const statuses = async (): Promise<string[]> => (await lab.rows("status <> 'QUEUED'")).map(({ reference, status }) => `${reference.replace(/^(ref_|txn_)[^_]*_?/, '')} ${status}`)

test('what is for later is done by a worker that starts later, at its time and not before', async () => {
  await lab.send('POST', '/transactions', transaction({ reference: 'timed', skip_queue: false, scheduled_for: later(1) }))
  await lab.send('POST', '/transactions', transaction({ reference: 'expiring', inflight: true, inflight_expiry_date: later(2) }))
  await lab.send('POST', '/transactions', transaction({ reference: 'committing', inflight: true, skip_queue: false, inflight_commit_date: later(3) }))
  await startLater(0)
  expect(await statuses()).toEqual(['timed SCHEDULED', 'expiring INFLIGHT', 'committing_q INFLIGHT'])
  await startLater(1.5)
  expect((await statuses()).slice(3)).toEqual(['timed_q APPLIED'])
  await startLater(2.5)
  expect((await statuses()).slice(4)).toEqual([expect.stringMatching(/^void_act_.* VOID$/)])
  await startLater(3.5)
  expect((await statuses()).slice(5)).toEqual([expect.stringMatching(/^commit_act_.* APPLIED$/)])
})

test('a batch in the background is run by a worker that starts later', async () => {
  const items = Array.from({ length: 250 }, (_, i) => transaction({ amount: 1, reference: `item-${i}` }))
  expect((await lab.send('POST', '/transactions/bulk', { run_async: true, inflight: true, transactions: items })).status).toBe(202)
  expect(await lab.rows('true')).toHaveLength(0)
  await lab.settle()
  expect(await lab.rows("status = 'INFLIGHT'")).toHaveLength(250)
  expect((await lab.balance('@Customer')).inflight_credit_balance).toBe(25_000n)
})

test('more than a hundred batches in the background are too many', async () => {
  const start = async (): Promise<number> => (await lab.send('POST', '/transactions/bulk', { run_async: true, transactions: [transaction()] })).status
  const answers: number[] = []
  for (let i = 0; i < 100; i++) answers.push(await start())
  expect(new Set(answers)).toEqual(new Set([202]))
  expect(await lab.send('POST', '/transactions/bulk', { run_async: true, transactions: [transaction()] })).toMatchObject({
    status: 429, body: { error: 'too many async bulk operations in progress, try again later', error_detail: { code: 'GEN_RATE_LIMITED' } }
  })
  await lab.settle()
  expect(await start()).toBe(202)
})

test('what was queued and lost is put back by recover, once it is old enough', async () => {
  await lab.send('POST', '/transactions', transaction({ reference: 'lost', skip_queue: false }))
  await lab.ledger.db.query(`DELETE FROM ${lab.ledger.schema}.queue`)
  expect((await lab.send('POST', '/transactions/recover?threshold=1m')).body).toEqual({ recovered: 0, threshold: '1m0s' })
  lab.ledger.clock.set({ frozenAt: null, ahead: 3 * 60_000_000 })
  expect((await lab.send('POST', '/transactions/recover')).body).toEqual({ recovered: 1, threshold: '2m0s' })
  expect((await lab.send('POST', '/transactions/recover')).body['recovered']).toBe(0)
  await lab.settle()
  expect((await lab.send('GET', '/transactions/reference/lost_q')).body['status']).toBe('APPLIED')
})
