import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { encodeRow, type Row } from '../../src/data/encode.js'
import { exportRows } from '../../src/data/export.js'
import { readPage, type Listed } from '../../src/data/list.js'
import { readListQuery } from '../../src/data/request.js'
import { RESOURCES, type Resource } from '../../src/data/resources.js'
import { createSource } from '../../src/data/source.js'
import { detailStatement } from '../../src/data/statements.js'
import { readStats } from '../../src/data/stats.js'
import { testDatabase } from '../support/database.js'

/** As Core's first migrations left them: whole numbers, and columns that came later are not there. */
const { db, schema } = testDatabase(2)
const TABLES = [
  'balances (id serial PRIMARY KEY, balance_id text UNIQUE, balance bigint, credit_balance bigint, debit_balance bigint, currency text, ledger_id text, identity_id text, indicator text, created_at timestamp DEFAULT now(), meta_data jsonb)',
  'transactions (id serial PRIMARY KEY, transaction_id text UNIQUE, source text, destination text, reference text, amount float, currency text, description text, status text, hash text, created_at timestamp DEFAULT now(), scheduled_for timestamp, meta_data jsonb)'
]

const source = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)

const listedOf = (resource: Resource, query: string): { listed: Listed, paging: ReturnType<typeof readListQuery> } => {
  const paging = readListQuery(new URLSearchParams(query), resource)
  return { listed: { source, resource, filters: paging.filters, instanceId: 'inst_old' }, paging }
}

async function list (resource: Resource, query: string): Promise<Array<Record<string, unknown>>> {
  const { listed, paging } = listedOf(resource, query)
  const { rows } = await readPage(listed, paging, { mayEstimate: false })
  return rows.map((row) => JSON.parse(encodeRow(row, resource)) as Record<string, unknown>)
}

const ids = async (query: string): Promise<unknown[]> => (await list(RESOURCES.transactions, query)).map((row) => row['transaction_id'])

beforeAll(async () => {
  await db.query(`CREATE SCHEMA ${schema}`)
  for (const table of TABLES) await db.query(`CREATE TABLE ${schema}.${table}`)
  await db.query(`INSERT INTO ${schema}.balances (balance_id, balance, credit_balance, debit_balance, currency, ledger_id, indicator) VALUES ('bln_1', 100, 150, 50, 'USD', 'ldg_1', '@world')`)
  await db.query(`INSERT INTO ${schema}.transactions (transaction_id, source, destination, amount, currency, status, created_at)
    SELECT 'txn_' || n, 'bln_1', 'bln_2', n / 10.0, 'USD', 'APPLIED', timestamp '2024-01-01' + n * interval '1 minute' FROM generate_series(1, 3) AS n`)
})
afterAll(async () => {
  await db.query(`DROP SCHEMA ${schema} CASCADE`)
  await db.close()
})

test('what a table lacks is null in lists and details', async () => {
  const [transaction] = await list(RESOURCES.transactions, '')
  expect(transaction).toMatchObject({ transaction_id: 'txn_3', amount: 0.3, precise_amount: null, precision: null, parent_transaction: null, effective_date: null })
  expect(Object.keys(transaction as object)).toEqual(Object.keys(RESOURCES.transactions.columns))
  const [balance] = await source.read<Row>(RESOURCES.balances, (from) => detailStatement(from, 'bln_1'))
  expect(JSON.parse(encodeRow(balance as Row, RESOURCES.balances))).toMatchObject({ balance: 100, inflight_balance: null, inflight_credit_balance: null, version: null, track_fund_lineage: null, allocation_strategy: null })
})

test.each<[string, string[]]>([
  ['effective_date_isnull=1', ['txn_3', 'txn_2', 'txn_1']],
  ['effective_date_gt=2020-01-01', []],
  ['effective_date_eq=2020-01-01', []],
  ['effective_date_between=2020-01-01|2030-01-01', []],
  ['precision_in=1,100', []],
  ['parent_transaction_ne=x', []],
  ['parent_transaction_ilike=%25', []],
  ['parent_transaction_isnull=1&amount_gt=0.1&amount_lte=0.3', ['txn_3', 'txn_2']],
  ['precision_eq=1&amount_eq=0.2&logical_operator=or', ['txn_2']],
  ['indicator_eq=@world', ['txn_3', 'txn_2', 'txn_1']],
  ['order_by=effective_date&order_dir=asc', ['txn_1', 'txn_2', 'txn_3']],
  ['order_by=precision', ['txn_3', 'txn_2', 'txn_1']],
  ['order_by=amount&order_dir=asc', ['txn_1', 'txn_2', 'txn_3']]
])('%s filters and sorts by it', async (query, expected) => {
  expect(await ids(query)).toEqual(expected)
  const { listed, paging } = listedOf(RESOURCES.transactions, query)
  const text = (await (await exportRows(listed, paging.order, 'ndjson')).toArray()).join('')
  expect(text.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as Row)['transaction_id'])).toEqual(expected)
})

test.each(['amount', 'effective_date'])('a cursor gets on where the order is by %s', async (by) => {
  const found: unknown[] = []
  for (let cursor: string | null | undefined = ''; typeof cursor === 'string';) {
    const { listed, paging } = listedOf(RESOURCES.transactions, `order_by=${by}&order_dir=asc&pageSize=1&cursor=${cursor}`)
    const { rows, nextCursor } = await readPage(listed, paging, { mayEstimate: false })
    found.push(...rows.map((row) => row['transaction_id']))
    cursor = nextCursor
  }
  expect(found).toEqual(['txn_1', 'txn_2', 'txn_3'])
})

test('sums are of what there is', async () => {
  const { listed } = listedOf(RESOURCES.balances, '')
  expect(JSON.parse(await readStats(listed))).toEqual({ sum_by_currency: { USD: { count: 1, balance: 100, credit_balance: 150, debit_balance: 50, inflight_balance: 0, inflight_credit_balance: 0, inflight_debit_balance: 0 } } })
})

test('a table that is missing is a sentence, and is there once it is made', async () => {
  await expect(list(RESOURCES.identities, '')).rejects.toMatchObject({ code: 'INSTANCE_DATABASE_NOT_A_CORES', message: `The database of this instance has no table ${schema}.identity that its role may read: check its database_url and the role's grants` })
  await db.query(`CREATE TABLE ${schema}.identity (id serial PRIMARY KEY, identity_id text, first_name text, last_name text, created_at timestamp DEFAULT now())`)
  await db.query(`INSERT INTO ${schema}.identity (identity_id) VALUES ('idt_1')`)
  expect(await list(RESOURCES.identities, 'meta_data.a_exists=1')).toEqual([])
  expect(await list(RESOURCES.identities, 'meta_data.a_notexists=1&dob_isnull=1&city_isnull=1')).toMatchObject([{ identity_id: 'idt_1', meta_data: null, dob: null }])
})

test('a column that is taken away is noticed at once, and one that is added within a minute', async () => {
  await db.query(`ALTER TABLE ${schema}.transactions ADD COLUMN effective_date timestamp`)
  await db.query(`UPDATE ${schema}.transactions SET effective_date = '2024-05-05' WHERE transaction_id = 'txn_1'`)
  const fresh = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)
  const one = async (): Promise<unknown> => (await fresh.read<Row>(RESOURCES.transactions, (from) => detailStatement(from, 'txn_1')))[0]?.['effective_date']
  expect(await one()).toBe('2024-05-05 00:00:00')
  await db.query(`ALTER TABLE ${schema}.transactions DROP COLUMN effective_date`)
  expect(await one()).toBeNull()
  await db.query(`ALTER TABLE ${schema}.transactions ADD COLUMN effective_date timestamp DEFAULT '2024-06-06'`)
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 61_000)
  onTestFinished(() => { vi.restoreAllMocks() })
  expect(await one()).toBe('2024-06-06 00:00:00')
})

test('a table without the column that tells its rows apart is no Core\'s', async () => {
  await db.query(`ALTER TABLE ${schema}.identity DROP COLUMN id`)
  await expect(list(RESOURCES.identities, '')).rejects.toMatchObject({ code: 'INSTANCE_DATABASE_NOT_A_CORES' })
})
