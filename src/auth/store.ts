import { createAddressList } from '../lib/address-list.js'
import type { Queryable } from '../lib/postgres.js'
import type { Credential, LastUse } from './credentials.js'

/** `overlapping` is active, and the secret before the last rotation is still taken beside the new one. */
export const STATUSES = ['active', 'overlapping', 'expired', 'revoked'] as const

export type KeyStatus = typeof STATUSES[number]

/** An API key as the admin API shows it; times are RFC 3339. */
export interface KeyRecord {
  readonly id: string
  readonly api_key_prefix: string
  readonly name: string
  readonly status: KeyStatus
  readonly scopes: readonly string[]
  readonly kind: 'api' | 'app'
  readonly instance_id: string | null
  /** Addresses and blocks in CIDR notation; null: everywhere */
  readonly addresses: readonly string[] | null
  /** Who makes and changes it: the configuration file, or (null) the admin API. */
  readonly managed_by: 'file' | null
  readonly created_at: string
  readonly expires_at: string | null
  readonly rotated_at: string | null
  readonly former_prefix: string | null
  readonly former_until: string | null
  readonly last_used_at: string | null
  readonly last_used_address: string | null
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
  readonly addresses: readonly string[] | null
}

export interface KeyChange { name?: string, scopes?: readonly string[], expires_at?: string | null, addresses?: readonly string[] | null }

/** What a list is narrowed to, and the part of it that is shown. */
export interface KeyQuery {
  readonly status?: KeyStatus
  readonly scope?: string
  readonly instance_id?: string
  /** A part of the name or the beginning of the prefix, in any case. */
  readonly search?: string
  readonly limit: number
  readonly offset: number
}

const STATUS = "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' WHEN former_until > now() THEN 'overlapping' ELSE 'active' END"
const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`
const COLUMNS = `id, prefix AS api_key_prefix, name, ${STATUS} AS status, scopes, kind, instance_id, managed_by, addresses, former_prefix, last_used_address,
  ${['created_at', 'expires_at', 'rotated_at', 'former_until', 'last_used_at', 'revoked_at'].map(time).join(', ')}`

/** A key as admission needs it; times are milliseconds since 1970. */
interface Loaded {
  hash: Buffer
  former_hash: Buffer | null
  id: string
  prefix: string
  former_prefix: string | null
  name: string
  scopes: string[]
  kind: 'api' | 'app'
  instance_id: string | null
  addresses: string[] | null
  expires: number | null
  revoked: number | null
  former_until: number | null
}

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::double precision`

type ByHash = readonly [hash: Buffer, credential: Credential]

/** A credential for each secret of a key; equal lists of scopes are one in memory. */
function credentialsOf (key: Loaded, scopesOf: (scopes: string[]) => readonly string[]): ByHash[] {
  const credential: Credential = {
    id: key.id,
    prefix: key.prefix,
    name: key.name,
    scopes: scopesOf(key.scopes),
    kind: key.kind,
    instances: key.instance_id === null ? null : [key.instance_id],
    expiresAt: key.expires,
    revokedAt: key.revoked,
    ...(key.addresses !== null && { addresses: createAddressList(key.addresses) })
  }
  if (key.former_hash === null) return [[key.hash, credential]]
  return [[key.hash, credential], [key.former_hash, { ...credential, prefix: key.former_prefix ?? '', formerUntil: key.former_until ?? 0 }]]
}

function sharing (): (scopes: string[]) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return (scopes) => {
    const name = scopes.join(' ')
    const one = known.get(name) ?? scopes
    known.set(name, one)
    return one
  }
}

export interface KeyStore {
  list(query: KeyQuery): Promise<{ data: KeyRecord[], total: number }>
  /** What admission works with: each secret, of keys that have ended too. */
  credentials(): Promise<ByHash[]>
  one(id: string): Promise<KeyRecord | null>
  /** @returns null when a key with this hash is there already */
  insert(key: NewKey): Promise<KeyRecord | null>
  update(id: string, change: KeyChange): Promise<KeyRecord | null>
  /**
   * Gives a key another secret. The one it had is taken for the overlap; the one before that no more.
   * @returns null when there is none of this id that is neither revoked nor expired
   */
  rotate(id: string, next: { hash: Buffer, prefix: string, overlapSeconds: number }): Promise<KeyRecord | null>
  revoke(id: string): Promise<KeyRecord | null>
  /** The keys of the configuration file, and those with one of these hashes. */
  ofFile(hashes: readonly Buffer[]): Promise<Array<readonly [hash: Buffer, key: KeyRecord]>>
  /** Makes a key of the configuration file, or makes the key of this id one; a revoked one is valid again. */
  putOfFile(key: NewKey): Promise<void>
  markUsed(used: ReadonlyMap<string, LastUse>): Promise<void>
}

/** What LIKE would take for more than itself. */
const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

export function createKeyStore (db: Queryable): KeyStore {
  const first = (rows: KeyRecord[]): KeyRecord | null => rows[0] ?? null
  return {
    async list ({ status, scope, instance_id: instanceId, search, limit, offset }) {
      const { rows } = await db.query<KeyRecord & { total: string | null }>(`WITH matching AS (SELECT ${COLUMNS}, created_at AS made FROM gateway.api_keys
          WHERE ($1::text IS NULL OR ${STATUS} = $1) AND ($2::text IS NULL OR $2 = ANY (scopes)) AND ($3::text IS NULL OR instance_id = $3)
            AND ($4::text IS NULL OR name ILIKE '%' || $4 || '%' OR prefix ILIKE $4 || '%'))
        SELECT page.*, counted.total FROM (SELECT count(*) AS total FROM matching) counted
        LEFT JOIN (SELECT * FROM matching ORDER BY made DESC, id LIMIT $5 OFFSET $6) page ON true ORDER BY made DESC, id`,
      [status ?? null, scope ?? null, instanceId ?? null, search === undefined ? null : literal(search), limit, offset])
      const data = rows.filter((row) => row.id !== null).map(({ total: _total, made: _made, ...key }: KeyRecord & { total: string | null, made?: string }) => key)
      return { data, total: Number(rows[0]?.total ?? 0) }
    },
    async credentials () {
      const { rows } = await db.query<Loaded>(`SELECT hash, former_hash, id, prefix, former_prefix, name, scopes, kind, instance_id, addresses,
        ${ms('expires_at')} AS expires, ${ms('revoked_at')} AS revoked, ${ms('former_until')} AS former_until FROM gateway.api_keys`)
      const scopesOf = sharing()
      return rows.flatMap((row) => credentialsOf(row, scopesOf))
    },
    one: async (id) => first((await db.query<KeyRecord>(`SELECT ${COLUMNS} FROM gateway.api_keys WHERE id = $1`, [id])).rows),
    insert: async (key) => first((await db.query<KeyRecord>(`INSERT INTO gateway.api_keys (id, hash, prefix, name, scopes, kind, instance_id, expires_at, addresses)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (hash) DO NOTHING RETURNING ${COLUMNS}`,
    [key.id, key.hash, key.prefix, key.name, key.scopes, key.kind, key.instanceId, key.expiresAt, key.addresses])).rows),
    update: async (id, change) => first((await db.query<KeyRecord>(`UPDATE gateway.api_keys SET name = coalesce($2, name), scopes = coalesce($3, scopes),
      expires_at = CASE WHEN $4 THEN $5::timestamptz ELSE expires_at END, addresses = CASE WHEN $6 THEN $7::text[] ELSE addresses END
      WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, change.name ?? null, change.scopes ?? null, change.expires_at !== undefined, change.expires_at ?? null, change.addresses !== undefined, change.addresses ?? null])).rows),
    rotate: async (id, { hash, prefix, overlapSeconds }) => first((await db.query<KeyRecord>(`WITH held AS (
        SELECT id, hash FROM gateway.api_keys WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR UPDATE),
      retired AS (INSERT INTO gateway.retired_secrets (hash) SELECT hash FROM held ON CONFLICT DO NOTHING)
      UPDATE gateway.api_keys SET former_hash = hash, former_prefix = prefix, former_until = now() + make_interval(secs => $4),
        hash = $2, prefix = $3, rotated_at = now() WHERE id = (SELECT id FROM held) RETURNING ${COLUMNS}`,
    [id, hash, prefix, overlapSeconds])).rows),
    revoke: async (id) => first((await db.query<KeyRecord>(`UPDATE gateway.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING ${COLUMNS}`, [id])).rows),
    async ofFile (hashes) {
      const { rows } = await db.query<KeyRecord & { hash: Buffer }>(`SELECT hash, ${COLUMNS} FROM gateway.api_keys WHERE managed_by = 'file' OR hash = ANY($1)`, [hashes])
      return rows.map(({ hash, ...key }) => [hash, key])
    },
    async putOfFile (key) {
      await db.query(`INSERT INTO gateway.api_keys (id, hash, prefix, name, scopes, kind, instance_id, expires_at, addresses, managed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'file')
        ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, prefix = excluded.prefix, name = excluded.name, scopes = excluded.scopes, instance_id = excluded.instance_id,
        former_until = CASE WHEN api_keys.hash = excluded.hash THEN api_keys.former_until END, former_hash = CASE WHEN api_keys.hash = excluded.hash THEN api_keys.former_hash END,
        expires_at = excluded.expires_at, addresses = excluded.addresses, managed_by = 'file', revoked_at = NULL`,
      [key.id, key.hash, key.prefix, key.name, key.scopes, key.kind, key.instanceId, key.expiresAt, key.addresses])
    },
    async markUsed (used) {
      const uses = [...used.values()]
      await db.query(`UPDATE gateway.api_keys k SET last_used_at = to_timestamp(u.at / 1000.0), last_used_address = u.address
        FROM unnest($1::text[], $2::double precision[], $3::text[]) AS u(id, at, address)
        WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < to_timestamp(u.at / 1000.0))`,
      [[...used.keys()], uses.map(({ at }) => at), uses.map(({ address }) => address)])
    }
  }
}
