import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSource } from '../../src/data/source.js'
import { testDatabase } from '../support/database.js'
import { answer } from './difference.js'
import { insertSql } from './generated-rows.js'
import { readJson } from './json.js'
import { createSql, TABLES } from './tables.js'

const { db, schema } = testDatabase(1)
const source = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)

/** A ledger each: its name, when it was made, and its metadata. */
const LEDGERS: ReadonlyArray<readonly [string, string, string]> = [
  ['late', '9999-12-31 12:00:00', '{"when":"9999-12-31"}'],
  ['first', '0001-01-01 00:00:00', '{"when":"0001-01-01T00:00:00Z"}'],
  ['fine', '2024-01-02 10:00:30.12345', '{"n":0.1000000000000000055511151231257827}'],
  ['slashes', '2024-01-02 10:00:30.123', '{"when":"2024/01/02","half":"\ufffd"}']
]

beforeAll(async () => {
  await db.query(`CREATE SCHEMA ${schema}`)
  await db.query(createSql(TABLES.ledgers, schema))
  const rows = LEDGERS.map(([name, at, meta], i) => ({ id: String(i + 1), ledger_id: name, name, created_at: at, meta_data: readJson(meta) }))
  const { text, values } = insertSql(TABLES.ledgers, schema, rows)
  await db.query(text, values)
})
afterAll(async () => {
  await db.query(`DROP SCHEMA ${schema} CASCADE`)
  await db.close()
})

const ask = async (search: string, filters?: string): Promise<readonly string[] | 'refused'> => {
  const answered = await answer(source, { resource: 'ledgers', search: `${search}&order_by=ledger_id&order_dir=asc`, ...(filters !== undefined && { body: `{"filters":[${filters}]}` }) })
  return answered.refused === undefined ? answered.records.map((record) => (JSON.parse(record) as { name: string }).name) : 'refused'
}

test.each<[string, string, readonly string[] | 'refused']>([
  ['the last day that has four digits', 'created_at_eq=9999-12-31', ['late']],
  ['a moment of the year 10000 in UTC', 'created_at_gt=9999-12-31T23:59:59-05:00', []],
  ['a moment before the year 1 in UTC', 'created_at_gt=0001-01-01T00:00:00%2B02:00', ['fine', 'first', 'late', 'slashes']],
  ['the year 0', 'created_at_lt=0000-01-01', []],
  ['a zone that no place has', 'created_at_gt=2024-01-02T10:00:00%2B25:00', 'refused'],
  ['a zone of too many minutes', 'created_at_gt=2024-01-02T10:00:00%2B02:75', 'refused'],
  ['behind a tenth of a millisecond', 'created_at_between=2024-01-02%7C2024-01-02T10:00:30.1234', ['slashes']],
  ['a fifth digit of a second', 'created_at_in=2024-01-02T10:00:30.12345', ['fine']],
  ['a millisecond by four digits of it', 'created_at_eq=2024-01-02T10:00:30.1239', ['fine', 'slashes']],
  ['more digits than a double has', 'meta_data.n_eq=0.1000000000000000055511151231257827', ['fine']],
  ['the double next to them', 'meta_data.n_eq=0.1', []],
  ['a stored date with slashes', 'meta_data.when_eq=2024-01-02', ['slashes']],
  ['a stored date of the year 1', 'meta_data.when_eq=0001-01-01', ['first']],
  ['a pattern that ends in its escape', 'name_like=zzz%5C', 'refused'],
  ['a name that every object has', 'constructor_eq=1', 'refused']
])('in a query: %s', async (_, search, found) => { expect(await ask(search)).toEqual(found) })

test.each<[string, string, readonly string[] | 'refused']>([
  ['half of a surrogate pair is U+FFFD', String.raw`{"field":"meta_data.half","operator":"eq","value":"\ud800"}`, ['slashes']],
  ['a text is as long as it is, not as its escapes', `{"field":"name","operator":"ne","value":"${'\\u0061'.repeat(1000)}"}`, ['fine', 'first', 'late', 'slashes']],
  ['and no longer', `{"field":"name","operator":"ne","value":"${'\\u0061'.repeat(1001)}"}`, 'refused'],
  ['isnotnull looks at no value', '{"field":"created_at","operator":"isnotnull","value":{}}', ['fine', 'first', 'late', 'slashes']],
  ['in looks at its values', '{"field":"created_at","operator":"in","value":"2024-01-02","values":[{}]}', 'refused']
])('in a body: %s', async (_, filter, found) => { expect(await ask('', filter)).toEqual(found) })
