import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCore, type Sandbox } from '../../../src/sandbox/core.js'

const key = randomBytes(16).toString('hex')
const schema = `test_${randomBytes(6).toString('hex')}`
let core: Sandbox
let balances: readonly string[] = []

async function ask (method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number, body: unknown }> {
  const answer = await request(core.url + path, { method, headers: { 'x-blnk-key': key }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: answer.statusCode, body: await answer.body.json() }
}

// Four transactions of 10, 20, 30 and 40, at noon of the first four days of 2024.
beforeAll(async () => {
  core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' })
  await core.open({ schema, key })
  const ledger = (await ask('POST', '/ledgers', { name: 'filtered' })).body as { ledger_id: string }
  const make = async (): Promise<string> => ((await ask('POST', '/balances', { ledger_id: ledger.ledger_id, currency: 'USD' })).body as { balance_id: string }).balance_id
  balances = [await make(), await make()]
  for (const n of [1, 2, 3, 4]) {
    const answer = await ask('POST', '/transactions', {
      amount: n * 10,
      precision: 100,
      reference: n === 4 ? '007' : `R${n}`,
      currency: 'USD',
      source: n % 2 === 0 ? '@even' : '@odd',
      destination: balances[n % 2],
      description: `number ${n}`,
      allow_overdraft: true,
      skip_queue: true,
      effective_date: `2024-01-0${n}T12:00:00Z`,
      meta_data: { n, even: n % 2 === 0, when: `2024-01-0${n}T12:00:00Z`, word: n === 3 ? 'three' : String(n), ...(n === 1 ? { only: 'one' } : {}) }
    })
    expect(answer.status).toBe(201)
  }
})
afterAll(async () => {
  await core.drop(schema)
  await core.close()
})

const tens = (body: unknown): number[] => (body as Array<{ amount: number }>).map(({ amount }) => amount / 10).sort((a, b) => a - b)

describe('in a query', () => {
  const cases: ReadonlyArray<readonly [query: string, found: readonly number[]]> = [
    ['amount_eq=20', [2]],
    ['amount_ne=20', [1, 3, 4]],
    ['amount_NEQ=20', [1, 3, 4]],
    ['amount_gt=20', [3, 4]],
    ['amount_gteq=20', [2, 3, 4]],
    ['amount_lt=20', [1]],
    ['amount_lte=20.0', [1, 2]],
    ['amount_between=15%7C30', [2, 3]],
    ['amount_in=10,%2040', [1, 4]],
    ['reference_like=R%25', [1, 2, 3]],
    ['reference_like=r%25', []],
    ['reference_ilike=r%25', [1, 2, 3]],
    ['reference_eq=007', [4]],
    ['parent_transaction_isnull=', []],
    ['description_isnotnull=x', [1, 2, 3, 4]],
    ['effective_date_eq=2024-01-02', [2]],
    ['effective_date_eq=2024/01/02', [2]],
    ['effective_date_eq=2024-01-02T12:00', [2]],
    ['effective_date_eq=2024-01-02T11:59', []],
    ['effective_date_eq=2024-01-02T14:00:00%2B02:00', [2]],
    ['effective_date_gte=2024-01-03', [3, 4]],
    ['effective_date_between=2024-01-02%7C2024-01-03T12:00:00Z', [2, 3]],
    ['indicator_eq=@even', [2, 4]],
    ['indicator_ilike=%25DD', [1, 3]],
    ['indicator_in=@even,@odd', [1, 2, 3, 4]],
    ['meta_data.n_eq=1', [1]],
    ['meta_data.word_eq=1', []],
    ['meta_data.word_eq=three', [3]],
    ['meta_data.even_eq=true', [2, 4]],
    ['meta_data.even_ne=true', [1, 3]],
    ['meta_data.n_gt=2', [3, 4]],
    ['meta_data.word_gte=2', [2, 4]],
    ['meta_data.n_between=2%7C3', [2, 3]],
    ['meta_data.n_in=1,4', [1, 4]],
    ['meta_data.word_like=th%25', [3]],
    ['meta_data.only_isnull=', [2, 3, 4]],
    ['meta_data.only_isnotnull=', [1]],
    ['meta_data.when_eq=2024-01-02', [2]],
    ['amount_eq=10&reference_eq=R2&logical_operator=or', [1, 2]],
    ['amount_eq=10&reference_eq=R2', []],
    ['status=REJECTED', [1, 2, 3, 4]],
    ['sort_by=amount', [1, 2, 3, 4]],
    ['amount_eq=10&amount_eq=20', [1]]
  ]
  test.for(cases)('%s', async ([query, found]) => {
    const answer = await ask('GET', `/transactions?${query}`)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(tens(answer.body)).toEqual(found)
  })

  test('balance_id is either end', async () => {
    expect(tens((await ask('GET', `/transactions?balance_id_eq=${balances[0] as string}`)).body)).toEqual([2, 4])
    expect(tens((await ask('GET', `/transactions?balance_id_ne=${balances[0] as string}`)).body)).toEqual([1, 3])
    expect(tens((await ask('GET', `/transactions?balance_id_in=${balances.join(',')}`)).body)).toEqual([1, 2, 3, 4])
    expect((await ask('GET', '/transactions?balance_id_gt=x')).body).toMatchObject({ error: "Invalid filter: operator 'gt' is not supported for field 'balance_id' on transactions: must be one of eq, ne, in, isnull, isnotnull" })
  })

  const errors: ReadonlyArray<readonly [query: string, message: string]> = [
    ['amount_between=1', 'between operator requires exactly 2 pipe-separated values (value1|value2)'],
    [`amount_in=${Array.from({ length: 101 }, (_, i) => i).join(',')}`, 'IN operator exceeds maximum values (100)'],
    [`reference_eq=${'x'.repeat(1001)}`, 'value exceeds maximum length (1000 chars)'],
    ['logical_operator=xor', "invalid logical_operator: must be 'and' or 'or'"],
    [Array.from({ length: 21 }, (_, i) => `meta_data.k${i}_eq=1`).join('&'), 'exceeded maximum number of filters (20)']
  ]
  test.for(errors)('%s', async ([query, message]) => {
    const { status, body } = await ask('GET', `/transactions?${query}`)
    expect(status).toBe(400)
    expect(body).toMatchObject({ errors: [{ Message: message }], error_detail: { code: 'GEN_VALIDATION_ERROR', message: 'invalid filter parameters', details: [{ Message: message }] } })
  })
})

describe('in a body', () => {
  const filter = async (filters: unknown, more: object = {}): Promise<{ status: number, body: unknown }> => await ask('POST', '/transactions/filter', { filters, ...more })

  test('values keep their JSON type', async () => {
    expect(tens((await filter([{ field: 'meta_data.word', operator: 'eq', value: '1' }])).body)).toEqual([1])
    expect(tens((await filter([{ field: 'meta_data.word', operator: 'eq', value: 1 }])).body)).toEqual([])
    expect(tens((await filter([{ field: 'amount', operator: 'in', values: [10, 20.0] }])).body)).toEqual([1, 2])
    expect(tens((await filter([{ field: 'amount', operator: 'eq' }])).body)).toEqual([])
  })

  test('sorting, paging and counting', async () => {
    const all = [{ field: 'currency', operator: 'eq', value: 'USD' }]
    const { body } = await filter(all, { sort_by: ' Amount ', sort_order: 'ASC', limit: 2, offset: 1, include_count: true })
    expect((body as { data: Array<{ amount: number }> }).data.map(({ amount }) => amount)).toEqual([20, 30])
    expect(body).toMatchObject({ total_count: 4 })
    expect((await filter(all, { limit: 101 })).status).toBe(200)
  })

  test('what the database refuses is told in one sentence', async () => {
    const { status, body } = await filter([{ field: 'amount', operator: 'like', value: '%' }])
    expect([status, body]).toEqual([500, { error: 'Failed to retrieve transactions', error_detail: { code: 'GEN_INTERNAL', message: 'Failed to retrieve transactions', details: {} } }])
  })
})

test('nothing that a caller sends becomes SQL', async () => {
  const hostile = fc.oneof(fc.constantFrom("'", "';--", '$1', '$9', ')', ' OR true', '\\', '"', "') OR ('1'='1", '%', '\u0000'), fc.string({ maxLength: 8 }))
  const text = fc.array(hostile, { maxLength: 4 }).map((parts) => parts.join(''))
  const field = fc.oneof(fc.constantFrom('amount', 'reference', 'indicator', 'balance_id', 'created_at', 'meta_data', 'meta_data.n'), text, text.map((each) => `meta_data.${each}`))
  const operator = fc.constantFrom('eq', 'ne', 'gt', 'in', 'between', 'like', 'isnull')
  const filter = fc.record({ field, operator, value: text, values: fc.tuple(text, text) })
  const seed = randomBytes(4).readInt32BE()
  console.log(`filters of seed ${seed}`)
  await fc.assert(fc.asyncProperty(fc.array(filter, { maxLength: 3 }), text, async (filters, sortBy) => {
    const { status, body } = await ask('POST', '/transactions/filter', { filters, sort_by: sortBy })
    expect([200, 400, 500]).toContain(status)
    if (status === 500) expect(JSON.stringify(body)).toContain('Failed to retrieve transactions')
  }), { numRuns: 150, seed })
  expect(tens((await ask('GET', '/transactions')).body)).toEqual([1, 2, 3, 4])
})
