import type { Queryable } from '../lib/postgres.js'

/** Seconds for which a try is taken for running that nobody has renewed. */
export const LEASE_S = 30

/** What stands in the row of a scope that is taken. */
export interface Standing {
  readonly fingerprint: Buffer
  readonly answer: Buffer | null
  readonly runs: boolean
}

export interface Beginning {
  readonly scope: Buffer
  readonly instanceId: string
  readonly fingerprint: Buffer
  readonly attempt: string
  readonly repeatable: boolean
}

export interface IdempotencyStore {
  /** Takes the scope for this try. @returns `again` after one that may have been done; what stands there where it is not to be had; null where that is gone meanwhile */
  begin(beginning: Beginning): Promise<'begun' | 'again' | Standing | null>
  /** Keeps the answer of a try, if it still has its scope. */
  keep(scope: Buffer, attempt: string, sealed: Buffer): Promise<void>
  /** Nothing was sent: the next one is the first. */
  release(scope: Buffer, attempt: string): Promise<void>
  /** It was sent, and what came of it is not known. */
  lapse(scope: Buffer, attempt: string): Promise<void>
  /** Every try that is taken for running. */
  lapseAll(): Promise<void>
  renew(attempts: readonly string[]): Promise<void>
  forget(instanceId: string): Promise<void>
  /** Removes what is older than a day. */
  sweep(): Promise<void>
}

const DAY = "created_at < clock_timestamp() - interval '24 hours'"

export function createIdempotencyStore (db: Queryable): IdempotencyStore {
  return {
    async begin ({ scope, instanceId, fingerprint, attempt, repeatable }) {
      // One statement, so that of any number at once one begins. A try that was given up is taken over where Core refuses it twice:
      // both were filled, for BULK_FILL may have been turned since.
      const { rows: [begun] } = await db.query<{ again: boolean }>(`INSERT INTO gateway.idempotency AS i (scope, instance_id, fingerprint, attempt, leased_until, repeatable)
        VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => ${LEASE_S}), $5)
        ON CONFLICT (scope) DO UPDATE SET attempt = EXCLUDED.attempt, leased_until = EXCLUDED.leased_until, fingerprint = EXCLUDED.fingerprint, repeatable = EXCLUDED.repeatable,
          answer_sealed = NULL, created_at = CASE WHEN i.${DAY} THEN clock_timestamp() ELSE i.created_at END
        WHERE i.leased_until < clock_timestamp() AND (i.${DAY} OR (i.answer_sealed IS NULL AND i.repeatable AND EXCLUDED.repeatable AND i.fingerprint = EXCLUDED.fingerprint))
        RETURNING created_at < statement_timestamp() AS again`, [scope, instanceId, fingerprint, attempt, repeatable])
      if (begun !== undefined) return begun.again ? 'again' : 'begun'
      const { rows: [found] } = await db.query<Standing>(`SELECT fingerprint, answer_sealed AS answer, leased_until >= clock_timestamp() AS runs
        FROM gateway.idempotency WHERE scope = $1`, [scope])
      return found ?? null
    },
    async keep (scope, attempt, sealed) {
      await db.query('UPDATE gateway.idempotency SET answer_sealed = $3, leased_until = clock_timestamp() WHERE scope = $1 AND attempt = $2', [scope, attempt, sealed])
    },
    async release (scope, attempt) {
      await db.query('DELETE FROM gateway.idempotency WHERE scope = $1 AND attempt = $2', [scope, attempt])
    },
    async lapse (scope, attempt) {
      await db.query('UPDATE gateway.idempotency SET leased_until = clock_timestamp() WHERE scope = $1 AND attempt = $2', [scope, attempt])
    },
    async lapseAll () {
      await db.query('UPDATE gateway.idempotency SET leased_until = clock_timestamp() WHERE leased_until > clock_timestamp()')
    },
    async renew (attempts) {
      await db.query(`UPDATE gateway.idempotency SET leased_until = clock_timestamp() + make_interval(secs => ${LEASE_S}) WHERE attempt = ANY($1::uuid[]) AND answer_sealed IS NULL`, [attempts])
    },
    async forget (instanceId) {
      await db.query('DELETE FROM gateway.idempotency WHERE instance_id = $1', [instanceId])
    },
    async sweep () {
      await db.query(`DELETE FROM gateway.idempotency WHERE ${DAY} AND leased_until < clock_timestamp()`)
    }
  }
}
