import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Database } from './postgres.js'

export interface Migration { readonly name: string, readonly sql: string }

/** The `NNN-name.sql` files of a folder, in order. */
export function readMigrations (folder: URL): Migration[] {
  const path = fileURLToPath(folder)
  return readdirSync(path).filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name)).sort()
    .map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }))
}

export function migrationsHash (migrations: readonly Migration[]): string {
  const hash = createHash('sha256')
  for (const { name, sql } of migrations) hash.update(name).update('\0').update(sql).update('\0')
  return hash.digest('hex')
}

/** A schema name goes into SQL text, so it is one of ours or nothing. */
export function assertSchemaName (schema: string): void {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new Error(`not a schema name: ${JSON.stringify(schema)}`)
}

/**
 * Brings a schema to the newest migration, in one transaction that holds an advisory lock, so that several processes
 * can start at once. Files name no schema: `search_path` is set for the transaction, and functions keep it with
 * `SET search_path FROM CURRENT`.
 * @returns the names of the files that ran
 */
export async function migrate (db: Database, schema: string, migrations: readonly Migration[]): Promise<string[]> {
  assertSchemaName(schema)
  return await db.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('blnk-gateway migrate', 0))")
    await tx.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await tx.query(`SET LOCAL search_path TO ${schema}`)
    await tx.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())')
    const done = new Set((await tx.query<{ name: string }>('SELECT name FROM migrations')).rows.map((row) => row.name))
    const unknown = [...done].filter((name) => !migrations.some((m) => m.name === name))
    if (unknown.length > 0) throw new Error(`the database was migrated by a newer version (${unknown.join(', ')}): start that version, or use another database`)
    const pending = migrations.filter((m) => !done.has(m.name))
    for (const { name, sql } of pending) {
      await tx.query(sql)
      await tx.query('INSERT INTO migrations (name) VALUES ($1)', [name])
    }
    return pending.map((m) => m.name)
  })
}
