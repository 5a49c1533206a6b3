import type { Logger } from 'pino'
import { createAlertStore } from './alerts/store.js'
import { createAppStore } from './apps/store.js'
import { createAuditStore } from './audit/store.js'
import { createKeyStore } from './auth/store.js'
import type { Config } from './config.js'
import { openSources } from './data/sources.js'
import type { Opened } from './gateway/rooms.js'
import { Idempotency } from './idempotency/idempotency.js'
import { createIdempotencyStore } from './idempotency/store.js'
import type { Instances } from './instances/registry.js'
import type { Seal } from './instances/seal.js'
import { createInstanceStore } from './instances/store.js'
import { createLoginStore } from './login/store.js'
import { createClientStore } from './oauth/client-store.js'
import { createTokenStore } from './oauth/token-store.js'
import type { Store } from './store/open.js'
import { createWebhookStore } from './webhooks/store.js'

type Stores = Pick<Opened, 'keyStore' | 'instanceStore' | 'webhookStore' | 'loginStore' | 'auditStore' | 'alertStore' | 'appStore' | 'oauthClients' | 'oauthTokens' | 'sources' | 'idempotency'>

export interface StoresOptions {
  readonly store: Store
  readonly config: Config
  readonly seal: Seal
  readonly encryptionKey: Buffer
  readonly instances: Instances
  readonly log: Logger
}

/** What each room keeps in the gateway's database, and the databases of the instances. */
export function openStores ({ store: { db, address }, config, seal, encryptionKey, instances, log }: StoresOptions): Stores {
  return {
    keyStore: createKeyStore(db),
    instanceStore: createInstanceStore(db, seal),
    webhookStore: createWebhookStore(db, seal),
    loginStore: createLoginStore(db),
    auditStore: createAuditStore(db, encryptionKey),
    alertStore: createAlertStore(db),
    appStore: createAppStore(db, seal),
    oauthClients: createClientStore(db),
    oauthTokens: createTokenStore(db),
    idempotency: new Idempotency(createIdempotencyStore(db), encryptionKey, seal, log),
    sources: openSources({
      bounds: { statementMs: config.dataTimeoutMs, connections: config.dataConnections },
      sandboxes: 'url' in address ? address : { db },
      urls: () => new Set(instances.all().flatMap(({ instance }) => instance.databaseUrl ?? [])),
      log
    })
  }
}
