import { beforeAll, describe, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/lib/postgres.js'
import { call, ownInstance, type Answer, type Own } from '../support/gateway.js'

// spec/02 2.2 and spec/03 3.2, 3.4: pages, order, totals, and what is ignored. The rows are written by SQL: more than anybody posts.
let own: Own
let schema: string

const ROWS: ReadonlyArray<readonly [resource: string, id: string, sort: string, insert: string]> = [
  // Of one moment by tens, and every third without a name.
  ['ledgers', 'ledger_id', 'created_at', "ledgers (ledger_id, name, created_at) SELECT 'l' || n, CASE WHEN n % 3 > 0 THEN 'name ' || n % 7 END, timestamp '2026-01-01' + n / 10 * interval '1 hour' FROM generate_series(1, 130) n"],
  ['balances', 'balance_id', 'created_at', "balances (balance_id, balance, credit_balance, debit_balance, currency, ledger_id, created_at) SELECT 'b' || n, 10 * n, 10 * n, 0, CASE WHEN n % 2 = 0 THEN 'USD' ELSE 'EUR' END, 'l1', timestamp '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 25) n"],
  ['transactions', 'transaction_id', 'created_at', "transactions (transaction_id, reference, source, destination, currency, status, amount, precise_amount, precision, created_at) SELECT 't' || n, 'r' || n, 'b1', 'b2', 'USD', CASE WHEN n % 4 = 0 THEN 'VOID' ELSE 'APPLIED' END, 100000000000000000000.25, 10000000000000000000025, 100, timestamp '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 25) n"],
  ['identities', 'identity_id', 'created_at', "identity (identity_id, first_name, last_name, created_at) SELECT 'i' || n, 'f', 'l', timestamp '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 25) n"],
  ['reconciliations', 'reconciliation_id', 'started_at', "reconciliations (reconciliation_id, upload_id, status, matched_transactions, unmatched_transactions, started_at) SELECT 'r' || n, 'u', 'completed', 1, 0, timestamp '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 25) n"],
  ['matching-rules', 'rule_id', 'created_at', "matching_rules (rule_id, created_at, updated_at, name, criteria) SELECT 'm' || n, timestamp '2026-01-01' + n * interval '1 minute', timestamp '2026-01-01', 'n', '[]' FROM generate_series(1, 25) n"],
  ['external-transactions', 'id', 'date', "external_transactions (id, amount, reference, currency, date, source, upload_id) SELECT 'e' || n, n, 'r', 'USD', timestamp '2026-01-01' + n * interval '1 minute', 's', 'u' FROM generate_series(1, 25) n"]
]

async function sql (...texts: string[]): Promise<void> {
  const db = openDatabase(inject('postgres'), 1)
  try {
    for (const text of texts) await db.query(text)
  } finally {
    await db.close()
  }
}

beforeAll(async () => {
  own = await ownInstance()
  const db = openDatabase(inject('postgres'), 1)
  schema = (await db.query<{ schema: string }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [own.instanceId])).rows[0]?.schema as string
  await db.close()
  await sql(`DELETE FROM ${schema}.balances`, `DELETE FROM ${schema}.ledgers`, ...ROWS.map(([, , , insert]) => `INSERT INTO ${schema}.${insert}`))
})

type Query = Readonly<Record<string, string>>
const get = async (path: string, query: Query | string = {}, headers: Query = {}): Promise<Answer> =>
  await call(`${own.url}${path}?instance_id=${own.instanceId}&${typeof query === 'string' ? query : new URLSearchParams(query).toString()}`, { headers: { Authorization: `Bearer ${own.apiKey}`, ...headers } })
const post = async (path: string, body: object, query: Query = {}, headers: Query = {}): Promise<Answer> =>
  await call(`${own.url}${path}?${new URLSearchParams({ ...query, instance_id: own.instanceId }).toString()}`, {
    method: 'POST', headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body)
  })
const ids = ({ json }: Answer, id: string): string[] => json.data.map((row: Record<string, string>) => row[id])
const ignored = ({ headers }: Answer): string | null => headers.get('x-blnk-ignored')
const count = (from: number, until: number): number[] => Array.from({ length: from - until + 1 }, (_, at) => from - at)

test.each(ROWS)('%s: a page of its size, sorted by the time they have, the newest first', async (resource, id, sort) => {
  const answer = await get(`/data/${resource}`)
  const size = resource === 'ledgers' ? 30 : 20
  expect([answer.json.data.length, answer.json.total]).toEqual([size, resource === 'ledgers' ? 130 : 25])
  const times = answer.json.data.map((row: Record<string, string>) => row[sort])
  expect(times).toEqual([...times].sort().reverse())
  // Of one moment, the one that was written last comes first.
  const letter = (answer.json.data[0][id] as string)[0] as string
  expect(ids(answer, id)).toEqual(count(answer.json.total, answer.json.total - size + 1).map((n) => `${letter}${n}`))
  const next = await get(`/data/${resource}`, { page: '2', order_dir: 'asc', pageSize: '10' })
  expect(ids(next, id)).toEqual(count(20, 11).reverse().map((n) => `${letter}${n}`))
  expect(next.json.total).toBe(answer.json.total)
})

test('pages: 100 rows at the most, and behind the last one none', async () => {
  for (const pageSize of ['100', '101', '999999999999']) expect((await get('/data/ledgers', { pageSize })).json.data.length).toBe(100)
  expect((await get('/data/ledgers', { pageSize: '100', page: '2' })).json.data.length).toBe(30)
  for (const page of ['3', '999999999999']) expect((await get('/data/ledgers', { pageSize: '100', page })).text).toBe('{"data":[],"total":130}')
  for (const name of ['per_page', 'limit']) expect((await get('/data/ledgers', { [name]: '7' })).json.data.length).toBe(7)
})

test.each(['0', '-1', '1.5', 'abc', '', '1e3', ' 5', '9999999999999'])('a page or size of "%s" falls back, and is named', async (value) => {
  const answer = await get('/data/ledgers', { pageSize: value, page: value })
  expect([answer.json.data.length, ids(answer, 'ledger_id')[0], ignored(answer)]).toEqual([30, 'l130', 'pageSize, page'])
})

describe('order', () => {
  test.each<[Query, string, string | null]>([
    [{ order_by: 'balance' }, 'b25', null],
    [{ order_by: 'balance', order_dir: 'asc' }, 'b1', null],
    [{ sort: 'balance', order: 'asc' }, 'b1', null],
    [{ order_by: ' BALANCE ', order_dir: 'ASC' }, 'b1', null],
    [{ order_dir: 'asc' }, 'b1', null],
    [{ order_by: 'currency', order_dir: 'asc' }, 'b1', null],
    [{ order_by: 'colour', order_dir: 'asc' }, 'b1', 'order_by'],
    [{ order_by: 'meta_data' }, 'b25', 'order_by'],
    [{ order_by: 'version' }, 'b25', 'order_by'],
    [{ order_by: 'balance', order_dir: 'up' }, 'b25', 'order_dir']
  ])('%j begins with %s', async (query, first, unused) => {
    const answer = await get('/data/balances', query)
    expect([ids(answer, 'balance_id')[0], ignored(answer)]).toEqual([first, unused])
  })

  test('either end of a transaction is nothing to sort by, nor is its metadata', async () => {
    for (const by of ['balance_id', 'indicator', 'meta_data.a']) expect(ignored(await get('/data/transactions', { order_by: by }))).toBe('order_by')
  })

  test('nulls are the greatest', async () => {
    const all = await get('/data/ledgers', { order_by: 'name', pageSize: '100' })
    expect(all.json.data.slice(0, 43).map((row: { name: string }) => row.name)).toEqual(Array(43).fill(null))
    expect((await get('/data/ledgers', { order_by: 'name', order_dir: 'asc' })).json.data[0].name).toBe('name 0')
  })

  test('a body may name it too, and stands above the query', async () => {
    expect(ids(await post('/balances/filter', { filters: [], sort_by: 'balance', sort_order: 'asc' }), 'balance_id')[0]).toBe('b1')
    expect(ids(await post('/balances/filter', { filters: [], sort_order: 'asc' }, { order_dir: 'desc' }), 'balance_id')[0]).toBe('b1')
    expect(ids(await post('/balances/filter', { filters: [] }, { order_dir: 'asc', page: '2', pageSize: '3' }), 'balance_id')).toEqual(['b4', 'b5', 'b6'])
  })
})

describe('what is ignored is named', () => {
  test.each<[string, string | null]>([
    ['status=APPLIED', 'status'],
    ['offset=5', 'offset'],
    ['org_id=x', null],
    ['logical_operator=and', null],
    ['pageSize=3&limit=4', 'limit'],
    ['status_eq=APPLIED&status_eq=VOID', 'status_eq'],
    ['page=1&page=2', 'page'],
    ['cursor=&page=2', 'page'],
    ['a%0d%0ab=1&%C3%BC%2C=1', 'a%0D%0Ab, %C3%BC%2C'],
    ['strict_total=true', 'strict_total'],
    [Array.from({ length: 25 }, (_, at) => `n${at}=`).join('&'), Array.from({ length: 20 }, (_, at) => `n${at}`).join(', ')]
  ])('%s', async (query, names) => {
    const answer = await get('/data/transactions', query)
    expect([answer.status, ignored(answer)]).toEqual([200, names])
    const strict = await get('/data/transactions', query, { Prefer: 'respond-async, handling=strict' })
    expect([strict.status, strict.json.error_detail?.code]).toEqual(names === null ? [200, undefined] : [400, 'PARAMETER_UNKNOWN'])
  })

  test('an unfiltered list is not taken for a filtered one', async () => {
    expect((await get('/data/transactions', { status: 'VOID' })).json.total).toBe(25)
    const strict = await get('/data/transactions', { status: 'VOID' }, { Prefer: 'handling=strict' })
    expect(strict.json.error).toBe('status would be ignored: a filter is a field, _ and an operator, such as status_eq=APPLIED')
    expect(strict.json.error_detail.details).toEqual({ ignored: ['status'] })
    expect((await get('/data/transactions', { status_eq: 'VOID' }, { Prefer: 'handling=strict' })).json.total).toBe(6)
  })

  test('of a body: what Core has and this has not', async () => {
    const answer = await post('/transactions/filter', { filters: [], limit: 5, offset: 2, include_count: true, logical_operator: 'or' }, { strict_total: 'maybe', status_eq: 'VOID' })
    expect([answer.json.data.length, answer.json.total, ignored(answer)]).toEqual([20, 25, 'strict_total, status_eq, limit, offset, include_count'])
    expect((await post('/transactions/filter', { filters: [], limit: 5 }, {}, { Prefer: 'handling=strict' })).json.error_detail.details).toEqual({ ignored: ['limit'] })
    expect(ignored(await post('/ledger/filter', { filters: [] }, { stats: 'true', strict_total: 'true' }))).toBe('stats, strict_total')
    expect(ignored(await post('/ledger/filter', { filters: [], sort_by: 'colour', sort_order: 'up' }))).toBe('sort_by, sort_order')
    expect(ignored(await post('/ledger/filter', { filters: [], sort_by: 'name', sort_order: '' }))).toBeNull()
    expect(ignored(await post('/balances/filter', { filters: [] }, { stats: 'true', strict_total: 'true' }))).toBe('strict_total')
  })
})

describe('paging by cursor', () => {
  async function walk (query: Query): Promise<{ seen: string[], totals: Set<number>, pages: number }> {
    const seen: string[] = []
    const totals = new Set<number>()
    let pages = 0
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const answer: Answer = await get('/data/ledgers', { ...query, cursor })
      expect(answer.status, answer.text).toBe(200)
      seen.push(...ids(answer, 'ledger_id'))
      totals.add(answer.json.total)
      cursor = answer.json.next_cursor
    }
    return { seen, totals, pages }
  }

  test.each<[Query, number]>([
    [{}, 130],
    [{ order_dir: 'asc' }, 130],
    [{ order_by: 'name' }, 130],
    [{ order_by: 'name', order_dir: 'asc' }, 130],
    [{ order_by: 'ledger_id', order_dir: 'asc' }, 130],
    [{ name_eq: 'name 3' }, 12],
    [{ name_eq: 'nothing' }, 0]
  ])('%j: every row once, in the order of the pages by number', async (query, total) => {
    const { seen, totals, pages } = await walk({ ...query, pageSize: '50' })
    const numbered: string[] = []
    for (let page = 1; page <= Math.ceil(total / 100); page++) numbered.push(...ids(await get('/data/ledgers', { ...query, pageSize: '100', page: String(page) }), 'ledger_id'))
    expect(seen).toEqual(numbered)
    expect([...totals]).toEqual([total])
    expect(pages).toBe(Math.max(1, Math.ceil(total / 50)))
  })

  test('of a filter route too', async () => {
    const first = await post('/transactions/filter', { filters: [{ field: 'status', operator: 'eq', value: 'APPLIED' }] }, { cursor: '', pageSize: '15' })
    const second = await post('/transactions/filter', { filters: [{ field: 'status', operator: 'eq', value: 'APPLIED' }] }, { cursor: first.json.next_cursor, pageSize: '15' })
    expect([first.json.data.length, second.json.data.length, second.json.total, second.json.next_cursor]).toEqual([15, 4, 19, null])
    expect(new Set([...ids(first, 'transaction_id'), ...ids(second, 'transaction_id')]).size).toBe(19)
  })

  test('one of another list, order or instance is refused, and so is what is none', async () => {
    const { json: { next_cursor: cursor } } = await get('/data/ledgers', { cursor: '' })
    const shared = inject('gateway')
    const refused = [
      await get('/data/ledgers', { cursor, order_dir: 'asc' }),
      await get('/data/ledgers', { cursor, order_by: 'name' }),
      await get('/data/ledgers', { cursor, name_isnull: '' }),
      await get('/data/balances', { cursor }),
      await call(`${own.url}/data/ledgers?instance_id=${shared.instanceId}&cursor=${cursor as string}`, { headers: { Authorization: `Bearer ${shared.apiKey}` } }),
      ...await Promise.all(['x', `${cursor as string}x`, (cursor as string).slice(1), '=', '%', 'W10', 'YWJj'.repeat(3_000)].map(async (text) => await get('/data/ledgers', { cursor: text })))
    ]
    expect(refused.map(({ status, json }) => [status, json.error_detail.code])).toEqual(refused.map(() => [400, 'CURSOR_INVALID']))
    expect((await get('/data/ledgers', { cursor, pageSize: '7' })).status).toBe(200)
  })

  test('rows that come meanwhile neither repeat nor hide others', async () => {
    const first = await get('/data/identities', { cursor: '', pageSize: '10' })
    await sql(`INSERT INTO ${schema}.identity (identity_id, first_name, last_name, created_at) VALUES ('later', 'f', 'l', '2026-12-31')`)
    const second = await get('/data/identities', { cursor: first.json.next_cursor, pageSize: '10' })
    expect(ids(second, 'identity_id')).toEqual(count(15, 6).map((n) => `i${n}`))
    expect(second.json.total).toBe(25)
    await sql(`DELETE FROM ${schema}.identity WHERE identity_id = 'later'`)
  })
})

describe('totals and stats', () => {
  test('stats=true counts and sums all that match, with all digits', async () => {
    const { text } = await post('/transactions/filter', { filters: [] }, { stats: 'true', pageSize: '1' })
    expect(text).toContain('"stats":{"count_by_status":{"APPLIED":19,"VOID":6},"sum_by_currency":{"USD":{"count":25,"amount":2500000000000000000006.25,"precise_amount":250000000000000000000625}}}')
    expect((await post('/transactions/filter', { filters: [{ field: 'status', operator: 'eq', value: 'VOID' }] }, { stats: 'true' })).json.stats.count_by_status).toEqual({ VOID: 6 })
    expect((await post('/balances/filter', { filters: [] }, { stats: 'true' })).json.stats.sum_by_currency.USD).toMatchObject({ count: 12, balance: 1560, debit_balance: 0 })
    expect((await post('/reconciliation/filter', { filters: [] }, { stats: 'true' })).json.stats).toEqual({ count_by_status: { completed: 25 } })
    expect((await post('/identities/filter', { filters: [] }, { stats: 'true' })).json.stats).toEqual({})
    for (const stats of ['false', '', 'TRUE']) expect((await post('/transactions/filter', { filters: [] }, { stats })).json.stats).toEqual({})
  })

  test('beyond 10,000 transactions the total is an estimate, unless it is asked for', async () => {
    await sql(`INSERT INTO ${schema}.transactions (transaction_id, reference, currency, status, created_at) SELECT 'm' || n, 'm' || n, 'XXX', 'APPLIED', '2025-01-01' FROM generate_series(1, 10000) n`, `ANALYZE ${schema}.transactions`)
    const exactly = async (body: object, query: Query = {}): Promise<unknown[]> => {
      const { json } = await post('/transactions/filter', body, query)
      return [json.total, json.total_is_estimate, json.total_source]
    }
    const [total, ...how] = await exactly({ filters: [] })
    expect(how).toEqual([true, 'estimate'])
    expect(total).toBeGreaterThan(10_000)
    expect(await exactly({ filters: [] }, { strict_total: 'true' })).toEqual([10_025, false, 'exact'])
    const few = { filters: [{ field: 'currency', operator: 'eq', value: 'XXX' }] }
    expect(await exactly(few)).toEqual([10_000, false, 'exact'])
    expect((await get('/data/transactions')).json.total).toBe(10_025)
    expect((await get('/data/transactions', { cursor: '' })).json.total).toBe(10_025)
  })
})
