import { readFileSync } from 'node:fs'
import type { Database, Queryable } from '../../src/lib/postgres.js'
import { RESOURCES } from '../../src/data/resources.js'

const TABLES = readFileSync(new URL('core-tables.sql', import.meta.url), 'utf8')

/** Makes a schema with the tables of a Core (spec/core-tables.md). */
export async function makeCoreSchema (db: Database, schema: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(`CREATE SCHEMA ${schema}`)
    await tx.query(`SET LOCAL search_path TO ${schema}`)
    await tx.query(TABLES)
  })
}

/** What the Data API reads, and what it refers to first. */
const READ = [...new Set(Object.values(RESOURCES).map(({ table }) => table))].sort((a, b) => Number(a === 'transactions') - Number(b === 'transactions') || Number(a === 'balances') - Number(b === 'balances'))

/** Puts the rows of one schema into another, which may be on another server. */
export async function copyRows (from: { db: Queryable, schema: string }, to: { db: Queryable, schema: string }): Promise<void> {
  for (const table of READ) {
    const { rows: [all] } = await from.db.query<{ rows: string }>(`SELECT coalesce(json_agg(to_json(t)), '[]')::text AS rows FROM ${from.schema}.${table} t`)
    await to.db.query(`INSERT INTO ${to.schema}.${table} SELECT * FROM json_populate_recordset(NULL::${to.schema}.${table}, $1::json)`, [all?.rows])
  }
}
