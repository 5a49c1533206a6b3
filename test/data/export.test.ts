import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'
import { testDatabase } from '../support/database.js'

const ROWS = 1200
const AMOUNT = '123456789012345678901234567890.0123456789'
const NAMES = ['source', 'reference', 'description', 'status', 'amount', 'effective_date', 'meta_data', 'created_at'] as const

/** What a spreadsheet, a parser of lines or one of JSON might get wrong. */
const HARD: Readonly<Record<number, readonly [column: string, value: string | null]>> = {
  3: ['description', 'a "quoted", one\nof\r\nthree lines\r'],
  4: ['description', ''],
  5: ['description', null],
  6: ['description', '=1+1'],
  7: ['description', ' 你好 \u{1F4B8}\u2028 '],
  8: ['amount', `-${AMOUNT}`],
  9: ['amount', null],
  10: ['amount', 'NaN'],
  11: ['meta_data', '{"n":1234567890123456789012345678901234567890.10,"a, b":{"c":"\\": ,"}}'],
  12: ['meta_data', 'null'],
  13: ['meta_data', null],
  14: ['effective_date', '2024-02-29 23:59:59.123456'],
  15: ['effective_date', 'infinity']
}

let own: Own
const { db } = testDatabase(1)

async function get (target: string, accept?: string, init: { method?: string, body?: string, headers?: Record<string, string> } = {}): Promise<Answer> {
  return await call(`${own.url}${target}${target.includes('?') ? '&' : '?'}instance_id=${own.instanceId}`,
    { ...init, headers: { Authorization: `Bearer ${own.apiKey}`, ...(accept !== undefined && { Accept: accept }), ...init.headers } })
}

const filter = async (target: string, body: object, accept?: string): Promise<Answer> =>
  await get(target, accept, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

/** The texts of the records of a list, page by page. */
async function paged (target: string): Promise<string[]> {
  const records: string[] = []
  for (let page = 1; ; page++) {
    const { status, text } = await get(`${target}${target.includes('?') ? '&' : '?'}pageSize=100&page=${page}`)
    expect(status).toBe(200)
    const data = /^\{"data":\[(.*)\],"total":\d+\}$/su.exec(text)?.[1] as string
    // Each record begins with its id and holds no such text inside.
    const found = data === '' ? [] : data.split(/,(?=\{"transaction_id":)/)
    records.push(...found)
    if (found.length < 100) return records
  }
}

const lines = ({ text }: Answer): string[] => text.split('\n').slice(0, -1)

beforeAll(async () => {
  own = await ownInstance()
  const { rows: [row] } = await db.query<{ schema: string }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [own.instanceId])
  const schema = row?.schema as string
  // Many rows of one moment: the place in the list is more than the time.
  await db.query(`INSERT INTO ${schema}.transactions (transaction_id, source, destination, reference, amount, precise_amount, currency, status, created_at, meta_data)
    SELECT 'txn_' || n, 'bln_' || n % 7, 'bln_x', 'ref_' || n, n * 0.5, n * 50, 'USD', CASE WHEN n % 3 = 0 THEN 'VOID' ELSE 'APPLIED' END,
      timestamp '2025-01-01' + (n / 100) * interval '1 hour', jsonb_build_object('n', n) FROM generate_series(1, ${ROWS}) AS n`)
  for (const [n, [column, value]] of Object.entries(HARD)) await db.query(`UPDATE ${schema}.transactions SET ${column} = $1 WHERE transaction_id = $2`, [value, `txn_${n}`])
})
afterAll(async () => { await db.close() })

describe('an export', () => {
  test.each([
    ['as lists are sorted', ''],
    ['by a column that has nulls, ascending', 'order_by=amount&order_dir=asc'],
    ['by a column that has nulls, descending', 'order_by=effective_date'],
    ['by a text', 'order_by=source&order_dir=asc'],
    ['filtered', 'status_eq=VOID&amount_gt=100']
  ])('in NDJSON holds every record of the pages, %s', async (_, query) => {
    const answer = await get(`/data/transactions?${query}`, 'application/x-ndjson')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="transactions.ndjson"')
    const records = lines(answer)
    expect(records.length).toBe(query.includes('VOID') ? 334 : ROWS)
    expect(records).toEqual(await paged(`/data/transactions?${query}`))
  })

  test('in CSV reads as the same records', async () => {
    const answer = await get('/data/transactions', 'text/csv')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="transactions.csv"')
    expect(answer.headers.get('vary')).toMatch(/\bAccept\b/)
    expect(answer.headers.get('x-blnk-ignored')).toBeNull()
    const [names, ...records] = parse(answer.text, { cast: (cell, { quoting }) => cell === '' && !quoting ? null : cell }) as unknown as Array<Array<string | null>>
    // Each number as its digits, and what is nested as its text.
    const expected = lines(await get('/data/transactions', 'application/x-ndjson'))
      .map((line) => JSON.parse(line.replace(/:(-?\d[\d.]*)(?=[,}])/g, ':"$1"'), (_, value: unknown) => value) as Record<string, unknown>)
    expect(names).toEqual(Object.keys(expected[0] as object))
    const place = (name: string): number => names?.indexOf(name) as number
    const metadata = place('meta_data')
    expect(records.map((record) => record.filter((_, i) => i !== metadata)))
      .toEqual(expected.map((record) => Object.entries(record).flatMap(([name, value]) => name === 'meta_data' ? [] : [value])))
    const of = (n: number): ReadonlyArray<string | null> => records.find((record) => record[0] === `txn_${n}`) as Array<string | null>
    for (const [n, [column, value]] of Object.entries(HARD)) {
      const given = of(Number(n))[place(column)]
      if (value === 'NaN') expect(given).toBeNull()
      else if (column === 'effective_date') expect(given).toBe(value === 'infinity' ? value : '2024-02-29T23:59:59.123456Z')
      else expect(given).toBe(value)
    }
    expect(answer.text.startsWith(`${(names as string[]).join(',')}\r\n`)).toBe(true)
    for (const name of NAMES) expect(names).toContain(name)
  })

  test('of a filter is of the same rows in the same order', async () => {
    const body = { filters: [{ field: 'amount', operator: 'between', values: [10, 400] }, { field: 'meta_data.n', operator: 'exists' }], sort_by: 'amount', sort_order: 'asc' }
    const { json } = await filter('/transactions/filter?pageSize=100', body)
    const answer = await filter('/transactions/filter?pageSize=100&stats=true&strict_total=true', body, 'application/x-ndjson')
    const records = lines(answer).map((line) => JSON.parse(line) as { transaction_id: string })
    expect(records.length).toBe(json.total)
    expect(records.slice(0, 100)).toEqual(json.data)
    expect(answer.headers.get('x-blnk-ignored')?.split(', ').sort()).toEqual(['pageSize', 'stats', 'strict_total'])
    const csv = await filter('/transactions/filter', body, 'text/csv')
    expect((parse(csv.text, { columns: true }) as Array<{ transaction_id: string }>).map((one) => one.transaction_id)).toEqual(records.map((one) => one.transaction_id))
  })

  test('of nothing is a header line, and no line', async () => {
    expect((await get('/data/matching-rules', 'text/csv')).text).toBe('rule_id,name,description,criteria,created_at,updated_at\r\n')
    expect((await get('/data/matching-rules', 'application/x-ndjson')).text).toBe('')
  })

  test('has no pages: what asks for one is named, or refused where nothing may be ignored', async () => {
    const answer = await get('/data/transactions?page=2&pageSize=5&cursor=&status_eq=VOID&status=VOID', 'text/csv')
    expect(answer.headers.get('x-blnk-ignored')?.split(', ').sort()).toEqual(['cursor', 'page', 'pageSize', 'status'])
    expect((parse(answer.text) as string[][]).length).toBe(1 + 400)
    expect((await get('/data/transactions?page=2', 'text/csv', { headers: { Prefer: 'handling=strict' } })).json.error_detail.code).toBe('PARAMETER_UNKNOWN')
  })

  test('that is not preferred is a page', async () => {
    const answer = await get('/data/transactions', 'text/csv;q=0.9, application/json')
    expect([answer.headers.get('content-type'), answer.json.data.length, answer.json.total]).toEqual(['application/json; charset=utf-8', 20, ROWS])
    expect(answer.headers.get('vary')).toMatch(/\bAccept\b/)
  })

  test('that cannot be begun is refused as a list is', async () => {
    for (const accept of ['text/csv', 'application/x-ndjson']) {
      const answer = await get('/data/transactions?nothing_eq=1', accept)
      expect([answer.status, answer.json.error_detail.code, answer.headers.get('content-disposition')]).toEqual([400, 'FILTER_INVALID', null])
    }
  })
  test('of a database that is not there is refused, in a sentence without its address', async () => {
    const instance = await admin('POST', '/admin/instances', { name: 'of a test', core_url: 'http://127.0.0.1:1', database_url: 'postgres://reader:s3cret@127.0.0.1:1/ledger' })
    const { json: key } = await admin('POST', '/admin/keys', { name: 'of a test', scopes: ['data:read'], instance_id: instance.json.instance_id })
    const answer = await call(`${own.url}/data/ledgers?instance_id=${instance.json.instance_id as string}`, { headers: { Authorization: `Bearer ${key.api_key as string}`, Accept: 'text/csv' } })
    expect([answer.status, answer.json.error_detail.code, answer.headers.get('content-disposition')]).toEqual([502, 'INSTANCE_DATABASE_UNREACHABLE', null])
    expect(answer.text).not.toMatch(/s3cret|127\.0\.0\.1|ECONN/)
    await admin('DELETE', `/admin/instances/${instance.json.instance_id as string}`)
  })
})
