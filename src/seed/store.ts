import type { Queryable } from '../lib/postgres.js'
import type { Ids } from './value.js'

/** What is known of a sandbox that was begun from a seed. `ids` is null while the seed is applied, or where that was cut off. */
export interface Seeded { readonly digest: string, readonly ids: Ids | null }

export interface SeedStore {
  find(instanceId: string): Promise<Seeded | undefined>
  /** Says, before the first request, that what the sandbox holds from now on is of the seed. */
  begin(instanceId: string, digest: string): Promise<void>
  done(instanceId: string, seeded: Seeded): Promise<void>
  forget(instanceId: string): Promise<void>
}

export function createSeedStore (db: Queryable): SeedStore {
  return {
    async find (instanceId) {
      const { rows: [row] } = await db.query<{ digest: string, ids: string | null }>('SELECT digest, ids FROM gateway.seeds WHERE instance_id = $1', [instanceId])
      return row === undefined ? undefined : { digest: row.digest, ids: row.ids === null ? null : JSON.parse(row.ids) as Ids }
    },
    async begin (instanceId, digest) {
      await db.query('INSERT INTO gateway.seeds (instance_id, digest) VALUES ($1, $2) ON CONFLICT (instance_id) DO NOTHING', [instanceId, digest])
    },
    async done (instanceId, { digest, ids }) {
      await db.query(`INSERT INTO gateway.seeds (instance_id, digest, ids, applied_at) VALUES ($1, $2, $3, now())
        ON CONFLICT (instance_id) DO UPDATE SET digest = excluded.digest, ids = excluded.ids, applied_at = excluded.applied_at`, [instanceId, digest, JSON.stringify(ids)])
    },
    async forget (instanceId) {
      await db.query('DELETE FROM gateway.seeds WHERE instance_id = $1', [instanceId])
    }
  }
}
