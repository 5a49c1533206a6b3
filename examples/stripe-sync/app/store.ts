import { PGlite } from '@electric-sql/pglite'

export interface NewInstall {
  readonly installedAppId: string
  readonly appId: string
  readonly instanceId: string
  readonly apiKeySealed: Uint8Array
  readonly permissions: readonly string[]
}

export type Install = NewInstall

export type Phase = 'customers' | 'payment_intents' | 'payouts'

/** A sync run. It is done from the phase and the page on that it tells. */
export interface Sync {
  readonly sync_id: string
  readonly status: 'running' | 'completed' | 'failed'
  readonly phase: Phase
  /** The last object of the last page that is done; null before the first page of the phase. */
  readonly cursor: string | null
  /** Customers, succeeded payment intents and paid payouts that Stripe listed. */
  readonly records_found: number
  /** Those of them that were not in the ledger, as far as the app knew. */
  readonly records_posted: number
  readonly alerts_raised: number
  readonly started_at: string
  readonly completed_at: string | null
  readonly error: string | null
}

export interface Progress { readonly phase: Phase, readonly cursor: string | null, readonly found: number, readonly posted: number, readonly alerts: number }

/** What is known of a payment or payout: an open one may be in the ledger, a settled one is. */
export interface Known { readonly stripe_id: string, readonly state: 'open' | 'settled' }

export interface Store {
  putInstall(install: NewInstall): Promise<void>
  install(id: string): Promise<Install | undefined>
  /** With everything that belongs to it. */
  removeInstall(id: string): Promise<void>
  putSession(hash: string, installId: string, expiresAt: number): Promise<void>
  /** @returns when it ends, in milliseconds since 1970 */
  session(hash: string): Promise<{ readonly installId: string, readonly expiresAt: number } | undefined>
  removeSessions(expiredBefore: number): Promise<void>

  beginSync(syncId: string, installId: string): Promise<Sync>
  syncs(installId: string): Promise<Sync[]>
  runningSyncs(): Promise<Array<Sync & { readonly installed_app_id: string }>>
  progress(syncId: string, progress: Progress): Promise<void>
  endSync(syncId: string, error: string | null): Promise<void>

  known(installId: string, stripeIds: readonly string[]): Promise<Known[]>
  /** Notes what is about to be posted. */
  opened(installId: string, stripeIds: readonly string[]): Promise<void>
  settled(installId: string, stripeId: string, transactionId: string): Promise<void>

  /** Things that are done once for each install: an identity, a link, an alert. @returns those of the keys that are done */
  done(installId: string, keys: readonly string[]): Promise<Set<string>>
  markDone(installId: string, key: string): Promise<void>
  close(): Promise<void>
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS installs (
    installed_app_id text PRIMARY KEY, app_id text NOT NULL, instance_id text NOT NULL, api_key_sealed bytea NOT NULL, permissions text[] NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS portal_sessions (
    token_hash text PRIMARY KEY, installed_app_id text NOT NULL REFERENCES installs ON DELETE CASCADE, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS stripe_syncs (
    sync_id text PRIMARY KEY, installed_app_id text NOT NULL REFERENCES installs ON DELETE CASCADE, status text NOT NULL DEFAULT 'running',
    phase text NOT NULL DEFAULT 'customers', cursor text, records_found integer NOT NULL DEFAULT 0, records_posted integer NOT NULL DEFAULT 0,
    alerts_raised integer NOT NULL DEFAULT 0, started_at timestamptz NOT NULL DEFAULT now(), completed_at timestamptz, error text);
  CREATE UNIQUE INDEX IF NOT EXISTS one_sync_at_a_time ON stripe_syncs (installed_app_id) WHERE status = 'running';
  CREATE TABLE IF NOT EXISTS stripe_records (
    installed_app_id text NOT NULL REFERENCES installs ON DELETE CASCADE, stripe_id text NOT NULL, transaction_id text,
    PRIMARY KEY (installed_app_id, stripe_id));
  CREATE TABLE IF NOT EXISTS done_once (
    installed_app_id text NOT NULL REFERENCES installs ON DELETE CASCADE, key text NOT NULL, PRIMARY KEY (installed_app_id, key));`

const INSTALL = 'installed_app_id AS "installedAppId", app_id AS "appId", instance_id AS "instanceId", api_key_sealed AS "apiKeySealed", permissions'
const RFC3339 = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
const time = (column: string): string => `to_char(s.${column} AT TIME ZONE 'UTC', '${RFC3339}') AS ${column}`
const SYNC = `sync_id, status, phase, cursor, records_found, records_posted, alerts_raised, ${time('started_at')}, ${time('completed_at')}, error`

/** Opens the app's own database: a directory, or memory:// */
export async function openStore (dataDir: string): Promise<Store> {
  const db = await PGlite.create(dataDir)
  await db.exec(SCHEMA)
  return {
    // The same install told again: the key may be another one.
    putInstall: async (one) => {
      await db.query(`INSERT INTO installs (installed_app_id, app_id, instance_id, api_key_sealed, permissions) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (installed_app_id) DO UPDATE SET app_id = $2, instance_id = $3, api_key_sealed = $4, permissions = $5`,
      [one.installedAppId, one.appId, one.instanceId, one.apiKeySealed, one.permissions])
    },
    install: async (id) => (await db.query<Install>(`SELECT ${INSTALL} FROM installs WHERE installed_app_id = $1`, [id])).rows[0],
    removeInstall: async (id) => { await db.query('DELETE FROM installs WHERE installed_app_id = $1', [id]) },
    putSession: async (hash, installId, expiresAt) => { await db.query('INSERT INTO portal_sessions VALUES ($1, $2, $3)', [hash, installId, new Date(expiresAt)]) },
    session: async (hash) => {
      const { rows } = await db.query<{ id: string, at: Date }>('SELECT installed_app_id AS id, expires_at AS at FROM portal_sessions WHERE token_hash = $1', [hash])
      return rows[0] === undefined ? undefined : { installId: rows[0].id, expiresAt: rows[0].at.getTime() }
    },
    removeSessions: async (expiredBefore) => { await db.query('DELETE FROM portal_sessions WHERE expires_at < $1', [new Date(expiredBefore)]) },

    beginSync: async (syncId, installId) => {
      await db.query('INSERT INTO stripe_syncs (sync_id, installed_app_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [syncId, installId])
      return (await db.query<Sync>(`SELECT ${SYNC} FROM stripe_syncs s WHERE installed_app_id = $1 AND status = 'running'`, [installId])).rows[0] as Sync
    },
    syncs: async (installId) => (await db.query<Sync>(`SELECT ${SYNC} FROM stripe_syncs s WHERE installed_app_id = $1 ORDER BY s.started_at DESC LIMIT 50`, [installId])).rows,
    runningSyncs: async () => (await db.query<Sync & { installed_app_id: string }>(`SELECT installed_app_id, ${SYNC} FROM stripe_syncs s WHERE status = 'running'`)).rows,
    progress: async (syncId, { phase, cursor, found, posted, alerts }) => {
      await db.query(`UPDATE stripe_syncs SET phase = $2, cursor = $3, records_found = records_found + $4, records_posted = records_posted + $5,
        alerts_raised = alerts_raised + $6 WHERE sync_id = $1`, [syncId, phase, cursor, found, posted, alerts])
    },
    endSync: async (syncId, error) => {
      await db.query(`UPDATE stripe_syncs SET status = CASE WHEN $2::text IS NULL THEN 'completed' ELSE 'failed' END, error = $2, completed_at = now()
        WHERE sync_id = $1`, [syncId, error])
    },

    known: async (installId, ids) => (await db.query<Known>(`SELECT stripe_id, CASE WHEN transaction_id IS NULL THEN 'open' ELSE 'settled' END AS state
      FROM stripe_records WHERE installed_app_id = $1 AND stripe_id = ANY($2)`, [installId, ids])).rows,
    opened: async (installId, ids) => {
      await db.query('INSERT INTO stripe_records (installed_app_id, stripe_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING', [installId, ids])
    },
    settled: async (installId, stripeId, transactionId) => {
      await db.query('UPDATE stripe_records SET transaction_id = $3 WHERE installed_app_id = $1 AND stripe_id = $2', [installId, stripeId, transactionId])
    },

    done: async (installId, keys) => {
      const { rows } = await db.query<{ key: string }>('SELECT key FROM done_once WHERE installed_app_id = $1 AND key = ANY($2)', [installId, keys])
      return new Set(rows.map(({ key }) => key))
    },
    markDone: async (installId, key) => { await db.query('INSERT INTO done_once VALUES ($1, $2) ON CONFLICT DO NOTHING', [installId, key]) },
    close: async () => { await db.close() }
  }
}
