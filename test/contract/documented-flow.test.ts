import { beforeAll, expect, test } from 'vitest'
import { ownInstance, type Answer, type Own } from '../support/gateway.js'

// The walk-through of the vendor's "Making requests" page, its multiple-sources page, and balances at a time (spec/01 1.3).
let own: Own
let a: string
let b: string
beforeAll(async () => { own = await ownInstance() })

const post = async (path: string, body: object): Promise<Answer['json']> => {
  const answer = await own.proxy('POST', path, body)
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer.json
}
const balance = async (id: string): Promise<Answer['json']> => (await own.proxy('GET', `/balances/${id}`)).json
const applied = async (reference: string): Promise<Answer['json']> => {
  let answer: Answer | undefined
  await expect.poll(async () => {
    answer = await own.proxy('GET', `/transactions/reference/${reference}_q`)
    return answer.json?.status
  }, { timeout: 10_000 }).toBe('APPLIED')
  return answer?.json
}

test('a ledger and two balances', async () => {
  const ledger = await post('/ledgers', { name: 'MyApp Integration Ledger', meta_data: { description: 'Ledger for integration test' } })
  expect(ledger.ledger_id).toMatch(/^ldg_/)
  a = (await post('/balances', { ledger_id: ledger.ledger_id, currency: 'USD' })).balance_id
  b = (await post('/balances', { ledger_id: ledger.ledger_id, currency: 'USD' })).balance_id
  expect(a).not.toBe(b)
  expect(await balance(a)).toMatchObject({ balance: 0, credit_balance: 0, debit_balance: 0, ledger_id: ledger.ledger_id, currency: 'USD' })
})

test('a queued transaction of 100.50 moves 10050 minor units', async () => {
  const sent = await post('/transactions', {
    amount: 100.50, currency: 'USD', precision: 100, reference: 'ref_myApp-integration-test-001', source: a, destination: b, description: 'Integration test: transfer from Balance A to Balance B', allow_overdraft: true
  })
  expect(sent).toMatchObject({ amount: 100.5, precision: 100, precise_amount: 10050, status: 'QUEUED', source: a, destination: b, allow_overdraft: true })
  expect(await applied('ref_myApp-integration-test-001')).toMatchObject({ precise_amount: 10050, parent_transaction: sent.transaction_id })
  expect(await balance(a)).toMatchObject({ balance: -10050, debit_balance: 10050, credit_balance: 0 })
  expect(await balance(b)).toMatchObject({ balance: 10050, debit_balance: 0, credit_balance: 10050 })
})

test('precise_amount without precision and reference: both are filled, and the reference comes back', async () => {
  const answer = await own.proxy('POST', '/transactions', '{"precise_amount": 12345678901234567890123, "currency": "USD", "source": "@World", "destination": "' + b + '", "description": "Filled", "allow_overdraft": true, "skip_queue": true}')
  expect(answer.status).toBe(201)
  const reference = answer.headers.get('x-blnk-reference')
  expect(reference).toMatch(/^ref_[0-9a-f-]{36}$/)
  expect(answer.text).toContain('"precise_amount":12345678901234567890123,"amount":123456789012345680000,"amount_string":"123456789012345678901.23","precision":100,')
  expect(answer.json).toMatchObject({ reference, status: 'APPLIED' })
  expect((await own.proxy('GET', `/balances/${b}`)).text).toContain('"balance":12345678901234567900173,')
})

test('metadata is merged at the top level, on ledger, balance and transaction', async () => {
  const { ledger_id: ledger } = await balance(a)
  expect(await post(`/${ledger}/metadata`, { meta_data: { myApp: { project_owner: 'Acme LLC' } } })).toEqual({ meta_data: { description: 'Ledger for integration test', myApp: { project_owner: 'Acme LLC' } } })
  expect(await post(`/${a}/metadata`, { meta_data: { myApp: { account_type: 'savings' } } })).toEqual({ meta_data: { myApp: { account_type: 'savings' } } })
  expect(await post(`/${a}/metadata`, { meta_data: { myApp: { segment: 'retail' } } })).toEqual({ meta_data: { myApp: { segment: 'retail' } } })
  const { transaction_id: transaction } = (await own.proxy('GET', '/transactions/reference/ref_myApp-integration-test-001')).json
  expect(await post(`/${transaction}/metadata`, { meta_data: { channel: 'web' } })).toEqual({ meta_data: { channel: 'web' } })
  expect((await own.proxy('GET', `/transactions/${transaction}`)).json.meta_data).toMatchObject({ channel: 'web' })
})

test('several sources pay one destination, and the legs sum to the amount', async () => {
  const { ledger_id: ledger } = await balance(a)
  const [x, y, z] = await Promise.all([1, 2, 3].map(async () => (await post('/balances', { ledger_id: ledger, currency: 'USD' })).balance_id as string)) as [string, string, string]
  for (const id of [x, y]) await post('/transactions', { amount: 1000, precision: 100, reference: `fund-${id}`, currency: 'USD', source: '@World', destination: id, description: 'Fund', allow_overdraft: true, skip_queue: true })
  const sent = await post('/transactions', {
    amount: 100.01, precision: 100, reference: 'several', currency: 'USD', description: 'Several', destination: z, sources: [{ identifier: x, distribution: '33.33%' }, { identifier: y, distribution: 'left' }], skip_queue: true
  })
  expect(sent.status).toBe('APPLIED')
  const [bx, by, bz] = await Promise.all([balance(x), balance(y), balance(z)])
  expect(bx.debit_balance + by.debit_balance).toBe(10001)
  expect(bz.balance).toBe(10001)
  expect(bx.debit_balance).toBe(3333)
})

test('a balance at a time is what it was then', async () => {
  const { ledger_id: ledger } = await balance(a)
  const id = (await post('/balances', { ledger_id: ledger, currency: 'USD' })).balance_id as string
  const pay = async (amount: number, when: string): Promise<Answer['json']> => await post('/transactions', { amount, precision: 100, reference: `at-${when}`, currency: 'USD', source: '@World', destination: id, description: 'Then', allow_overdraft: true, skip_queue: true, effective_date: when })
  await pay(10, '2024-01-10T00:00:00Z')
  await pay(5, '2024-01-20T00:00:00Z')
  const at = async (when: string): Promise<Answer['json']> => (await own.proxy('GET', `/balances/${id}/at?timestamp=${encodeURIComponent(when)}`)).json.balance
  expect(await at('2024-01-09T00:00:00Z')).toMatchObject({ balance: 0, credit_balance: 0 })
  expect(await at('2024-01-15T00:00:00Z')).toMatchObject({ balance: 1000, credit_balance: 1000, debit_balance: 0 })
  expect(await at('2024-01-21T00:00:00Z')).toMatchObject({ balance: 1500, balance_id: id, currency: 'USD' })
})
