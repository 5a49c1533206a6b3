import { inTurn } from '../lib/in-turn.js'
import type { Changed, Versions } from '../store/changes.js'
import type { Opened, Rooms } from './rooms.js'

/** Milliseconds between two writes of when keys were last used. */
const LAST_USE_MS = 5_000

type Stores = Pick<Opened, 'keyStore' | 'instanceStore' | 'webhookStore' | 'sandbox' | 'sources'>

export interface Memory {
  load(what: Changed): Promise<void>
  /** Loads what is of another version than what was loaded. */
  refresh(now: Versions): Promise<void>
}

/**
 * Loads what admission works with from the database. One load follows another, so that what was read earlier never
 * replaces what was read later: a revoked key would come back to life.
 */
export function createMemory ({ config, credentials, instances, accessTokens }: Pick<Rooms, 'config' | 'credentials' | 'instances' | 'accessTokens'>, { keyStore, instanceStore, webhookStore, sandbox, sources }: Stores, versions: () => Promise<Versions>): Memory {
  const standardWebhook = config.sandboxWebhookUrl === undefined ? null : { url: config.sandboxWebhookUrl, headers: {} }
  const loaded = new Map<Changed, string>()
  const loading = (what: Changed, work: () => Promise<void>): () => Promise<void> => inTurn(async () => {
    // Read first: what changes meanwhile is of a later version, and loaded again.
    const version = (await versions()).get(what)
    await work()
    if (version !== undefined) loaded.set(what, version)
  })
  const loads: Record<Changed, () => Promise<void>> = {
    keys: loading('keys', async () => { credentials.replaceAll(await keyStore.credentials()) }),
    instances: loading('instances', async () => {
      const [all, webhooks] = await Promise.all([instanceStore.all(), webhookStore.all()])
      await Promise.all(all.map(async (one) => {
        if (one.sandboxSchema === null) return
        await sandbox?.open({ schema: one.sandboxSchema, key: one.coreKey as string, webhook: webhooks.get(one.instanceId) ?? standardWebhook })
      }))
      instances.replaceAll(all)
      sources.closeUnused()
    }),
    tokens: loading('tokens', async () => { await accessTokens.reload() })
  }
  return {
    async load (what) { await loads[what]() },
    async refresh (now) {
      for (const what of ['keys', 'instances', 'tokens'] as const) if (now.get(what) !== loaded.get(what)) await loads[what]()
    }
  }
}

/** Writes now and then when keys were last used, and once more at the end. */
export function keepLastUse ({ credentials }: Pick<Rooms, 'credentials'>, { keyStore }: Stores, onError: (error: Error) => void): () => Promise<void> {
  const flush = async (): Promise<void> => {
    const used = credentials.takeUsed()
    if (used.size === 0) return
    await keyStore.markUsed(used).catch((error: unknown) => {
      credentials.returnUsed(used)
      throw error
    })
  }
  const flushing = setInterval(() => { flush().catch(onError) }, LAST_USE_MS)
  return async () => {
    clearInterval(flushing)
    await flush()
  }
}
