import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { readFilterBody } from '../../src/data/body.js'
import { readCursor, writeCursor } from '../../src/data/cursor.js'
import { compact } from '../../src/data/encode.js'
import { RESOURCES } from '../../src/data/resources.js'
import { createSource } from '../../src/data/source.js'
import { openSources } from '../../src/data/sources.js'
import { readStats } from '../../src/data/stats.js'
import type { Instance } from '../../src/instances/store.js'
import { parseTimeSpan } from '../../src/lib/filter/datetime.js'
import { filterSql } from '../../src/lib/filter/sql.js'
import { queryValue } from '../../src/lib/filter/value.js'
import { testDatabase } from '../support/database.js'

const { db, schema } = testDatabase(1)
afterAll(async () => {
  await db.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  await db.close()
})

/** As Postgres writes jsonb. */
function spaced (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`).join(', ')}}`
}

test('stored JSON loses the spaces of Postgres and nothing else, however large its texts are', () => {
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('a": "', '\\', ', ', '": ', '\\"'), fc.constantFrom('\\', '\\\\"', ': ', ', "', '" ,'))), (value) => compact(spaced(value)) === JSON.stringify(value)))
  for (const text of ['a'.repeat(17_000_000), '"\\'.repeat(500_000), ', '.repeat(500_000)]) expect(compact(spaced({ text })) === JSON.stringify({ text })).toBe(true)
})

test('a date beside the years of four digits is written as Postgres reads it', async () => {
  const spans = ['9999-12-31', '9999-12-31T23:59:59-14:00', '0000-01-01', '0001-01-01T00:00:00+14:00', '0000-02-29'].map((text) => parseTimeSpan(text))
  expect(spans.map((span) => [span?.from, span?.until])).toEqual([
    ['9999-12-31 00:00:00.000000', '10000-01-01 00:00:00.000000'],
    ['10000-01-01 13:59:59.000000', '10000-01-01 14:00:00.000000'],
    ['0001-01-01 00:00:00.000000 BC', '0001-01-02 00:00:00.000000 BC'],
    ['0001-12-31 10:00:00.000000 BC', '0001-12-31 10:00:01.000000 BC'],
    ['0001-02-29 00:00:00.000000 BC', '0001-03-01 00:00:00.000000 BC']
  ])
  for (const span of spans) expect((await db.query('SELECT $1::timestamp < $2::timestamp AS is', [span?.from, span?.until])).rows).toEqual([{ is: true }])
})

test('a total in a cursor is a number as JSON writes it', () => {
  const cursor = (total: string): string => writeCursor({ place: { value: 'a', key: '1' }, total: { total, isEstimate: false } }, 'digest')
  expect(['0', '17'].map((total) => readCursor(cursor(total), 'digest')?.total.total)).toEqual(['0', '17'])
  expect(['', '00', '017', '-1', '1e5', '1,"x":1', '1'.repeat(19)].map((total) => readCursor(cursor(total), 'digest'))).toEqual(Array(7).fill(undefined))
})

test('what is stored does not fail the query of another: a text of digits that is no number is passed over', async () => {
  const texts = ['5', '1e5', '1'.repeat(140_000), `${'1'.repeat(131_000)}e9999`, `0.${'1'.repeat(20_000)}`, `.${'1'.repeat(5_000)}e-9999`, '1e99999', '9'.repeat(1_000)]
  const { where, values } = filterSql({ filters: [{ field: 'meta_data.n', operator: 'gt', value: queryValue('4') }], logicalOperator: 'and' }, { table: 'ledgers', schema, dialect: 'data' })
  const { rows } = await db.query(`SELECT left(meta_data ->> 'n', 3) AS n FROM (SELECT jsonb_build_object('n', text) AS meta_data FROM unnest($${values.length + 1}::text[]) AS text) AS stored WHERE ${where}`, [...values, texts])
  expect(rows.map(({ n }) => n)).toEqual(['5', '1e5', '999'])
})

test('a refusal does not carry a name of a megabyte back', () => {
  const long = 'x'.repeat(1_000_000)
  for (const filter of [{ field: long, operator: 'eq', value: 1 }, { field: 'amount', operator: long, value: 1 }]) {
    expect(() => readFilterBody(Buffer.from(JSON.stringify({ filters: [filter] })))).toThrow('filters.0: field and operator have at most 1000 bytes')
  }
})

test('rows without a status and rows with an empty one count together', async () => {
  await db.query(`CREATE SCHEMA ${schema}`)
  await db.query(`CREATE TABLE ${schema}.reconciliations AS SELECT status, 1 AS id FROM unnest(ARRAY[NULL, '', 'a"b', NULL]) AS status`)
  const source = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)
  const stats = await readStats({ source, resource: RESOURCES.reconciliations, filters: { filters: [], logicalOperator: 'and' }, instanceId: '' })
  expect(stats).toBe('{"count_by_status":{"":3,"a\\"b":1}}')
})

test('of sandboxes that come and go the last ones are known', async () => {
  const shapes: unknown[] = []
  const query = async (text: string, values?: readonly unknown[]): Promise<{ rows: never[], rowCount: number }> => {
    if (text.includes('information_schema')) shapes.push(values?.[0])
    return { rows: (text.includes('information_schema') ? [{ table: 'ledgers', column: 'name' }] : []) as never[], rowCount: 0 }
  }
  const sources = openSources({ bounds: { statementMs: 1, connections: 1 }, sandboxes: { db: { query } as never }, urls: () => new Set(), log: pino({ level: 'silent' }) })
  const read = async (n: number): Promise<void> => { await sources.of({ kind: 'sandbox', sandboxSchema: `s${n}`, databaseUrl: null } as Instance).read(RESOURCES.ledgers, () => ({ text: 'SELECT', values: [] })) }
  for (let n = 0; n < 250; n++) {
    await read(n)
    await read(0)
  }
  expect(shapes).toHaveLength(250)
  await read(1)
  expect(shapes).toHaveLength(251)
  await sources.close()
})
