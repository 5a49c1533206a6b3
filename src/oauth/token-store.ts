import { createHash } from 'node:crypto'
import { newId } from '../lib/ids.js'
import type { Queryable } from '../lib/postgres.js'

/** Of 256 random bits a fast hash is enough: nothing else leads back to them. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A code is used by the client's very next request; ASVS 5.0 10.4.3 allows one minute at its highest level. */
const CODE_LIFE = "interval '60 seconds'"
/** spec/04 4.3: not documented. A token that is not used for so long is not used any more. */
const REFRESH_LIFE = "interval '30 days'"
/** However often it was refreshed, a person is asked again after a year (ASVS 5.0 10.4.8). */
const GRANT_LIFE = "interval '365 days'"

export interface NewGrant {
  readonly code: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly redirectUriGiven: boolean
  readonly challenge: string | null
}

export interface IssuedCode {
  readonly grantId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly redirectUriGiven: boolean
  readonly challenge: string | null
  readonly scopes: readonly string[]
  readonly state: 'live' | 'expired' | 'used' | 'revoked'
}

export interface IssuedRefresh { readonly grantId: string, readonly clientId: string, readonly scopes: readonly string[], readonly state: IssuedCode['state'] }

/** New tokens in clear, and what the access token may do. */
export interface NewTokens { readonly access: string, readonly refresh: string, readonly scopes: readonly string[], readonly seconds: number }

/** An access token as it is found; times in milliseconds since 1970. */
export interface FoundToken {
  readonly hash: Buffer
  readonly clientId: string
  readonly clientName: string
  readonly clientScopes: readonly string[]
  readonly subject: string
  readonly scopes: readonly string[]
  /** The earliest end of token, grant and client. */
  readonly expiresAt: number
  readonly isRevoked: boolean
}

/** What a person has allowed; times are RFC 3339. */
export interface Allowed { readonly id: string, readonly clientName: string, readonly scopes: readonly string[], readonly since: string, readonly until: string }

export interface TokenStore {
  addCode(grant: NewGrant): Promise<void>
  code(code: string): Promise<IssuedCode | null>
  refresh(token: string): Promise<IssuedRefresh | null>
  /** Takes a code, or a refresh token, and gives tokens for it, in one statement. @returns seconds until the access token expires; null: it was taken already, or has ended */
  exchange(taken: { code: string } | { refresh: string }, tokens: NewTokens): Promise<number | null>
  /** @returns false: it was revoked already */
  revokeGrant(id: string): Promise<boolean>
  /** What a person has allowed and a client can still use, the newest first. */
  allowedBy(subject: string): Promise<Allowed[]>
  /** @returns the client that had it; null where the person has no such grant, or no longer */
  takeBack(id: string, subject: string): Promise<string | null>
  /** Revokes what a token of this client stands for. @returns whether anything ended by it */
  revoke(token: string, clientId: string): Promise<boolean>
  find(hashes: readonly Buffer[]): Promise<FoundToken[]>
  /** Deletes what has expired and so needs not to be known any more. */
  sweep(): Promise<void>
}

const STATE = (used: string, end: string): string => `CASE WHEN g.revoked_at IS NOT NULL THEN 'revoked' WHEN ${used} IS NOT NULL THEN 'used'
  WHEN least(${end}, g.expires_at) <= now() THEN 'expired' ELSE 'live' END AS state`

const TAKEN = {
  code: 'UPDATE gateway.oauth_codes SET used_at = now() WHERE hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING grant_id',
  refresh: "UPDATE gateway.oauth_tokens SET ended_at = now() WHERE hash = $1 AND kind = 'refresh' AND ended_at IS NULL AND expires_at > now() RETURNING grant_id"
}

export function createTokenStore (db: Queryable): TokenStore {
  return {
    async addCode ({ code, clientId, subject, scopes, redirectUri, redirectUriGiven, challenge }) {
      await db.query(`WITH made AS (INSERT INTO gateway.oauth_grants (id, client_id, subject, scopes, expires_at) VALUES ($1, $2, $3, $4, now() + ${GRANT_LIFE}) RETURNING id)
        INSERT INTO gateway.oauth_codes (hash, grant_id, redirect_uri, redirect_uri_given, challenge, expires_at)
        SELECT $5, id, $6, $7, $8, now() + ${CODE_LIFE} FROM made`, [newId('grant'), clientId, subject, scopes, hashToken(code), redirectUri, redirectUriGiven, challenge])
    },
    code: async (code) => (await db.query<IssuedCode>(`SELECT g.id AS "grantId", g.client_id AS "clientId", g.scopes, c.redirect_uri AS "redirectUri",
      c.redirect_uri_given AS "redirectUriGiven", c.challenge, ${STATE('c.used_at', 'c.expires_at')}
      FROM gateway.oauth_codes c JOIN gateway.oauth_grants g ON g.id = c.grant_id WHERE c.hash = $1`, [hashToken(code)])).rows[0] ?? null,
    refresh: async (token) => (await db.query<IssuedRefresh>(`SELECT g.id AS "grantId", g.client_id AS "clientId", g.scopes, ${STATE('t.ended_at', 't.expires_at')}
      FROM gateway.oauth_tokens t JOIN gateway.oauth_grants g ON g.id = t.grant_id WHERE t.hash = $1 AND t.kind = 'refresh'`, [hashToken(token)])).rows[0] ?? null,
    async exchange (taken, { access, refresh, scopes, seconds }) {
      const [what, from] = 'code' in taken ? [TAKEN.code, taken.code] : [TAKEN.refresh, taken.refresh]
      // Of several at a time one takes it: the others wait for its row, and then find it taken.
      const { rows } = await db.query<{ seconds: number }>(`WITH taken AS (${what}),
        alive AS (SELECT g.* FROM taken JOIN gateway.oauth_grants g ON g.id = taken.grant_id WHERE g.revoked_at IS NULL AND g.expires_at > now()),
        used AS (UPDATE gateway.oauth_clients c SET last_used_at = now() FROM alive WHERE c.id = alive.client_id),
        made AS (INSERT INTO gateway.oauth_tokens (hash, kind, grant_id, scopes, expires_at)
          SELECT $2::bytea, 'access', id, $4::text[], least(expires_at, now() + $5 * interval '1 second') FROM alive
          UNION ALL SELECT $3::bytea, 'refresh', id, scopes, least(expires_at, now() + ${REFRESH_LIFE}) FROM alive RETURNING kind, expires_at)
        SELECT ceil(extract(epoch FROM expires_at - now()))::int AS seconds FROM made WHERE kind = 'access'`,
      [hashToken(from), hashToken(access), hashToken(refresh), scopes, seconds])
      return rows[0]?.seconds ?? null
    },
    revokeGrant: async (id) => (await db.query('UPDATE gateway.oauth_grants SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING id', [id])).rows.length > 0,
    allowedBy: async (subject) => (await db.query<Allowed>(`SELECT g.id, c.name AS "clientName", g.scopes, ${['g.created_at', 'g.expires_at']
      .map((column, at) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ${at === 0 ? 'since' : 'until'}`).join(', ')}
      FROM gateway.oauth_grants g JOIN gateway.oauth_clients c ON c.id = g.client_id
      WHERE g.subject = $1 AND g.revoked_at IS NULL AND g.expires_at > now() AND c.revoked_at IS NULL
        AND EXISTS (SELECT FROM gateway.oauth_tokens t WHERE t.grant_id = g.id AND t.ended_at IS NULL AND t.expires_at > now())
      ORDER BY g.created_at DESC, g.id LIMIT 500`, [subject])).rows,
    async takeBack (id, subject) {
      const { rows } = await db.query<{ client: string }>('UPDATE gateway.oauth_grants SET revoked_at = now() WHERE id = $1 AND subject = $2 AND revoked_at IS NULL RETURNING client_id AS client', [id, subject])
      return rows[0]?.client ?? null
    },
    async revoke (token, clientId) {
      // RFC 7009 2.1: with a refresh token all that came of the same grant.
      const { rows } = await db.query(`WITH found AS (SELECT t.hash, t.kind, t.grant_id FROM gateway.oauth_tokens t JOIN gateway.oauth_grants g ON g.id = t.grant_id
          WHERE t.hash = $1 AND g.client_id = $2),
        grants AS (UPDATE gateway.oauth_grants g SET revoked_at = now() FROM found WHERE g.id = found.grant_id AND found.kind = 'refresh' AND g.revoked_at IS NULL RETURNING 1),
        tokens AS (UPDATE gateway.oauth_tokens t SET ended_at = now() FROM found WHERE t.hash = found.hash AND found.kind = 'access' AND t.ended_at IS NULL RETURNING 1)
        SELECT 1 FROM grants UNION ALL SELECT 1 FROM tokens`, [hashToken(token), clientId])
      return rows.length > 0
    },
    find: async (hashes) => (await db.query<FoundToken>(`SELECT t.hash, c.id AS "clientId", c.name AS "clientName", c.scopes AS "clientScopes", g.subject, t.scopes,
      (extract(epoch FROM least(t.expires_at, g.expires_at, c.expires_at)) * 1000)::float8 AS "expiresAt",
      (t.ended_at IS NOT NULL OR g.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL) AS "isRevoked"
      FROM gateway.oauth_tokens t JOIN gateway.oauth_grants g ON g.id = t.grant_id JOIN gateway.oauth_clients c ON c.id = g.client_id
      WHERE t.hash = ANY($1) AND t.kind = 'access'`, [hashes])).rows,
    async sweep () {
      await db.query('DELETE FROM gateway.oauth_tokens WHERE expires_at < now()')
      await db.query('DELETE FROM gateway.oauth_codes WHERE expires_at < now() - interval \'1 hour\'')
      await db.query(`DELETE FROM gateway.oauth_grants g WHERE created_at < now() - interval '1 hour'
        AND NOT EXISTS (SELECT FROM gateway.oauth_tokens t WHERE t.grant_id = g.id) AND NOT EXISTS (SELECT FROM gateway.oauth_codes c WHERE c.grant_id = g.id)`)
    }
  }
}
