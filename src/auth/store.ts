import type { Queryable } from '../lib/postgres.js'
import type { Credential } from './credentials.js'

/** An API key as the admin API shows it; times are RFC 3339. */
export interface KeyRecord {
  readonly id: string
  readonly api_key_prefix: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly kind: 'api' | 'app'
  readonly instance_id: string | null
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

export interface NewKey {
  readonly id: string
  /** SHA-256 of the key */
  readonly hash: Buffer
  readonly prefix: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly kind: 'api' | 'app'
  readonly instanceId: string | null
  readonly expiresAt: string | null
}

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`
const COLUMNS = `id, prefix AS api_key_prefix, name, scopes, kind, instance_id, ${['created_at', 'expires_at', 'last_used_at', 'revoked_at'].map(time).join(', ')}`

const milliseconds = (text: string | null): number | null => text === null ? null : Date.parse(text)

export const credentialOf = (key: KeyRecord): Credential => ({
  id: key.id,
  prefix: key.api_key_prefix,
  name: key.name,
  scopes: key.scopes,
  kind: key.kind,
  instances: key.instance_id === null ? null : [key.instance_id],
  expiresAt: milliseconds(key.expires_at),
  revokedAt: milliseconds(key.revoked_at)
})

export interface KeyStore {
  all(): Promise<KeyRecord[]>
  withHashes(): Promise<Array<readonly [hash: Buffer, key: KeyRecord]>>
  one(id: string): Promise<KeyRecord | null>
  /** @returns null when a key with this hash is there already */
  insert(key: NewKey): Promise<KeyRecord | null>
  update(id: string, change: { name?: string, scopes?: readonly string[], expires_at?: string | null }): Promise<KeyRecord | null>
  revoke(id: string): Promise<KeyRecord | null>
  /** @param used milliseconds since 1970 by key id */
  markUsed(used: ReadonlyMap<string, number>): Promise<void>
}

export function createKeyStore (db: Queryable): KeyStore {
  const first = (rows: KeyRecord[]): KeyRecord | null => rows[0] ?? null
  return {
    all: async () => (await db.query<KeyRecord>(`SELECT ${COLUMNS} FROM gateway.api_keys ORDER BY created_at DESC, id`)).rows,
    async withHashes () {
      const { rows } = await db.query<KeyRecord & { hash: Buffer }>(`SELECT hash, ${COLUMNS} FROM gateway.api_keys`)
      return rows.map(({ hash, ...key }) => [hash, key])
    },
    one: async (id) => first((await db.query<KeyRecord>(`SELECT ${COLUMNS} FROM gateway.api_keys WHERE id = $1`, [id])).rows),
    insert: async (key) => first((await db.query<KeyRecord>(`INSERT INTO gateway.api_keys (id, hash, prefix, name, scopes, kind, instance_id, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING RETURNING ${COLUMNS}`,
    [key.id, key.hash, key.prefix, key.name, key.scopes, key.kind, key.instanceId, key.expiresAt])).rows),
    update: async (id, change) => first((await db.query<KeyRecord>(`UPDATE gateway.api_keys SET name = coalesce($2, name), scopes = coalesce($3, scopes),
      expires_at = CASE WHEN $4 THEN $5::timestamptz ELSE expires_at END WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, change.name ?? null, change.scopes ?? null, change.expires_at !== undefined, change.expires_at ?? null])).rows),
    revoke: async (id) => first((await db.query<KeyRecord>(`UPDATE gateway.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING ${COLUMNS}`, [id])).rows),
    async markUsed (used) {
      await db.query(`UPDATE gateway.api_keys k SET last_used_at = greatest(k.last_used_at, to_timestamp(u.at / 1000.0))
        FROM unnest($1::text[], $2::double precision[]) AS u(id, at) WHERE k.id = u.id`, [[...used.keys()], [...used.values()]])
    }
  }
}
