import type { Queryable } from '../../src/lib/postgres.js'
import { keepText } from './kept.js'

/** Keeps every row of every table of the schemas that match, as text. @param schemas a pattern of SQL's LIKE */
export async function keepRows (db: Queryable, schemas: string, name: string): Promise<void> {
  const { rows: tables } = await db.query<{ name: string }>(`SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_schema LIKE $1 AND table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`, [schemas])
  if (tables.length === 0) return
  const { rows } = await db.query<{ row: string }>(tables.map((table) => `SELECT t::text AS row FROM ${table.name} t`).join(' UNION ALL '))
  keepText(name, `${tables.map((table) => table.name).join(' ')}\n${rows.map(({ row }) => row).join('\n')}`)
}
