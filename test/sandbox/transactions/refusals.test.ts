import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenLaws, testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

test('what is refused leaves its @ balances and nothing else', async () => {
  const before = await lab.rows('true')
  expect((await lab.send('POST', '/transactions', transaction({ source: '@Empty', allow_overdraft: false }))).body['error_detail']).toMatchObject({ code: 'TXN_INSUFFICIENT_FUNDS' })
  expect(await lab.rows('true')).toEqual(before)
  expect((await lab.balance('@Empty')).version).toBe(1n)
})

test('of an atomic split that fails at its second leg nothing stays, of another the first leg', async () => {
  await lab.send('POST', '/transactions', transaction({ amount: 50, destination: '@Full' }))
  const sources = [{ identifier: '@Full', distribution: '50%' }, { identifier: '@Bare', distribution: '50%' }]
  const failing = transaction({ source: undefined, sources, destination: '@Target', allow_overdraft: false })
  const atomic = await lab.send('POST', '/transactions', { ...failing, atomic: true })
  expect(atomic).toMatchObject({ status: 400, body: { error: 'failed to record split transaction 1: failed to apply transaction to balances: insufficient funds in source balance' } })
  await lab.settle()
  expect((await lab.balance('@Full')).balance).toBe(5000n)
  await lab.send('POST', '/transactions', { ...failing, reference: 'partly' })
  expect((await lab.balance('@Full')).balance).toBe(4500n)
  expect(await brokenLaws(lab)).toEqual([])
})

test('a text that Postgres cannot hold is refused without showing the database', async () => {
  const { status, body } = await lab.send('POST', '/transactions', JSON.stringify(transaction({ description: 'a\0b' })))
  expect([status, body['error']]).toEqual([500, 'Failed to record transaction'])
  expect((await lab.send('POST', '/transactions', transaction({ precision: 1e30 }))).status).toBe(500)
})

test('30 digits come back digit for digit, and metadata as Core keeps it', async () => {
  const body = '{"precise_amount":123456789012345678901234567891,"precision":100,"reference":"long","description":"d","currency":"EUR","source":"@World","destination":"@Whale","allow_overdraft":true,"skip_queue":true,"meta_data":{"z":1.50,"a":{"y":1,"b":[2]}}}'
  await lab.send('POST', '/transactions', body)
  const { rows } = await lab.ledger.db.query<{ precise_amount: string, meta_data: string }>(`SELECT precise_amount, meta_data FROM ${lab.ledger.schema}.transactions WHERE reference = 'long'`)
  expect(rows[0]?.precise_amount).toBe('123456789012345678901234567891')
  expect((await lab.balance('@Whale', 'EUR')).balance).toBe(123456789012345678901234567891n)
  expect((await lab.send('GET', '/transactions/reference/long')).body['meta_data']).toEqual({ a: { b: [2], y: 1 }, allow_overdraft: true, z: 1.5 })
})
