import { GatewayError } from '../errors.js'
import { DatabaseGone } from '../lib/postgres.js'
import { AllTaken, NotLetIn, type Run } from './connections.js'
import type { From, Statement } from './statements.js'
import type { Resource } from './resources.js'

/** The tables of one instance. */
export interface Source {
  /** Runs what `make` makes for the tables as they are. @throws GatewayError, FilterError */
  read<R extends object>(resource: Resource, make: (from: From) => Statement): Promise<R[]>
  /** For a look into the catalogue: statements as they are, and errors as the database says them. */
  readonly catalogue: { readonly run: Run, readonly schema: string }
}

/** Milliseconds for which the columns of a Core's tables are taken as known: they change with its version. */
const SHAPE_MS = 60_000

type Shape = ReadonlyMap<string, ReadonlySet<string>>

async function readShape (run: Run, schema: string): Promise<Shape> {
  const rows = await run<{ table: string, column: string }>(
    'SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = $1', [schema])
  const shape = new Map<string, Set<string>>()
  for (const { table, column } of rows) shape.set(table, (shape.get(table) ?? new Set()).add(column))
  return shape
}

/** undefined_column, undefined_table, invalid_schema_name: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const isOfAnotherShape = (error: unknown): boolean => ['42703', '42P01', '3F000'].includes(String((error as { code?: unknown }).code))

/** @param schema a checked name */
export function createSource (run: Run, schema: string): Source {
  let known: { readonly shape: Promise<Shape>, readonly until: number } | undefined

  async function shapeNow (): Promise<Shape> {
    if (known === undefined || performance.now() > known.until) {
      const shape = readShape(run, schema)
      known = { shape, until: performance.now() + SHAPE_MS }
      shape.catch(() => { known = undefined })
    }
    return await known.shape
  }

  async function from (resource: Resource): Promise<From> {
    const columns = (await shapeNow()).get(resource.table)
    if (columns === undefined) {
      known = undefined
      throw new GatewayError('INSTANCE_DATABASE_NOT_A_CORES', { message: `The database of this instance has no table ${schema}.${resource.table} that its role may read: check its database_url and the role's grants` })
    }
    return { resource, schema, lacks: new Set(Object.keys(resource.columns).filter((column) => !columns.has(column))) }
  }

  async function once<R extends object> (resource: Resource, make: (from: From) => Statement): Promise<R[]> {
    const { text, values } = make(await from(resource))
    return await run<R>(text, values)
  }

  return {
    catalogue: { run, schema },
    async read (resource, make) {
      try {
        return await once(resource, make).catch(async (error: unknown) => {
          if (!isOfAnotherShape(error)) throw error
          known = undefined
          return await once(resource, make)
        }) as never
      } catch (error) {
        throw translated(error)
      }
    }
  }
}

/** What the database says, in our words; its own are for the log. */
function translated (error: unknown): unknown {
  if (error instanceof AllTaken) return new GatewayError('INSTANCE_DATABASE_BUSY', { cause: error, headers: { 'Retry-After': '1' } })
  if (error instanceof NotLetIn) return new GatewayError('INSTANCE_DATABASE_UNREACHABLE', { message: `The database of this instance was reached and cannot be used: ${error.message}`, cause: error })
  if (error instanceof DatabaseGone) return new GatewayError('INSTANCE_DATABASE_UNREACHABLE', { cause: error })
  const code = String((error as { code?: unknown }).code ?? '')
  // Class 22: a value that no column holds. Class 54: text that no plan holds.
  if (/^(22|54)[0-9A-Z]{3}$/.test(code)) return new GatewayError('FILTER_INVALID', { message: 'Invalid filter: a value cannot be compared with its field (it is out of range, or not of its form)', cause: error })
  // Out of memory or locks; and a replica that had to go on: class 53, 40001.
  if (/^53/.test(code) || code === '40001') return new GatewayError('INSTANCE_DATABASE_BUSY', { cause: error, headers: { 'Retry-After': '1' } })
  if (code === '57014' || code === '55P03') return new GatewayError('DATA_TIMEOUT', { cause: error })
  if (code === '42501') return new GatewayError('INSTANCE_DATABASE_NOT_A_CORES', { message: "The role of this instance's database_url may not read its tables: GRANT SELECT on them to it", cause: error })
  if (isOfAnotherShape(error)) return new GatewayError('INSTANCE_DATABASE_NOT_A_CORES', { message: 'The tables that the database_url of this instance leads to lack what every Core has: check it', cause: error })
  return error
}
