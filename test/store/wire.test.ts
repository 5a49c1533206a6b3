import { afterAll, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/lib/postgres.js'
import { testDatabase } from '../support/database.js'

// The embedded database is one backend behind all connections; a server passes too.
const { db, schema } = testDatabase(8)
await db.query(`CREATE SCHEMA ${schema}`)
await db.query(`CREATE TABLE ${schema}.t (a text PRIMARY KEY)`)
afterAll(async () => {
  await db.query(`DROP SCHEMA ${schema} CASCADE`)
  await db.close()
})

const stored = async (like: string): Promise<number> => Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM ${schema}.t WHERE a LIKE $1`, [like])).rows[0]?.n)

test('statements of eight connections at a time get their own answers', async () => {
  await Promise.all(Array.from({ length: 8 }, async (_, k) => {
    for (let i = 0; i < 100; i++) {
      const { rows } = await db.query<{ v: string, k: number }>(`SELECT $1::text AS v, ${k} AS k`, [`${k}-${i}`])
      expect(rows).toEqual([{ v: `${k}-${i}`, k }])
    }
  }))
})

test('a connection that dies inside a transaction takes only its own rows with it', async () => {
  const going = { on: true }
  let deaths = 0
  const dying = (async () => {
    while (going.on) {
      const client = db.client(10_000)
      await client.connect()
      client.on('error', () => {})
      client.query('BEGIN').catch(() => {})
      const inside = client.query(`INSERT INTO ${schema}.t VALUES ($1)`, [`dead-${deaths++}`])
      // Half of them die with the statement under way.
      if (deaths % 2 === 0) await inside.catch(() => {})
      else inside.catch(() => {});
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    }
  })()
  let acknowledged = 0
  await Promise.all(Array.from({ length: 6 }, async (_, k) => {
    for (let i = 0; i < 150; i++) {
      const { rowCount } = await db.query(`INSERT INTO ${schema}.t VALUES ($1)`, [`live-${k}-${i}`])
      acknowledged += rowCount
    }
  }))
  going.on = false
  await dying
  expect(acknowledged).toBe(900)
  expect(await stored('live-%')).toBe(900)
  expect(deaths).toBeGreaterThan(3)
  expect(await stored('dead-%')).toBe(0)
})

test('statements that fail do not disturb their neighbours', async () => {
  const outcomes = await Promise.all(Array.from({ length: 8 }, async (_, k) => {
    let wrong = 0
    for (let i = 0; i < 60; i++) {
      const answer = k < 3
        ? await db.query(i % 2 === 0 ? 'SELECT nowhere($1)' : 'SELECT 1 / $1::int', [0]).then(() => 'answered', () => 'failed')
        : await db.query<{ a: string }>(`INSERT INTO ${schema}.t VALUES ($1) RETURNING a`, [`beside-${k}-${i}`]).then(({ rows }) => rows[0]?.a, () => 'failed')
      if (answer !== (k < 3 ? 'failed' : `beside-${k}-${i}`)) wrong++
    }
    return wrong
  }))
  expect(outcomes).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  expect(await stored('beside-%')).toBe(300)
})

test('a transaction holds, and its neighbours wait for its end', async () => {
  const other = openDatabase(inject('postgres'), 1)
  let seen: Promise<number> | undefined
  await db.transaction(async (tx) => {
    await tx.query(`INSERT INTO ${schema}.t VALUES ('held')`)
    seen = other.query(`SELECT 1 FROM ${schema}.t WHERE a = 'held'`).then(({ rowCount }) => rowCount)
    await tx.query(`DELETE FROM ${schema}.t WHERE a = 'held'`)
  })
  expect(await seen).toBe(0)
  await other.close()
})
