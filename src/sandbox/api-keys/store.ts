import type { Ledger } from '../call.js'
import type { Encodable } from '../json/encode.js'
import { timestampJson } from '../json/time.js'
import { hashApiKey } from './key.js'

export interface ApiKey {
  readonly api_key_id: string
  readonly key: string
  readonly name: string
  readonly owner_id: string
  readonly scopes: readonly string[]
  readonly expires_at: string
  readonly created_at: string
  readonly last_used_at: string
  readonly is_revoked: boolean
  readonly revoked_at: string | null
}

const utc = (column: string): string => `(${column} AT TIME ZONE 'UTC')::text AS ${column}`
const COLUMNS = `api_key_id, key, name, owner_id, scopes, ${['expires_at', 'created_at', 'last_used_at', 'revoked_at'].map(utc).join(', ')}, is_revoked`

/** Core's APIKey (spec/09 16). */
export const apiKeyJson = (key: ApiKey): { readonly [name: string]: Encodable | undefined } => ({
  api_key_id: key.api_key_id,
  key: key.key,
  name: key.name,
  owner_id: key.owner_id,
  scopes: key.scopes,
  expires_at: timestampJson(key.expires_at),
  created_at: timestampJson(key.created_at),
  last_used_at: timestampJson(key.last_used_at),
  is_revoked: key.is_revoked,
  revoked_at: key.revoked_at === null ? undefined : timestampJson(key.revoked_at)
})

/** Stores a key by its hash. @param expiresAt RFC 3339 */
export async function insertApiKey ({ db, schema, clock, ids }: Ledger, { key, name, owner, scopes, expiresAt }: { readonly key: string, readonly name: string, readonly owner: string, readonly scopes: readonly string[], readonly expiresAt: string }): Promise<ApiKey> {
  const { rows } = await db.query<ApiKey>(`INSERT INTO ${schema}.api_keys (api_key_id, key, key_prefix, name, owner_id, scopes, expires_at, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, '0001-01-01T00:00:00Z') RETURNING ${COLUMNS}`,
  [ids.next('api_key'), hashApiKey(key), key.slice(0, 8), name, owner, scopes, expiresAt, clock.now().json])
  return { ...rows[0] as ApiKey, key }
}

/** The latest first. */
export async function listApiKeys ({ db, schema }: Ledger, owner: string): Promise<ApiKey[]> {
  return (await db.query<ApiKey>(`SELECT ${COLUMNS} FROM ${schema}.api_keys WHERE owner_id = $1 ORDER BY api_keys.created_at DESC, id DESC`, [owner])).rows
}

export async function revokeApiKey ({ db, schema, clock }: Ledger, id: string, owner: string): Promise<boolean> {
  return (await db.query(`UPDATE ${schema}.api_keys SET is_revoked = true, revoked_at = $3::timestamptz WHERE api_key_id = $1 AND owner_id = $2`, [id, owner, clock.now().json])).rowCount > 0
}

/** @returns the key and whether it is neither revoked nor expired; null where there is none */
export async function findApiKey ({ db, schema, clock }: Ledger, key: string): Promise<ApiKey & { readonly valid: boolean } | null> {
  const { rows } = await db.query<ApiKey & { valid: boolean }>(`SELECT ${COLUMNS}, NOT is_revoked AND $2::timestamptz < api_keys.expires_at AS valid FROM ${schema}.api_keys WHERE key = $1`,
    [hashApiKey(key), clock.now().json])
  return rows[0] ?? null
}

export async function markUsed ({ db, schema, clock }: Ledger, id: string): Promise<void> {
  await db.query(`UPDATE ${schema}.api_keys SET last_used_at = $2::timestamptz WHERE api_key_id = $1`, [id, clock.now().json])
}
