import type { Queryable } from '../lib/postgres.js'

/** An alert as it is answered, its members in the documented order (spec/05 5.2); times are RFC 3339. */
export interface Alert {
  readonly anomaly_id: string
  readonly title: string | null
  readonly description: string
  readonly type: string
  readonly assigned_to: string | null
  readonly escalated_to: readonly string[]
  readonly status: string
  readonly created_at: string
  readonly updated_at: string
  readonly affected_balances: readonly string[]
  readonly affected_identities: readonly string[]
  readonly affected_transactions: readonly string[]
  /** Beyond the Cloud: where it was flagged. */
  readonly instance_id: string
}

export interface NewAlert extends Omit<Alert, 'created_at' | 'updated_at' | 'escalated_to' | 'assigned_to'> { readonly assigned_to?: string | null, readonly escalated_to?: readonly string[] }

export interface AlertChange { readonly title?: string | null, readonly description?: string, readonly status?: string, readonly assigned_to?: string | null, readonly escalated_to?: readonly string[] }

/** What a list is narrowed to. */
export interface AlertQuery {
  /** null: all */
  readonly instances: readonly string[] | null
  readonly status: string | null
  readonly type: string | null
  readonly assignedTo: string | null
  /** A balance, a transaction or an identity. */
  readonly affected: string | null
  readonly limit: number
  readonly offset: string
}

/** A status that was made, as it is answered (spec/05 5.4). */
export interface Status {
  readonly organization_id: string
  readonly key: string
  readonly name: string
  readonly colour: string
  readonly created_at: string
  readonly updated_at: string
}

export type Taken = 'key' | 'name'

/** Every instance has all of them, in one list without pages: more would be one caller's at the expense of all. */
export const MOST_STATUSES = 1_000

export interface AlertStore {
  /** @returns null where the instance is gone @throws UnknownStatus */
  insert(alert: NewAlert): Promise<Alert | null>
  /** @param instances of which it may be one; null: all @returns null when there is none */
  one(id: string, instances: readonly string[] | null): Promise<Alert | null>
  list(query: AlertQuery): Promise<{ data: Alert[], total: number }>
  /** @throws UnknownStatus */
  update(id: string, change: AlertChange): Promise<Alert | null>
  /** What they are about is there no more. */
  removeOf(instanceId: string): Promise<void>
  statuses(): Promise<Status[]>
  /** @param namedAlone no other may have its name, in upper or lower case @returns what of it is taken already; null where there are MOST_STATUSES */
  insertStatus(status: { key: string, name: string, colour: string, namedAlone: boolean }): Promise<Status | Taken | null>
  updateStatus(key: string, change: { name?: string, colour?: string }): Promise<Status | null>
  /** @returns the number of alerts that have it, where it was not removed for them; null when there is none */
  removeStatus(key: string): Promise<number | null>
}

const RFC3339 = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
const time = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', '${RFC3339}') AS ${column}`
const COLUMNS = `anomaly_id, title, description, type, assigned_to, escalated_to, status, ${time('created_at')}, ${time('updated_at')},
  affected_balances, affected_identities, affected_transactions, instance_id`
const STATUS_COLUMNS = `(SELECT id FROM gateway.organization) AS organization_id, key, name, colour, ${time('created_at')}, ${time('updated_at')}`

/** There is no status of this key. */
export class UnknownStatus extends Error {}

// https://www.postgresql.org/docs/18/errcodes-appendix.html
const FOREIGN_KEY = '23503'
const UNIQUE = '23505'

const isCode = (error: unknown, expected: string): boolean => (error as { code?: string }).code === expected

const refersTo = (error: unknown, constraint: string): boolean => isCode(error, FOREIGN_KEY) && (error as { constraint?: string }).constraint === constraint

const orUnknownStatus = (error: unknown): never => { throw refersTo(error, 'alerts_status_fkey') ? new UnknownStatus() : error }

/** The instance was removed meanwhile. */
const orGone = (error: unknown): { rows: [] } => refersTo(error, 'alerts_instance_id_fkey') ? { rows: [] } : orUnknownStatus(error)

export function createAlertStore (db: Queryable): AlertStore {
  const first = <T>(rows: T[]): T | null => rows[0] ?? null
  return {
    insert: async (a) => first((await db.query<Alert>(`INSERT INTO gateway.alerts
      (anomaly_id, instance_id, title, description, type, status, affected_balances, affected_identities, affected_transactions, assigned_to, escalated_to)
      SELECT $1, instance_id, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM gateway.instances WHERE instance_id = $2 RETURNING ${COLUMNS}`,
    [a.anomaly_id, a.instance_id, a.title, a.description, a.type, a.status, a.affected_balances, a.affected_identities, a.affected_transactions, a.assigned_to ?? null, a.escalated_to ?? []]).catch(orGone)).rows),
    one: async (id, instances) => first((await db.query<Alert>(`SELECT ${COLUMNS} FROM gateway.alerts WHERE anomaly_id = $1 AND ($2::text[] IS NULL OR instance_id = ANY($2))`, [id, instances])).rows),
    async list ({ instances, status, type, assignedTo, affected, limit, offset }) {
      const where = `($1::text[] IS NULL OR instance_id = ANY($1)) AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR lower(type) = lower($3)) AND ($4::text IS NULL OR assigned_to = $4)
        AND ($5::text IS NULL OR $5 = ANY(affected_balances) OR $5 = ANY(affected_identities) OR $5 = ANY(affected_transactions))`
      const values = [instances, status, type, assignedTo, affected]
      const { rows: data } = await db.query<Alert>(`SELECT ${COLUMNS} FROM gateway.alerts a WHERE ${where} ORDER BY a.created_at DESC, anomaly_id DESC LIMIT $6 OFFSET $7`, [...values, limit, offset])
      const { rows } = await db.query<{ total: string }>(`SELECT count(*) AS total FROM gateway.alerts WHERE ${where}`, values)
      return { data, total: Number(rows[0]?.total ?? 0) }
    },
    // What is not in the change stays. Nothing but title and assigned_to can become null.
    update: async (id, change) => first((await db.query<Alert>(`UPDATE gateway.alerts SET title = CASE WHEN $2 THEN $3 ELSE title END, description = coalesce($4, description),
      status = coalesce($5, status), assigned_to = CASE WHEN $6 THEN $7 ELSE assigned_to END, escalated_to = coalesce($8, escalated_to), updated_at = clock_timestamp()
      WHERE anomaly_id = $1 RETURNING ${COLUMNS}`,
    [id, change.title !== undefined, change.title ?? null, change.description ?? null, change.status ?? null, change.assigned_to !== undefined, change.assigned_to ?? null, change.escalated_to ?? null]).catch(orUnknownStatus)).rows),
    async removeOf (instanceId) { await db.query('DELETE FROM gateway.alerts WHERE instance_id = $1', [instanceId]) },
    statuses: async () => (await db.query<Status>(`SELECT ${STATUS_COLUMNS} FROM gateway.alert_statuses s WHERE NOT built_in ORDER BY s.created_at, key`)).rows,
    async insertStatus ({ key, name, colour, namedAlone }) {
      await db.query('INSERT INTO gateway.organization DEFAULT VALUES ON CONFLICT DO NOTHING')
      const { rows: [made] } = await db.query<{ full: boolean }>('SELECT count(*) >= $1 AS full FROM gateway.alert_statuses WHERE NOT built_in', [MOST_STATUSES])
      if (made?.full === true) return null
      try {
        const { rows } = await db.query<Status>(`INSERT INTO gateway.alert_statuses (key, name, colour) SELECT $1, $2, $3
          WHERE NOT ($4 AND EXISTS (SELECT FROM gateway.alert_statuses WHERE lower(name) = lower($2) AND key <> $1)) RETURNING ${STATUS_COLUMNS}`, [key, name, colour, namedAlone])
        return first(rows) ?? 'name'
      } catch (error) {
        if (isCode(error, UNIQUE)) return 'key'
        throw error
      }
    },
    updateStatus: async (key, { name, colour }) => first((await db.query<Status>(`UPDATE gateway.alert_statuses SET name = coalesce($2, name), colour = coalesce($3, colour), updated_at = clock_timestamp()
      WHERE key = $1 AND NOT built_in RETURNING ${STATUS_COLUMNS}`, [key, name ?? null, colour ?? null])).rows),
    async removeStatus (key) {
      try {
        const { rowCount } = await db.query('DELETE FROM gateway.alert_statuses WHERE key = $1 AND NOT built_in', [key])
        return rowCount === 0 ? null : 0
      } catch (error) {
        // Alerts refer to it.
        if (!isCode(error, FOREIGN_KEY)) throw error
        const { rows } = await db.query<{ used: string }>('SELECT count(*) AS used FROM gateway.alerts WHERE status = $1', [key])
        return Math.max(1, Number(rows[0]?.used ?? 0))
      }
    }
  }
}
