import { createKeyStore, type NewKey } from '../auth/store.js'
import type { Seal } from '../instances/seal.js'
import type { Database, Queryable } from '../lib/postgres.js'
import type { Manifest } from './manifest.js'

/** An app as it is shown; times are RFC 3339. */
export interface App extends Required<Manifest> {
  readonly app_id: string
  readonly created_at: string
  readonly updated_at: string
}

export type InstallStatus = 'installing' | 'active' | 'uninstalling' | 'failed' | 'uninstalled'

export interface Install {
  readonly installed_app_id: string
  readonly app_id: string
  readonly display_name: string
  readonly instance_id: string
  readonly api_key_prefix: string
  readonly granted_permissions: readonly string[]
  readonly status: InstallStatus
  /** Why it failed, or the last try to uninstall it did. */
  readonly error: string | null
  readonly created_at: string
  readonly installed_at: string | null
  readonly uninstalled_at: string | null
}

export type Event = 'install' | 'uninstall' | 'launch'

/** What came of a request to an app. `timed_out`: nobody knows whether the app did it. */
export type Verdict = 'accepted' | 'refused' | 'timed_out' | 'not_reached' | 'not_allowed' | 'not_understood'

/** A request to an app: without the key that it carried. */
export interface Delivery {
  readonly id: string
  readonly installed_app_id: string
  readonly event: Event
  readonly url: string
  readonly request: string
  readonly sent_at: string
  readonly ms: number
  readonly response_status: number | null
  readonly response: string | null
  readonly verdict: Verdict
  readonly error: string | null
}

export interface NewInstall { readonly id: string, readonly appId: string, readonly instanceId: string, readonly permissions: readonly string[], readonly key: NewKey }

export interface Listing { readonly limit: number, readonly offset: number }

export interface AppStore {
  insert(appId: string, manifest: Manifest, signingSecret: string): Promise<App>
  one(appId: string): Promise<App | null>
  all(): Promise<App[]>
  update(appId: string, change: Partial<Manifest>): Promise<App | null>
  /** @returns false where it is installed somewhere; null when there is none */
  remove(appId: string): Promise<boolean | null>
  signingSecret(appId: string): Promise<string | null>
  /** Notes an install that begins, and makes its key. @returns null where the app is on the instance already */
  begin(install: NewInstall): Promise<Install | null>
  install(id: string): Promise<Install | null>
  installs(narrowed: { readonly appId: string | null, readonly instanceId: string | null } & Listing): Promise<{ data: Install[], total: number }>
  /** Moves on from one status to another. A status that ends an install revokes its key in the same moment. @returns null where it had another status */
  move(id: string, from: InstallStatus, to: InstallStatus, error: string | null): Promise<Install | null>
  /** Ends what was left half done: installs are cancelled, what was to be uninstalled stays. @param olderThanMs since when nothing happened to it @returns those cancelled */
  recover(olderThanMs: number): Promise<Install[]>
  /** Nothing where the install is gone meanwhile, with its instance. */
  keep(delivery: Delivery): Promise<void>
  delivery(id: string): Promise<Delivery | null>
  deliveries(installId: string | null, page: Listing): Promise<{ data: Delivery[], total: number }>
}

const RFC3339 = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
const time = (column: string, table = ''): string => `to_char(${table}${column} AT TIME ZONE 'UTC', '${RFC3339}') AS ${column}`
const APP = `app_id, display_name, description, logo_url, developer_name, callback_url, portal_generator_url, permissions, launch_access, require_reauth, ${time('created_at')}, ${time('updated_at')}`
const INSTALL = `installed_app_id, i.app_id, a.display_name, instance_id, api_key_prefix, i.permissions AS granted_permissions, status, error,
  ${['created_at', 'installed_at', 'uninstalled_at'].map((column) => time(column, 'i.')).join(', ')}`
const DELIVERY = `id, installed_app_id, event, url, request, ${time('sent_at', 'd.')}, ms, response_status, response, verdict, error`

/** Deliveries beyond these are removed, the oldest first. */
const MOST_DELIVERIES = 10_000

const ENDED: readonly InstallStatus[] = ['failed', 'uninstalled']

export function createAppStore (db: Database, seal: Seal): AppStore {
  const first = <T>(rows: T[]): T | null => rows[0] ?? null
  const find = async (on: Queryable, id: string): Promise<Install | null> =>
    first((await on.query<Install>(`SELECT ${INSTALL} FROM gateway.app_installs i JOIN gateway.apps a USING (app_id) WHERE installed_app_id = $1`, [id])).rows)
  const paged = async <T extends object>(columns: string, from: string, { order, values, limit, offset }: { order: string, values: readonly unknown[] } & Listing): Promise<{ data: T[], total: number }> => {
    const { rows: data } = await db.query<T>(`SELECT ${columns} FROM ${from} ORDER BY ${order} LIMIT $${values.length + 1} OFFSET $${values.length + 2}`, [...values, limit, offset])
    const { rows } = await db.query<{ total: string }>(`SELECT count(*) AS total FROM ${from}`, values)
    return { data, total: Number(rows[0]?.total ?? 0) }
  }
  return {
    insert: async (appId, m, secret) => (await db.query<App>(`INSERT INTO gateway.apps (app_id, display_name, description, logo_url, developer_name, callback_url, portal_generator_url,
      permissions, launch_access, require_reauth, signing_secret_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${APP}`,
    [appId, m.display_name, m.description, m.logo_url ?? null, m.developer_name ?? null, m.callback_url, m.portal_generator_url, m.permissions, m.launch_access ?? null, m.require_reauth ?? false, seal.seal(secret)])).rows[0] as App,
    one: async (appId) => first((await db.query<App>(`SELECT ${APP} FROM gateway.apps WHERE app_id = $1 AND removed_at IS NULL`, [appId])).rows),
    all: async () => (await db.query<App>(`SELECT ${APP} FROM gateway.apps a WHERE removed_at IS NULL ORDER BY a.created_at, app_id`)).rows,
    update: async (appId, change) => {
      // Names are those of the manifest's schema: nothing else passes it.
      const names = Object.keys(change)
      return first((await db.query<App>(`UPDATE gateway.apps SET ${names.map((name, at) => `${name} = $${at + 2}`).join(', ')}, updated_at = clock_timestamp()
        WHERE app_id = $1 AND removed_at IS NULL RETURNING ${APP}`, [appId, ...Object.values(change)])).rows)
    },
    remove: async (appId) => await db.transaction(async (tx) => {
      // Held: an install that begins meanwhile waits, and finds it gone.
      const { rowCount } = await tx.query('SELECT FROM gateway.apps WHERE app_id = $1 AND removed_at IS NULL FOR UPDATE', [appId])
      if (rowCount === 0) return null
      const { rows } = await tx.query("SELECT FROM gateway.app_installs WHERE app_id = $1 AND status IN ('installing', 'active', 'uninstalling') LIMIT 1", [appId])
      if (rows.length > 0) return false
      await tx.query('UPDATE gateway.apps SET removed_at = clock_timestamp() WHERE app_id = $1', [appId])
      return true
    }),
    signingSecret: async (appId) => {
      const { rows } = await db.query<{ sealed: Buffer }>('SELECT signing_secret_sealed AS sealed FROM gateway.apps WHERE app_id = $1', [appId])
      return rows[0] === undefined ? null : seal.open(rows[0].sealed)
    },
    begin: async ({ id, appId, instanceId, permissions, key }) => await db.transaction(async (tx) => {
      const { rowCount } = await tx.query('SELECT FROM gateway.apps WHERE app_id = $1 AND removed_at IS NULL FOR SHARE', [appId])
      if (rowCount === 0) return null
      const { rowCount: begun } = await tx.query(`INSERT INTO gateway.app_installs (installed_app_id, app_id, instance_id, key_id, api_key_prefix, permissions, status)
        VALUES ($1, $2, $3, $4, $5, $6, 'installing') ON CONFLICT (app_id, instance_id) WHERE status IN ('installing', 'active', 'uninstalling') DO NOTHING`,
      [id, appId, instanceId, key.id, key.prefix, permissions])
      if (begun === 0) return null
      await createKeyStore(tx).insert(key)
      return await find(tx, id)
    }),
    install: async (id) => await find(db, id),
    installs: async ({ appId, instanceId, ...page }) => await paged<Install>(INSTALL, 'gateway.app_installs i JOIN gateway.apps a USING (app_id) WHERE ($1::text IS NULL OR i.app_id = $1) AND ($2::text IS NULL OR instance_id = $2)',
      { order: 'i.created_at DESC, installed_app_id', values: [appId, instanceId], ...page }),
    move: async (id, from, to, error) => await db.transaction(async (tx) => {
      const { rows } = await tx.query<{ key_id: string }>(`UPDATE gateway.app_installs SET status = $3, error = $4, changed_at = clock_timestamp(),
        installed_at = CASE WHEN $3 = 'active' THEN coalesce(installed_at, clock_timestamp()) ELSE installed_at END,
        uninstalled_at = CASE WHEN $3 = 'uninstalled' THEN clock_timestamp() ELSE uninstalled_at END
        WHERE installed_app_id = $1 AND status = $2 RETURNING key_id`, [id, from, to, error])
      const [moved] = rows
      if (moved === undefined) return null
      if (ENDED.includes(to)) await createKeyStore(tx).revoke(moved.key_id)
      return await find(tx, id)
    }),
    recover: async (olderThanMs) => await db.transaction(async (tx) => {
      const { rows } = await tx.query<{ installed_app_id: string, key_id: string, status: InstallStatus }>(`UPDATE gateway.app_installs SET
        status = CASE status WHEN 'installing' THEN 'failed' ELSE 'active' END, changed_at = clock_timestamp(), error = 'the gateway ended while this was under way'
        WHERE status IN ('installing', 'uninstalling') AND changed_at <= clock_timestamp() - make_interval(secs => $1 / 1000.0) RETURNING installed_app_id, key_id, status`, [olderThanMs])
      const cancelled = rows.filter(({ status }) => status === 'failed')
      for (const { key_id: key } of cancelled) await createKeyStore(tx).revoke(key)
      return (await Promise.all(cancelled.map(async ({ installed_app_id: id }) => await find(tx, id)))).filter((one) => one !== null)
    }),
    async keep (d) {
      await db.query(`INSERT INTO gateway.app_deliveries (id, installed_app_id, event, url, request, sent_at, ms, response_status, response, verdict, error)
        SELECT $1, installed_app_id, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM gateway.app_installs WHERE installed_app_id = $2`, [d.id, d.installed_app_id, d.event, d.url, d.request, d.sent_at, d.ms, d.response_status, d.response, d.verdict, d.error])
      await db.query('DELETE FROM gateway.app_deliveries WHERE id IN (SELECT id FROM gateway.app_deliveries ORDER BY sent_at DESC, id DESC OFFSET $1)', [MOST_DELIVERIES])
    },
    delivery: async (id) => first((await db.query<Delivery>(`SELECT ${DELIVERY} FROM gateway.app_deliveries d WHERE id = $1`, [id])).rows),
    deliveries: async (installId, page) => await paged<Delivery>(DELIVERY, 'gateway.app_deliveries d WHERE ($1::text IS NULL OR installed_app_id = $1)', { order: 'd.sent_at DESC, id DESC', values: [installId], ...page })
  }
}
