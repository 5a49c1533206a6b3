import { expect, test } from 'vitest'
import { openCore, type TestCore } from '../core.js'

interface Hit { readonly document: Record<string, unknown>, readonly highlights: ReadonlyArray<Record<string, unknown>>, readonly text_match?: number }
interface Result { readonly found: number, readonly out_of: number, readonly page: number, readonly hits: readonly Hit[], readonly request_params: unknown, readonly search_time_ms: number }

async function made (core: TestCore, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await core.send('POST', path, body)
  expect(answer.status, answer.text).toBe(201)
  return answer.json
}

async function search (core: TestCore, collection: string, query: unknown): Promise<Result> {
  const answer = await core.send('POST', `/search/${collection}`, query)
  expect(answer.status, answer.text).toBe(201)
  return answer.json as unknown as Result
}

const idsOf = ({ hits }: Result): unknown[] => hits.map(({ document }) => document['id'])

const seconds = (time: unknown): number => Math.floor(Date.parse(time as string) / 1000)

/** Three ledgers whose names and metadata tell them apart. */
async function threeLedgers (core: TestCore): Promise<string[]> {
  const [a, b, c] = [
    await made(core, '/ledgers', { name: 'Customer Savings', meta_data: { tier: 'gold', seats: 3, owner: { city: 'Accra' } } }),
    await made(core, '/ledgers', { name: 'Customer Loans (2024)', meta_data: { tier: 'silver', seats: 12 } }),
    await made(core, '/ledgers', { name: 'Treasury', meta_data: { tier: 'gold-plus', seats: '7' } })
  ]
  return [a, b, c].map((each) => each['ledger_id'] as string)
}

test('a result has the members that Typesense has, and a document those of the schema', async () => {
  const core = await openCore()
  const ledger = await made(core, '/ledgers', { name: 'One', meta_data: { b: 1, a: 2 } })
  const result = await search(core, 'ledgers', { q: '*' })
  expect(Object.keys(result)).toEqual(['facet_counts', 'found', 'hits', 'out_of', 'page', 'request_params', 'search_time_ms'])
  expect(result).toMatchObject({ found: 2, out_of: 2, page: 1, request_params: { collection_name: 'ledgers', per_page: 10, q: '*' } })
  expect(JSON.stringify(result.hits[0])).toBe(JSON.stringify({
    document: { created_at: seconds(ledger['created_at']), id: ledger['ledger_id'], ledger_id: ledger['ledger_id'], meta_data: { a: 2, b: 1 }, name: 'One' }, highlights: []
  }))
  // The ledger that each Core has from the start (spec/09 12).
  expect(result.hits[1]?.document['id']).toBe('general_ledger_id')
})

test('documents of balances, transactions, identities and reconciliations', async () => {
  const core = await openCore()
  const ledger = await made(core, '/ledgers', { name: 'One' })
  const balance = await made(core, '/balances', { ledger_id: ledger['ledger_id'], currency: 'USD' })
  const precise = '123456789012345678901234567890'
  const { text } = await core.send('POST', '/transactions', `{"precise_amount": ${precise}, "precision": 100, "reference": "r1", "currency": "USD", "source": "@World", "destination": "${balance['balance_id'] as string}", "description": "Pay in", "allow_overdraft": true, "skip_queue": true, "effective_date": "2024-06-01T10:00:00Z"}`)
  const transaction = JSON.parse(text) as Record<string, unknown>
  const identity = await made(core, '/identities', { identity_type: 'individual', first_name: 'Ada', last_name: 'Lovelace', dob: '1815-12-10T00:00:00Z' })
  const { rule_id: rule } = await made(core, '/reconciliation/matching-rules', { name: 'r', criteria: [{ field: 'reference', operator: 'equals' }] })
  await core.send('POST', '/reconciliation/start-instant', { external_transactions: [{ id: 'e', amount: 1, reference: 'none', currency: 'USD', date: '2024-06-01T10:00:00Z' }], strategy: 'one_to_one', matching_rule_ids: [rule] })
  await core.core.settle(core.schema)

  const [found] = (await search(core, 'balances', { q: balance['balance_id'], query_by: 'balance_id' })).hits
  expect(found?.document).toMatchObject({ id: balance['balance_id'], balance: precise, credit_balance: precise, debit_balance: '0', currency: 'USD', precision: 0, indicator: '', inflight_expires_at: -62135596800, meta_data: {} })
  expect(found?.document).not.toHaveProperty('identity_id')
  const [posted] = (await search(core, 'transactions', { q: 'r1', query_by: 'reference' })).hits
  expect(posted?.document).toMatchObject({
    id: transaction['transaction_id'],
    precise_amount: precise,
    precision: 100,
    status: 'APPLIED',
    allow_overdraft: true,
    inflight: false,
    parent_transaction: '',
    source: transaction['source'],
    created_at: seconds(transaction['created_at']),
    effective_date: seconds('2024-06-01T10:00:00Z'),
    scheduled_for: -62135596800
  })
  const [person] = (await search(core, 'identities', { q: 'lovelace', query_by: 'first_name,last_name' })).hits
  expect(person).toMatchObject({ document: { id: identity['identity_id'], dob: seconds('1815-12-10T00:00:00Z'), organization_name: '' }, highlights: [{ field: 'last_name', matched_tokens: ['Lovelace'], snippet: '<mark>Lovelace</mark>' }], text_match: 1 })
  const [run] = (await search(core, 'reconciliations', { q: 'completed', query_by: 'status' })).hits
  expect(run?.document).toMatchObject({ status: 'completed', matched_transactions: 0, unmatched_transactions: 1, is_dry_run: false })
})

test('words are found whole, the last by its beginning, in any case and without symbols', async () => {
  const core = await openCore()
  const [savings, loans, treasury] = await threeLedgers(core)
  const found = async (q: string, queryBy = 'name'): Promise<unknown[]> => idsOf(await search(core, 'ledgers', { q, query_by: queryBy }))
  expect(await found('customer')).toEqual([loans, savings])
  expect(await found('cust')).toEqual([loans, savings])
  expect(await found('cust loans')).toEqual([])
  expect(await found('LOANS customer')).toEqual([loans])
  expect(await found('2024')).toEqual([loans])
  expect(await found('100%_')).toEqual([])
  expect(await found('')).toEqual([])
  expect(await found('gold', 'name,meta_data.tier')).toEqual([treasury, savings])
  expect(await found('accra', 'meta_data')).toEqual([savings])
  expect(await found(treasury as string, 'ledger_id')).toEqual([treasury])
})

test.each([
  ['name:customer', ['loans', 'savings']],
  ['name:Customer Loans', ['loans']],
  ['name:cust*', ['loans', 'savings']],
  ['name:=customer', []],
  ['name:=`Customer Loans (2024)`', ['loans']],
  ['name:=[Treasury, Customer Savings]', ['treasury', 'savings']],
  ['name:!=Treasury', ['loans', 'savings', 'general']],
  ['name:customer && meta_data.tier:=gold', ['savings']],
  ['name:customer && (meta_data.tier:=silver || name:Treasury)', ['loans']],
  ['name:Treasury || name:customer && meta_data.tier:=silver', ['treasury', 'loans']],
  ['meta_data.seats:>3', ['loans']],
  ['meta_data.seats:[3..12]', ['loans', 'savings']],
  ['meta_data.seats:=7', ['treasury']],
  ['meta_data.owner.city:accra', ['savings']],
  ['created_at:>0', ['treasury', 'loans', 'savings', 'general']],
  ['created_at:<=0', []],
  ['name:[]', []],
  ['name:=``', []],
  ['name:!!', []],
  ["name:=`'; DROP TABLE ledgers --`", []],
  ['id:=general_ledger_id', ['general']]
])('filter_by %s', async (filter, names) => {
  const core = await openCore()
  const [savings, loans, treasury] = await threeLedgers(core)
  const known: Record<string, unknown> = { savings, loans, treasury, general: 'general_ledger_id' }
  const result = await search(core, 'ledgers', { q: '*', filter_by: filter })
  expect(idsOf(result)).toEqual(names.map((name) => known[name]))
  expect(result).toMatchObject({ found: names.length, out_of: 4 })
})

test('sorts by numbers, and by pages', async () => {
  const core = await openCore()
  const [savings, loans, treasury] = await threeLedgers(core)
  const sorted = async (by: string): Promise<unknown[]> => idsOf(await search(core, 'ledgers', { q: '*', sort_by: by, filter_by: 'id:!=general_ledger_id' }))
  expect(await sorted('created_at:asc')).toEqual([savings, loans, treasury])
  expect(await sorted('_text_match:desc,created_at:DESC')).toEqual([treasury, loans, savings])
  expect(await sorted('meta_data.seats:desc')).toEqual([loans, savings, treasury])
  const second = await search(core, 'ledgers', { q: '*', per_page: 2, page: 2 })
  expect(second).toMatchObject({ found: 4, page: 2, request_params: { per_page: 2 } })
  expect(idsOf(second)).toEqual([savings, 'general_ledger_id'])
  expect(idsOf(await search(core, 'ledgers', { q: '*', page: 9 }))).toEqual([])
})

test.each([
  ['a collection that there is not', 'accounts', { q: '*' }, 'status: 404 response: {"message": "Not found."}'],
  ['words without a field', 'ledgers', { q: 'x' }, 'status: 400 response: {"message": "No search fields specified for the query."}'],
  ['a field that there is not', 'ledgers', { q: 'x', query_by: 'colour' }, 'status: 404 response: {"message": "Could not find a field named `colour` in the schema."}'],
  ['words in a number', 'ledgers', { q: 'x', query_by: 'created_at' }, 'status: 400 response: {"message": "Field `created_at` should be a string or a string array."}'],
  ['a filter of a field that there is not', 'ledgers', { q: '*', filter_by: 'colour:red' }, 'status: 404 response: {"message": "Could not find a filter field named `colour` in the schema."}'],
  ['a filter of a time by a word', 'ledgers', { q: '*', filter_by: 'created_at:>now' }, 'status: 400 response: {"message": "Error with filter field `created_at`: Not an int64."}'],
  ['a filter that is broken', 'ledgers', { q: '*', filter_by: '(name:x' }, 'status: 400 response: {"message": "Could not parse the filter query."}'],
  ['sorting by a text', 'ledgers', { q: '*', sort_by: 'name:asc' }, 'status: 404 response: {"message": "Could not find a field named `name` in the schema for sorting."}'],
  ['sorting without an order', 'ledgers', { q: '*', sort_by: 'created_at' }, 'status: 400 response: {"message": "Parameter `sort_by` is malformed."}'],
  ['too many to a page', 'ledgers', { q: '*', per_page: 251 }, 'status: 422 response: {"message": "Only upto 250 hits can be fetched per page."}'],
  ['anything else', 'ledgers', { q: '*', facet_by: 'name' }, 'status: 400 response: {"message": "The sandbox\'s search takes q, query_by, filter_by, sort_by, page and per_page, and facet_by was sent."}'],
  ['a page beyond all numbers', 'ledgers', { q: '*', page: 9_000_000_000_000_000_000 }, undefined]
])('refuses %s', async (_, collection, query, sentence) => {
  const core = await openCore()
  const answer = await core.send('POST', `/search/${collection}`, query)
  expect(answer).toMatchObject({ status: 400, json: { ...(sentence === undefined ? {} : { error: sentence }), error_detail: { code: 'SRCH_QUERY_INVALID' } } })
})

test('several searches at once, of which one is refused', async () => {
  const core = await openCore()
  const answer = await core.send('POST', '/multi-search', { searches: [{ collection: 'ledgers', q: '*' }, { collection: 'ledgers', q: '*', group_by: 'name' }, { collection: 'balances', q: '*', per_page: 1 }] })
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({ results: [{ found: 1 }, { code: 400, error: expect.stringContaining('group_by') as string }, { found: 0, hits: [], request_params: { collection_name: 'balances', per_page: 1 } }] })
  expect((await core.send('POST', '/multi-search', { searches: [] })).json).toEqual({ results: [] })
  expect((await core.send('POST', '/multi-search', '{"searches": 1}')).status).toBe(400)
})

test('a reindex is done at once, and forgotten by a reset', async () => {
  const core = await openCore()
  expect(await core.send('GET', '/search/reindex')).toMatchObject({ status: 404, json: { error: 'No reindex operation has been started', error_detail: { code: 'SRCH_REINDEX_NOT_STARTED' } } })
  expect(await core.send('POST', '/search/reindex', { batch_size: 10 })).toMatchObject({ status: 202, json: { message: 'Reindex operation started', progress: { status: 'pending', total_records: 0, paused: false } } })
  expect((await core.send('GET', '/search/reindex')).json).toMatchObject({ status: 'completed', phase: 'done', total_records: 0, processed_records: 0, paused: false })
  await core.core.reset(core.schema)
  expect((await core.send('GET', '/search/reindex')).status).toBe(404)
})
