import { afterAll, beforeAll, expect, test } from 'vitest'
import { deepPageText, isFoundInIndex } from '../../src/data/deep-page.js'
import { withNamedBalances } from '../../src/data/indicator.js'
import { RESOURCES } from '../../src/data/resources.js'
import { createSource } from '../../src/data/source.js'
import { pageStatement, type PageWanted } from '../../src/data/statements.js'
import type { Filter } from '../../src/lib/filter/query.js'
import { queryValue } from '../../src/lib/filter/value.js'
import { makeCoreSchema } from '../support/core-database.js'
import { testDatabase } from '../support/database.js'

const { db, schema } = testDatabase(2)
const from = { resource: RESOURCES.transactions, schema, lacks: new Set<string>() }
const filter = (field: string, operator: string, value: string): Filter => ({ field, operator, value: queryValue(value) })
const wanted = (offset: bigint, direction: 'asc' | 'desc', filters: Filter[] = [], by = 'created_at'): PageWanted => ({ filters: { filters, logicalOperator: 'and' }, order: { by, direction }, limit: 20, offset })

beforeAll(async () => {
  await makeCoreSchema(db, schema)
  // Of some moments there are many rows, of some one.
  await db.query(`INSERT INTO ${schema}.transactions (transaction_id, created_at) SELECT 'txn_' || i, timestamp '2026-01-01' + (CASE WHEN i % 400 < 200 THEN i ELSE i / 100 * 100 END) * interval '1 second' FROM generate_series(1, 3000) i`)
})
afterAll(async () => {
  await db.query(`DROP SCHEMA ${schema} CASCADE`)
  await db.close()
})

const idsOf = async ({ text, values }: { text: string, values: readonly unknown[] }): Promise<string[]> => (await db.query<{ transaction_id: string }>(text, values)).rows.map((row) => row.transaction_id)

test.each(['asc', 'desc'] as const)('a page that is found in the index has the rows that OFFSET has, %s', async (direction) => {
  const plain = await idsOf({ text: `SELECT transaction_id FROM ${schema}.transactions ORDER BY created_at ${direction}, id ${direction}`, values: [] })
  const offsets = Array.from({ length: 8 }, (_, i) => 1000 + i * 253)
  for (const offset of [...offsets, 2980, 2999, 3000, 100_000]) {
    const statement = pageStatement(from, wanted(BigInt(offset), direction))
    expect(statement.text).toContain('edge')
    expect(await idsOf(statement), `at ${offset}`).toEqual(plain.slice(offset, offset + 20))
  }
})

test('filters on the time itself go with it', async () => {
  const statement = pageStatement(from, wanted(1200n, 'desc', [filter('created_at', 'gte', '2026-01-01T00:05:00')]))
  expect(statement.text).toContain('edge')
  expect(await idsOf(statement)).toEqual(await idsOf({ text: `SELECT transaction_id FROM ${schema}.transactions WHERE created_at >= '2026-01-01T00:05:00' ORDER BY created_at DESC, id DESC LIMIT 20 OFFSET 1200`, values: [] }))
})

test('what the index does not know is paged as ever', () => {
  for (const other of [wanted(100n, 'desc'), wanted(5000n, 'desc', [filter('status', 'eq', 'APPLIED')]), wanted(5000n, 'desc', [], 'amount')]) {
    expect(pageStatement(from, other).text).not.toContain('edge')
  }
  expect(isFoundInIndex(RESOURCES.externalTransactions, wanted(5000n, 'desc', [], 'date'))).toBe(false)
  expect(deepPageText({ select: 'a', table: 't', where: 'true', sort: 's', key: 'k', direction: 'asc', limit: '$1', offset: '$2' })).toContain('ORDER BY s asc, k asc LIMIT $1')
})

test('a filter on indicator becomes one on the balances it names, unless they are none or many', async () => {
  await db.query(`INSERT INTO ${schema}.ledgers (ledger_id) VALUES ('l'); INSERT INTO ${schema}.balances (balance_id, indicator, balance, credit_balance, debit_balance, currency, ledger_id)
    SELECT 'bln_' || i, '@many' || i, 0, 0, 0, 'USD', 'l' FROM generate_series(1, 150) i`)
  const source = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)
  const resolved = async (...filters: Filter[]): Promise<readonly Filter[]> =>
    (await withNamedBalances({ source, resource: RESOURCES.transactions, filters: { filters, logicalOperator: 'or' }, instanceId: 'i' })).filters.filters
  const other = filter('status', 'eq', 'APPLIED')
  const [first, second] = await resolved({ field: 'indicator', operator: 'in', values: ['@many7', '@many9'].map(queryValue) }, other)
  expect(first).toMatchObject({ field: 'balance_id', operator: 'in' })
  expect(first?.values?.map(({ text }) => text).sort()).toEqual(['bln_7', 'bln_9'])
  expect(second).toBe(other)
  const none = filter('indicator', 'eq', '@nobody')
  const many = filter('indicator', 'like', '@many%')
  expect(await resolved(none, many)).toEqual([none, many])
})
