import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { brokenLaws, testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

const LOCKED = 'failed to acquire lock: failed to acquire all locks within the wait timeout'

/** Runs `work` while another connection holds the balance. */
async function whileHeld<T> (name: string, work: () => Promise<T>): Promise<T> {
  return await lab.ledger.db.transaction(async (tx) => {
    await tx.query(`SELECT 1 FROM ${lab.ledger.schema}.balances WHERE indicator = $1 FOR UPDATE`, [name])
    return await work()
  })
}

// The embedded Postgres is one backend behind all connections: nobody can hold a lock there while another asks for it.
describe.skipIf('socketDir' in inject('postgres'))('balances that others hold on one server', () => {
  beforeAll(async () => {
    await lab.send('POST', '/transactions', transaction({ amount: 100, destination: '@Held' }))
    await lab.send('POST', '/transactions', transaction({ amount: 100, destination: '@Free' }))
  })

  test('a posting waits three seconds, answers 423 and has written nothing; others go on', async () => {
    const before = await lab.rows('true')
    const started = Date.now()
    const [held, free] = await whileHeld('@Held', async () => await Promise.all([
      lab.send('POST', '/transactions', transaction({ source: '@Held', destination: '@Shop', reference: 'held' })),
      lab.send('POST', '/transactions', transaction({ source: '@Free', destination: '@Elsewhere' })).then((answer) => ({ answer, after: Date.now() - started }))
    ]))
    expect(held).toEqual({ status: 423, body: { error: LOCKED, error_detail: { code: 'GEN_RESOURCE_LOCKED', message: LOCKED } } })
    expect(Date.now() - started).toBeGreaterThanOrEqual(3000)
    expect(free.answer.status).toBe(201)
    expect(free.after).toBeLessThan(2500)
    expect(await lab.rows('true')).toHaveLength(before.length + 1)
    expect((await lab.send('POST', '/transactions', transaction({ source: '@Held', destination: '@Shop', reference: 'held' }))).status).toBe(201)
  })

  test('a short wait is no refusal', async () => {
    let asked: Promise<{ status: number }> | undefined
    await whileHeld('@Held', async () => { asked = lab.send('POST', '/transactions', transaction({ source: '@Held', destination: '@Shop' })) })
    expect((await asked)?.status).toBe(201)
  })

  test('of many settlements the one that is held up fails', async () => {
    const id = async (source: string): Promise<string> => (await lab.send('POST', '/transactions', transaction({ source, destination: '@Shop2', inflight: true }))).body['transaction_id'] as string
    const ids = [await id('@Held'), await id('@Free')]
    const { body } = await whileHeld('@Held', async () => await lab.send('POST', '/transactions/inflight/bulk/void', { transaction_ids: ids, skip_queue: true }))
    expect(body).toMatchObject({ succeeded: 1, failed: 1, results: [{ status: 'failed', code: 'LOCKED', message: LOCKED }, { status: 'succeeded' }] })
  })

  test('an atomic batch that is held up in its second slice takes back its first', async () => {
    const items = Array.from({ length: 120 }, (_, i) => transaction({ amount: 1, source: i < 100 ? '@Free' : '@Held', destination: '@Slices' }))
    const { status, body } = await whileHeld('@Held', async () => await lab.send('POST', '/transactions/bulk', { atomic: true, skip_queue: true, transactions: items }))
    expect([status, body['error']]).toEqual([423, `${LOCKED}. All transactions in this batch have been refunded.`])
    await lab.settle()
    expect((await lab.balance('@Slices')).balance).toBe(0n)
    expect(await brokenLaws(lab)).toEqual([])
  })

  test('the queue waits as long as it takes', async () => {
    await lab.send('POST', '/transactions', transaction({ source: '@Held', destination: '@Patient', skip_queue: false }))
    let settled: Promise<void> | undefined
    await whileHeld('@Held', async () => {
      settled = lab.settle()
      await lab.send('POST', '/transactions', transaction({ source: '@Held', destination: '@Shop' }))
    })
    await settled
    expect((await lab.balance('@Patient')).balance).toBe(1000n)
  })
})
