import { afterAll, beforeAll, expect, test } from 'vitest'
import { bindJson } from '../../../src/sandbox/json/bind.js'
import { encodeJson } from '../../../src/sandbox/json/encode.js'
import { prepare } from '../../../src/sandbox/transactions/entry.js'
import { recordTransaction } from '../../../src/sandbox/transactions/request.js'
import { brokenLaws, testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

const AT_A_TIME = 16
const times = async <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> => await Promise.all(Array.from({ length: count }, async (_, i) => await work(i)))

test('sixteen at a time never spend more than there is', async () => {
  await lab.send('POST', '/transactions', transaction({ amount: 100, destination: '@Purse' }))
  const answers = await times(AT_A_TIME * 3, async (i) => await lab.send('POST', '/transactions', transaction({ amount: 7, source: '@Purse', destination: `@Shop${i % 5}`, allow_overdraft: false })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(14)
  expect(answers.filter(({ status }) => status !== 201).every(({ body }) => (body['error_detail'] as { code: string }).code === 'TXN_INSUFFICIENT_FUNDS')).toBe(true)
  expect((await lab.balance('@Purse')).balance).toBe(200n)
  expect(await brokenLaws(lab)).toEqual([])
})

test('crosswise transfers between the same balances all go through', async () => {
  const answers = await times(AT_A_TIME * 4, async (i) => await lab.send('POST', '/transactions', transaction(i % 2 === 0 ? { source: '@Left', destination: '@Right' } : { source: '@Right', destination: '@Left' })))
  expect(answers.every(({ status }) => status === 201)).toBe(true)
  expect((await lab.balance('@Left')).balance).toBe(0n)
  expect((await lab.balance('@Left')).version).toBe(BigInt(AT_A_TIME * 4 + 1))
})

test('postings that make the same balances crosswise take no locks crosswise', async () => {
  // Straight to the database: through a handler a deadlock would be tried again.
  for (let round = 0; round < 5; round++) {
    const entries = Array.from({ length: AT_A_TIME }, (_, i) => {
      const [source, destination] = i % 2 === 0 ? [`@a${round}`, `@b${round}`] : [`@b${round}`, `@a${round}`]
      return encodeJson(prepare(lab.ledger, bindJson({ body: Buffer.from(JSON.stringify(transaction({ source, destination }))) }, recordTransaction)).entries)
    })
    await Promise.all(entries.map(async (entry) => await lab.ledger.db.query(`SELECT ${lab.ledger.schema}.post_transactions($1)`, [entry])))
  }
  expect(await brokenLaws(lab)).toEqual([])
})

test('of sixteen posts with one reference one is applied', async () => {
  const answers = await times(AT_A_TIME, async (i) => await lab.send('POST', '/transactions', transaction({ reference: 'once', amount: i + 1, destination: '@Once' })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: AT_A_TIME - 1 }, () => 409)])
  expect(await lab.rows("reference = 'once'")).toHaveLength(1)
})

test('of sixteen queued and direct posts with one reference one takes effect', async () => {
  await times(AT_A_TIME, async (i) => await lab.send('POST', '/transactions', transaction({ reference: 'mixed', amount: 3, destination: '@Mixed', skip_queue: i % 2 === 0 })))
  await lab.settle()
  expect(await lab.rows("reference = 'mixed'")).toHaveLength(1)
  expect((await lab.balance('@Mixed')).credit_balance).toBe(300n)
})

test('of a commit and a void at once one settles the hold', async () => {
  for (let round = 0; round < 8; round++) {
    const { body: hold } = await lab.send('POST', '/transactions', transaction({ inflight: true, destination: '@Held' }))
    const path = `/transactions/inflight/${hold['transaction_id'] as string}`
    const id = hold['transaction_id'] as string
    const answers = await times(6, async (i) => i % 3 === 0
      ? await lab.send('POST', '/transactions/inflight/bulk/void', { transaction_ids: [id], skip_queue: true })
      : await lab.send('PUT', path, { status: i % 3 === 1 ? 'commit' : 'void', skip_queue: true }))
    expect(answers.filter(({ status, body }) => status === 200 && body['succeeded'] !== 0)).toHaveLength(1)
    expect(await lab.rows('parent_transaction = $1', [hold['transaction_id']])).toHaveLength(1)
  }
  expect((await lab.balance('@Held')).inflight_balance).toBe(0n)
  expect(await brokenLaws(lab)).toEqual([])
})

test('partial commits at once take no more than the hold', async () => {
  const { body: hold } = await lab.send('POST', '/transactions', transaction({ inflight: true, amount: 10, destination: '@Parts' }))
  const answers = await times(AT_A_TIME, async () => await lab.send('PUT', `/transactions/inflight/${hold['transaction_id'] as string}`, { status: 'commit', amount: 3, skip_queue: true }))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(await lab.balance('@Parts')).toMatchObject({ balance: 900n, inflight_balance: 100n })
})

test('of refunds at once one is made', async () => {
  const { body: sale } = await lab.send('POST', '/transactions', transaction({ destination: '@Sold' }))
  const answers = await times(6, async (i) => await lab.send('POST', `/refund-transaction/${sale['transaction_id'] as string}`, { skip_queue: i % 2 === 0 }))
  await lab.settle()
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(await lab.rows('reference = $1', [`${sale['transaction_id'] as string}_refund`])).toHaveLength(1)
})
