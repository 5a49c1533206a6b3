import type { Queryable } from '../lib/postgres.js'
import type { Seal } from './seal.js'

/** One Core behind the gateway, its secrets in clear. Never sent to anyone: see `describe` in handlers.ts. */
export interface Instance {
  readonly instanceId: string
  readonly name: string
  readonly kind: 'core' | 'sandbox'
  /** null: none set, and for a sandbox, whose listener each process resolves itself */
  readonly coreUrl: string | null
  readonly coreKey: string | null
  readonly databaseUrl: string | null
  /** PEM */
  readonly coreCa: string | null
  readonly sandboxSchema: string | null
  /** Who makes and changes it: the configuration file, or (null) the admin API and the settings. */
  readonly managedBy: 'file' | null
  readonly createdAt: string
  readonly updatedAt: string
}

export type NewInstance = Omit<Instance, 'createdAt' | 'updatedAt' | 'managedBy'> & Partial<Pick<Instance, 'managedBy'>>

interface Stored {
  instance_id: string
  name: string
  kind: 'core' | 'sandbox'
  core_url: string | null
  core_key_sealed: Buffer | null
  database_url_sealed: Buffer | null
  core_ca: string | null
  sandbox_schema: string | null
  managed_by: 'file' | null
  created_at: string
  updated_at: string
}

const RFC3339 = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
const COLUMNS = `instance_id, name, kind, core_url, core_key_sealed, database_url_sealed, core_ca, sandbox_schema, managed_by,
  to_char(created_at AT TIME ZONE 'UTC', '${RFC3339}') AS created_at, to_char(updated_at AT TIME ZONE 'UTC', '${RFC3339}') AS updated_at`

export interface InstanceStore {
  all(): Promise<Instance[]>
  /** @returns null when the id is taken */
  insert(instance: NewInstance): Promise<Instance | null>
  /** @returns null when there is none of this id */
  update(instance: NewInstance): Promise<Instance | null>
  remove(instanceId: string): Promise<boolean>
  /** A schema for a new sandbox: a spare one, which is migrated, or the name of one to make. */
  takeSandboxSchema(): Promise<string>
  /** The name of a schema to make a spare one of; null where there is one already. */
  wantedSpare(): Promise<string | null>
  addSpare(schema: string): Promise<void>
}

export function createInstanceStore (db: Queryable, seal: Seal): InstanceStore {
  const opened = (sealed: Buffer | null): string | null => sealed === null ? null : seal.open(sealed)
  const closed = (text: string | null): Buffer | null => text === null ? null : seal.seal(text)
  const read = (row: Stored): Instance => ({
    instanceId: row.instance_id,
    name: row.name,
    kind: row.kind,
    coreUrl: row.core_url,
    coreKey: opened(row.core_key_sealed),
    databaseUrl: opened(row.database_url_sealed),
    coreCa: row.core_ca,
    sandboxSchema: row.sandbox_schema,
    managedBy: row.managed_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at
  })
  const values = (i: NewInstance): unknown[] => [i.instanceId, i.name, i.kind, i.coreUrl, closed(i.coreKey), closed(i.databaseUrl), i.coreCa, i.sandboxSchema, i.managedBy ?? null]

  const nextSchema = async (): Promise<string> => {
    const { rows } = await db.query<{ schema: string }>("SELECT 'sandbox_' || nextval('gateway.sandbox_number') AS schema")
    return (rows[0] as { schema: string }).schema
  }

  return {
    async all () {
      return (await db.query<Stored>(`SELECT ${COLUMNS} FROM gateway.instances ORDER BY created_at, instance_id`)).rows.map(read)
    },
    async insert (instance) {
      const { rows } = await db.query<Stored>(`INSERT INTO gateway.instances (instance_id, name, kind, core_url, core_key_sealed, database_url_sealed, core_ca, sandbox_schema, managed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (instance_id) DO NOTHING RETURNING ${COLUMNS}`, values(instance))
      return rows[0] === undefined ? null : read(rows[0])
    },
    async update (instance) {
      const { rows } = await db.query<Stored>(`UPDATE gateway.instances SET name = $2, core_url = $4, core_key_sealed = $5, database_url_sealed = $6, core_ca = $7, managed_by = $9, updated_at = now()
        WHERE instance_id = $1 AND kind = $3 AND sandbox_schema IS NOT DISTINCT FROM $8 RETURNING ${COLUMNS}`, values(instance))
      return rows[0] === undefined ? null : read(rows[0])
    },
    async remove (instanceId) {
      return (await db.query('DELETE FROM gateway.instances WHERE instance_id = $1', [instanceId])).rowCount > 0
    },
    async takeSandboxSchema () {
      const { rows } = await db.query<{ schema: string }>(`DELETE FROM gateway.spare_schemas
        WHERE schema = (SELECT schema FROM gateway.spare_schemas ORDER BY schema LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING schema`)
      return rows[0]?.schema ?? await nextSchema()
    },
    async wantedSpare () {
      const { rowCount } = await db.query('SELECT 1 FROM gateway.spare_schemas LIMIT 1')
      return rowCount > 0 ? null : await nextSchema()
    },
    async addSpare (schema) {
      await db.query('INSERT INTO gateway.spare_schemas (schema) VALUES ($1)', [schema])
    }
  }
}
