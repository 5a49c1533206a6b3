import type { Logger } from 'pino'
import type { AlertStore } from '../alerts/store.js'
import type { AppStore } from '../apps/store.js'
import type { Audit } from '../audit/audit.js'
import type { AuditStore } from '../audit/store.js'
import type { Credentials, TokenKind } from '../auth/credentials.js'
import type { KeyStore } from '../auth/store.js'
import type { Config } from '../config.js'
import type { Gate } from './admit.js'
import type { Faults } from './faults.js'
import type { Observer } from './record.js'
import type { AccessTokens } from '../oauth/access-tokens.js'
import type { ClientStore } from '../oauth/client-store.js'
import type { TokenStore } from '../oauth/token-store.js'
import type { Idempotency } from '../idempotency/idempotency.js'
import type { RequestRing } from '../requests/ring.js'
import type { Instances } from '../instances/registry.js'
import type { Sources } from '../data/sources.js'
import type { InstanceStore } from '../instances/store.js'
import type { Attempts } from '../login/attempts.js'
import type { LoginStore } from '../login/store.js'
import type { Metrics } from '../metrics/metrics.js'
import type { Sandbox } from '../sandbox/thread.js'
import type { Seeding } from '../seed/seeding.js'
import type { Freshness } from '../store/freshness.js'
import type { WebhookStore } from '../webhooks/store.js'

/** What opens in the background after the gateway listens. */
export interface Opened {
  readonly keyStore: KeyStore
  readonly instanceStore: InstanceStore
  readonly webhookStore: WebhookStore
  readonly loginStore: LoginStore
  readonly oauthClients: ClientStore
  readonly oauthTokens: TokenStore
  readonly auditStore: AuditStore
  readonly alertStore: AlertStore
  readonly appStore: AppStore
  readonly idempotency: Idempotency
  /** The databases of the instances, for reading. */
  readonly sources: Sources
  readonly sandbox: Sandbox | undefined
  /** undefined: no sandbox */
  readonly seeding: Seeding | undefined
  /** The instance id of the sandbox that the gateway has by itself. */
  readonly defaultSandbox: string | null
  /** Where the gateway listens. */
  readonly url: string
  /** Asks the gateway's database for an answer. */
  ping(): Promise<void>
  /** Loads what was changed into this process's memory and tells the other replicas. */
  changed(what: 'keys' | 'instances' | 'tokens'): Promise<void>
}

/** Everything that handlers and admission work with, in one named object. */
export interface Rooms {
  readonly config: Config
  readonly log: Logger
  readonly credentials: Credentials
  readonly accessTokens: AccessTokens
  /** Looked through in order, before API keys. */
  readonly tokenKinds: readonly TokenKind[]
  /** What counts for all replicas; undefined: nothing is counted there */
  readonly redis: { readonly isUp: boolean } | undefined
  /** Passed in order, after admission. */
  readonly gates: readonly Gate[]
  readonly instances: Instances
  /** undefined: off */
  readonly faults: Faults | undefined
  readonly adminToken: Buffer
  /** To log in, and what of them failed. */
  readonly attempts: Attempts
  /** The last requests; undefined: off */
  readonly requests: RequestRing | undefined
  /** undefined: off */
  readonly audit: Audit | undefined
  /** Who is told of each request. */
  readonly observers: readonly Observer[]
  readonly metrics: Metrics
  /** How far credentials and instances in memory can be gone by. */
  readonly freshness: Pick<Freshness, 'isCurrent' | 'isStale' | 'age'>
  /** Whether the database and the sandbox have answered, and all is loaded. */
  readonly isOpen: boolean
  /** @throws GatewayError GATEWAY_NOT_READY before they do */
  readonly opened: Opened
}
