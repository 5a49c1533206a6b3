import type { Run } from './connections.js'
import { RESOURCES } from './resources.js'

export interface Index {
  readonly table: string
  readonly name: string
  readonly method: string
  /** What it is sorted by, in order: names of columns, or expressions. */
  readonly keys: readonly string[]
  /** It holds some of the rows only. */
  readonly isPartial: boolean
  /** Made to its end: one that is not is written with each row and read by nobody. */
  readonly isValid: boolean
}

export interface Table {
  readonly name: string
  /** As Postgres last counted; null: it never has, so its planner and the estimates of totals go by a guess. */
  readonly rows: number | null
  readonly isReadable: boolean
  /** Name and type. */
  readonly columns: ReadonlyMap<string, string>
}

/** What a look into the catalogue of a Core's database finds. */
export interface Facts {
  readonly postgres: string
  readonly schema: string
  readonly tables: ReadonlyMap<string, Table>
  readonly indexes: readonly Index[]
}

// The catalogue, not information_schema, which leaves out what the role may not read.
const TABLES = `SELECT c.relname AS name, c.reltuples::bigint::text AS rows, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
    array_agg(a.attname::text ORDER BY a.attnum) AS columns, array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.oid, n.oid, c.relname, c.reltuples`

const INDEXES = `SELECT t.relname AS table, i.relname AS name, m.amname AS method, x.indisvalid AS valid, x.indpred IS NOT NULL AS partial,
    ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, true) FROM generate_series(1, x.indnkeyatts) AS k) AS keys
  FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_am m ON m.oid = i.relam JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  WHERE n.nspname = $1 ORDER BY t.relname, i.relname`

/** Reads the catalogue, and nothing else: no table of the Core is touched. */
export async function readFacts ({ run, schema }: { readonly run: Run, readonly schema: string }): Promise<Facts> {
  const [server] = await run<{ version: string }>("SELECT current_setting('server_version') AS version", [])
  const tables = await run<{ name: string, rows: string, readable: boolean, columns: string[], types: string[] }>(TABLES, [schema])
  const indexes = await run<{ table: string, name: string, method: string, valid: boolean, partial: boolean, keys: string[] }>(INDEXES, [schema])
  return {
    postgres: (server?.version ?? '').replace(/ .*/, ''),
    schema,
    tables: new Map(tables.map(({ name, rows, readable, columns, types }) =>
      [name, { name, rows: rows === '-1' ? null : Number(rows), isReadable: readable, columns: new Map(columns.map((column, i) => [column, types[i] ?? ''])) }])),
    indexes: indexes.map(({ table, name, method, valid, partial, keys }) => ({ table, name, method, keys: keys.map((key) => key.replaceAll('"', '')), isPartial: partial, isValid: valid }))
  }
}

/** Of each table that the Data API reads, the columns (spec/core-tables.md). */
const READ: ReadonlyMap<string, readonly string[]> = new Map(Object.values(RESOURCES).map(({ table, columns, key }) => [table, [...new Set([key.column, ...Object.keys(columns)])]]))

export interface Lacking {
  readonly tables: readonly string[]
  readonly unreadable: readonly string[]
  /** `table.column` */
  readonly columns: readonly string[]
}

/** What the Data API reads and does not find. */
export function lackingIn ({ tables }: Facts): Lacking {
  const names = [...READ.keys()]
  return {
    tables: names.filter((name) => !tables.has(name)),
    unreadable: names.filter((name) => tables.get(name)?.isReadable === false),
    columns: [...READ].flatMap(([name, columns]) => columns.filter((column) => tables.get(name)?.columns.has(column) === false).map((column) => `${name}.${column}`))
  }
}
