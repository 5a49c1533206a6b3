import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate, migrationsHash, readMigrations } from '../lib/migrate.js'
import { openDatabase } from '../lib/postgres.js'
import { CLUSTER, startEmbedded } from './embedded.js'

const GATEWAY_MIGRATIONS = new URL('./migrations/', import.meta.url)
const SANDBOX_MIGRATIONS = new URL('../sandbox/migrations/', import.meta.url)

/** Sandbox schemas that are ready: one for the first start, one for the first `instances add --sandbox`. */
const SPARES = 2

const FOLDER = fileURLToPath(new URL('../../template/', import.meta.url))
const DUMP = join(FOLDER, 'postgres.tar.gz')
const STAMP = join(FOLDER, 'stamp')

/** What the template was made from: another PGlite or another migration makes it stale. */
function stamp (): string {
  const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const { version } = JSON.parse(readFileSync(join(dirname(pglite), '..', 'package.json'), 'utf8')) as { version: string }
  return `${version} ${CLUSTER.join(' ')} ${migrationsHash(readMigrations(GATEWAY_MIGRATIONS))} ${migrationsHash(readMigrations(SANDBOX_MIGRATIONS))}\n`
}

/** The dump of an empty, migrated database, or null where there is none for this version. */
export function currentTemplate (): string | null {
  return existsSync(DUMP) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp() ? DUMP : null
}

/** Makes the template unless it is current. Begins with the stamp's removal and ends with its return, so a killed build leaves none. */
export async function makeTemplate (): Promise<void> {
  if (currentTemplate() !== null) return
  mkdirSync(FOLDER, { recursive: true })
  rmSync(STAMP, { force: true })
  const embedded = startEmbedded({ dataDir: null, template: null })
  await embedded.up
  const database = openDatabase(embedded, 1)
  await migrate(database, 'gateway', readMigrations(GATEWAY_MIGRATIONS))
  for (let n = 1; n <= SPARES; n++) {
    await migrate(database, `sandbox_${n}`, readMigrations(SANDBOX_MIGRATIONS))
    await database.query("INSERT INTO gateway.spare_schemas (schema) VALUES ('sandbox_' || nextval('gateway.sandbox_number'))")
  }
  await database.close()
  await embedded.dump(`${DUMP}.new`)
  await embedded.close()
  renameSync(`${DUMP}.new`, DUMP)
  writeFileSync(STAMP, stamp())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeTemplate()
