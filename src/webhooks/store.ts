import type { Queryable } from '../lib/postgres.js'
import { announce } from '../store/changes.js'
import type { Seal } from '../instances/seal.js'

/** Where a sandbox's webhooks go. Never sent to anyone: see `describe` in handlers.ts. */
export interface WebhookTarget { readonly url: string, readonly headers: Readonly<Record<string, string>> }

export interface WebhookStore {
  /** By instance id. */
  all(): Promise<Map<string, WebhookTarget>>
  /** null takes it away. */
  set(instanceId: string, target: WebhookTarget | null): Promise<void>
}

export function createWebhookStore (db: Queryable, seal: Seal): WebhookStore {
  return {
    async all () {
      const { rows } = await db.query<{ instance_id: string, target_sealed: Buffer }>('SELECT instance_id, target_sealed FROM gateway.webhooks')
      return new Map(rows.map((row) => [row.instance_id, JSON.parse(seal.open(row.target_sealed)) as WebhookTarget]))
    },
    async set (instanceId, target) {
      if (target === null) await db.query('DELETE FROM gateway.webhooks WHERE instance_id = $1', [instanceId])
      else {
        await db.query(`INSERT INTO gateway.webhooks (instance_id, target_sealed) VALUES ($1, $2)
          ON CONFLICT (instance_id) DO UPDATE SET target_sealed = excluded.target_sealed`, [instanceId, seal.seal(JSON.stringify(target))])
      }
      await announce(db, 'instances')
    }
  }
}
