import { join, resolve } from 'node:path'
import { migrate, readMigrations } from '../lib/migrate.js'
import { openDatabase, type Database, type PostgresAddress } from '../lib/postgres.js'
import { startEmbedded, type Embedded } from './embedded.js'
import { currentTemplate } from './template.js'

const MIGRATIONS = new URL('./migrations/', import.meta.url)

export interface Store {
  readonly db: Database
  /** What the sandbox connects to; known before anything answers there. */
  readonly address: PostgresAddress
  /** Whether other processes may be on the same database. */
  readonly shared: boolean
  /** Settles when the database answers and its schema is of the newest version. */
  readonly ready: Promise<void>
  /** Settles when the embedded database stopped by itself; never for a server. */
  readonly died: Promise<Error>
  close(): Promise<void>
}

/** Connections to the embedded database: it is one backend behind them all, so a few are enough. */
const EMBEDDED_CONNECTIONS = 4

/** Milliseconds for a statement on a server. */
const ANSWER_MS = 30_000

export interface StoreOptions {
  readonly databaseUrl: string | undefined
  /** null: in memory */
  readonly dataDir: string | null
  readonly connections: number
  readonly onError: (error: Error) => void
}

/**
 * Opens the gateway's database, embedded or a server.
 * @throws DataDirError, and StoreError by `ready`
 */
export function openStore ({ databaseUrl, dataDir, connections, onError }: StoreOptions): Store {
  const embedded: Embedded | undefined = databaseUrl === undefined
    ? startEmbedded({ dataDir: dataDir === null ? null : join(resolve(dataDir), 'postgres'), template: currentTemplate() })
    : undefined
  const address: PostgresAddress = embedded === undefined ? { url: databaseUrl as string } : { socketDir: embedded.socketDir }
  const db = embedded === undefined ? openDatabase(address, connections, onError, ANSWER_MS) : openDatabase(address, EMBEDDED_CONNECTIONS, onError)
  const prepare = async (): Promise<void> => {
    await (embedded === undefined ? assertServerVersion(db) : embedded.up)
    await migrate(db, 'gateway', readMigrations(MIGRATIONS))
  }
  const ready = prepare()
  ready.catch(() => {})
  return {
    db,
    address,
    shared: embedded === undefined,
    ready,
    died: embedded?.died ?? new Promise(() => {}),
    async close () {
      await db.close()
      await embedded?.close()
    }
  }
}

export class StoreError extends Error {}

async function assertServerVersion (db: Database): Promise<void> {
  let version: string
  try {
    const { rows } = await db.query<{ v: string }>("SELECT current_setting('server_version_num') AS v")
    version = rows[0]?.v ?? '0'
  } catch (error) {
    // The URL holds a password: name the setting and the server's reason only.
    throw new StoreError(`DATABASE_URL cannot be used: ${(error as Error).message || String((error as { code?: unknown }).code)}`, { cause: error })
  }
  if (Number(version) < 150_000) throw new StoreError(`DATABASE_URL is a Postgres ${Math.floor(Number(version) / 10_000)}, and the gateway needs 15 or newer`)
}
