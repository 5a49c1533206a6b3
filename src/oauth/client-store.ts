import type { Queryable } from '../lib/postgres.js'

/** An OAuth client as the admin API shows it; times are RFC 3339. */
export interface Client {
  readonly client_id: string
  readonly name: string
  /** A public client has no secret: PKCE stands for it (RFC 6749 2.1). */
  readonly type: 'confidential' | 'public'
  readonly scopes: readonly string[]
  /** Empty: any address that may be redirected to */
  readonly redirect_uris: readonly string[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

export interface NewClient {
  readonly id: string
  /** SHA-256 of the secret; null for a public client */
  readonly secretHash: Buffer | null
  readonly name: string
  readonly scopes: readonly string[]
  readonly redirectUris: readonly string[]
  readonly expiresAt: string | null
}

export interface ClientChange { readonly name?: string, readonly scopes?: readonly string[], readonly redirect_uris?: readonly string[], readonly expires_at?: string | null }

const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`
const COLUMNS = `id AS client_id, name, CASE WHEN secret_hash IS NULL THEN 'public' ELSE 'confidential' END AS type, scopes, redirect_uris,
  ${['created_at', 'expires_at', 'last_used_at', 'revoked_at'].map(time).join(', ')}`

export interface ClientStore {
  all(): Promise<Client[]>
  one(id: string): Promise<Client | null>
  /** One that is neither revoked nor expired, with the hash of its secret. */
  live(id: string): Promise<{ client: Client, secretHash: Buffer | null } | null>
  insert(client: NewClient): Promise<Client>
  update(id: string, change: ClientChange): Promise<Client | null>
  revoke(id: string): Promise<Client | null>
}

export function createClientStore (db: Queryable): ClientStore {
  const first = (rows: Client[]): Client | null => rows[0] ?? null
  return {
    all: async () => (await db.query<Client>(`SELECT ${COLUMNS} FROM gateway.oauth_clients ORDER BY oauth_clients.created_at DESC, id`)).rows,
    one: async (id) => first((await db.query<Client>(`SELECT ${COLUMNS} FROM gateway.oauth_clients WHERE id = $1`, [id])).rows),
    async live (id) {
      const { rows: [row] } = await db.query<Client & { secret_hash: Buffer | null }>(`SELECT secret_hash, ${COLUMNS} FROM gateway.oauth_clients
        WHERE id = $1 AND oauth_clients.revoked_at IS NULL AND (oauth_clients.expires_at IS NULL OR oauth_clients.expires_at > now())`, [id])
      if (row === undefined) return null
      const { secret_hash: secretHash, ...client } = row
      return { client, secretHash }
    },
    async insert ({ id, secretHash, name, scopes, redirectUris, expiresAt }) {
      const { rows: [row] } = await db.query<Client>(`INSERT INTO gateway.oauth_clients (id, secret_hash, name, scopes, redirect_uris, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`, [id, secretHash, name, scopes, redirectUris, expiresAt])
      return row as Client
    },
    update: async (id, change) => first((await db.query<Client>(`UPDATE gateway.oauth_clients SET name = coalesce($2, name), scopes = coalesce($3, scopes),
      redirect_uris = coalesce($4, redirect_uris), expires_at = CASE WHEN $5 THEN $6::timestamptz ELSE expires_at END WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, change.name ?? null, change.scopes ?? null, change.redirect_uris ?? null, change.expires_at !== undefined, change.expires_at ?? null])).rows),
    revoke: async (id) => first((await db.query<Client>(`UPDATE gateway.oauth_clients SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING ${COLUMNS}`, [id])).rows)
  }
}
