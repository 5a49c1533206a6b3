import type { Queryable } from '../lib/postgres.js'
import { macKey, macOf, sealed } from './mac.js'
import type { AuditRow } from './row.js'

/** Where a list goes on: rows before an id, the newest first, or after it, the oldest first. */
export type Place = { readonly before: string | null } | { readonly after: string }

/** A condition of a list: SQL with `?` for its value. */
export interface Condition { readonly sql: string, readonly values: readonly unknown[] }

export interface ListedRow extends AuditRow { readonly id: string }

/** A row as it is stored, its place a number; mac in hexadecimal. */
export interface StoredRow extends ListedRow { readonly mac: string }

export interface AuditStore {
  /** Adds rows, each its values as JSON; those that are there already stay as they are. */
  append(rows: readonly string[]): Promise<void>
  list(conditions: readonly Condition[], place: Place, limit: number): Promise<ListedRow[]>
  /** Rows by writer and place, those after one. */
  inOrder(after: Pick<AuditRow, 'writer' | 'seq'> | undefined, limit: number): Promise<StoredRow[]>
  /** Whether its mac is one that this gateway's key makes. */
  isGenuine(row: StoredRow): boolean
  /** Removes up to `most` rows that are older than so many days. @returns how many */
  forget(days: number, most: number): Promise<number>
}

const COLUMNS = `l.id, writer, seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, phase, act, actor_kind, actor_id, actor_name, actor_prefix,
  actor_subject, instance_id, action, entity_kind, entity_id, outcome, status, reason, count, route, reference, request_id, address`

/** An intent is told by its outcome, where there is one. */
const TOLD_ONCE = "(phase <> 'intent' OR NOT EXISTS (SELECT 1 FROM gateway.audit_log o WHERE o.act = l.act AND o.phase = 'outcome'))"

export function createAuditStore (db: Queryable, encryptionKey: Buffer): AuditStore {
  const key = macKey(encryptionKey)
  return {
    async append (rows) {
      await db.query('SELECT gateway.audit_add($1)', [`[${rows.map((row) => sealed(key, row)).join(',')}]`])
    },
    async list (conditions, place, limit) {
      const ascending = 'after' in place
      const from = ascending ? { sql: 'l.id > ?', values: [place.after] } : { sql: 'l.id < ?', values: [place.before ?? '9223372036854775807'] }
      const all = [from, ...conditions]
      let n = 0
      const where = all.map(({ sql }) => sql.replace(/\?/g, () => `$${++n}`)).join(' AND ')
      const { rows } = await db.query<ListedRow>(`SELECT ${COLUMNS} FROM gateway.audit_log l WHERE ${where} AND ${TOLD_ONCE}
        ORDER BY l.id ${ascending ? '' : 'DESC'} LIMIT $${n + 1}`, [...all.flatMap(({ values }) => values), limit])
      return rows
    },
    async inOrder (after, limit) {
      const { rows } = await db.query<StoredRow & { seq: string }>(`SELECT ${COLUMNS}, encode(mac, 'hex') AS mac FROM gateway.audit_log l
        WHERE (writer, seq) > ($1::uuid, $2::bigint) ORDER BY writer, seq LIMIT $3`, [after?.writer ?? '00000000-0000-0000-0000-000000000000', after?.seq ?? 0, limit])
      return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
    },
    isGenuine: (row) => row.mac === macOf(key, row),
    async forget (days, most) {
      const { rows } = await db.query<{ gone: number }>('SELECT gateway.audit_forget($1, $2) AS gone', [days, most])
      return rows[0]?.gone ?? 0
    }
  }
}
