import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSource, type Source } from '../../src/data/source.js'
import { RESOURCES } from '../../src/data/handlers.js'
import { testDatabase } from '../support/database.js'
import { answer, differenceOf, type Difference } from './difference.js'
import { evaluate, type Rows, type World } from './evaluate.js'
import { generateRequests, type Asking } from './generated-requests.js'
import { generateRows, insertSql } from './generated-rows.js'
import { askOverHttp } from './over-http.js'
import { createSql, TABLES, type ResourceName } from './tables.js'

const ROUNDS = process.env['TEST_LONG'] === '1' ? 20 : 2
const QUERIES = 1000
const QUERIES_OVER_HTTP = 60
const AT_ONCE = 4

const { db, schema } = testDatabase(AT_ONCE)
const names = Object.keys(TABLES) as ResourceName[]
let source: Source
let fold: World['fold']

/** What the database's collation makes of every character that ILIKE may meet, so that the test holds wherever it runs. */
async function foldOfDatabase (): Promise<World['fold']> {
  const characters = Array.from({ length: 0x20000 }, (_, at) => at).filter((at) => at > 0 && (at < 0xd800 || at > 0xdfff)).map((at) => String.fromCodePoint(at))
  const { rows: [row] } = await db.query<{ folded: string }>('SELECT lower($1::text) AS folded', [characters.join('')])
  const folded = [...row?.folded ?? '']
  expect(folded).toHaveLength(characters.length)
  const map = new Map(characters.map((character, at) => [character, folded[at] as string]))
  return (text) => Array.from(text, (character) => map.get(character) ?? character).join('')
}

beforeAll(async () => {
  await db.query(`CREATE SCHEMA ${schema}`)
  for (const name of names) await db.query(createSql(TABLES[name], schema))
  source = createSource(async (text, values) => (await db.query(text, values)).rows as never, schema)
  fold = await foldOfDatabase()
})
afterAll(async () => {
  await db.query(`DROP SCHEMA ${schema} CASCADE`)
  await db.close()
})

async function fill (rows: Rows): Promise<void> {
  await db.query(`TRUNCATE ${names.map((name) => `${schema}.${TABLES[name].name}`).join(', ')}`)
  for (const name of names) {
    const { text, values } = insertSql(TABLES[name], schema, rows[name])
    await db.query(text, values)
  }
}

test('every record has the members that the specification names', () => {
  for (const name of names) {
    expect(Object.keys(RESOURCES[name].columns).sort()).toEqual(Object.entries(TABLES[name].columns).filter(([, { answered }]) => answered).map(([column]) => column).sort())
  }
})

/** How many of the queries were refused, found nothing, or walked, so that what is compared is known to be worth it. */
interface Tally { refused: number, empty: number, walked: number, found: number }

async function round (seed: number, tally: Tally): Promise<Difference[]> {
  const rows = generateRows(seed)
  await fill(rows)
  const world: World = { rows, fold }
  const differences: Difference[] = []
  const left = [...generateRequests(rows, seed, QUERIES)]
  const work = async (): Promise<void> => {
    for (let asking: Asking | undefined = left.pop(); asking !== undefined; asking = left.pop()) {
      const expected = evaluate(world, asking.resource, asking)
      const kind = expected.refused !== undefined ? 'refused' : expected.rows.length === 0 ? 'empty' : expected.cursor !== undefined ? 'walked' : 'found'
      tally[kind]++
      const difference = await differenceOf(async (one) => await answer(source, one), asking, expected)
      if (difference !== undefined) differences.push(difference)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return differences
}

const seed = Number(process.env['TEST_SEED'] ?? randomBytes(4).readInt32BE())

test('what is answered is what the specification says, whatever is asked', async () => {
  const tally: Tally = { refused: 0, empty: 0, walked: 0, found: 0 }
  const differences: Difference[] = []
  for (let i = 0; i < ROUNDS; i++) differences.push(...await round(seed + i, tally))
  console.log(`${ROUNDS * QUERIES} queries of seed ${seed}: ${JSON.stringify(tally)}, ${differences.length} differences`)
  expect(differences.slice(0, 3)).toEqual([])
  expect(tally.found).toBeGreaterThan(ROUNDS * QUERIES / 4)
}, 30 * 60_000)

test('and so it is over HTTP', async () => {
  console.log(`${QUERIES_OVER_HTTP} queries over HTTP of seed ${seed}`)
  const rows = generateRows(seed)
  const ask = await askOverHttp(db, rows)
  for (const asking of generateRequests(rows, seed, QUERIES_OVER_HTTP)) expect(await differenceOf(ask, asking, evaluate({ rows, fold }, asking.resource, asking))).toBeUndefined()
})
