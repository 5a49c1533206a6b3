/**
 * Who acted: an API key, an app's key, an OAuth client, a company's own token, the holder of the admin token, a person who
 * logged in, the gateway itself, or nobody that is known.
 */
export type ActorKind = 'key' | 'app' | 'client' | 'token' | 'admin' | 'session' | 'gateway' | 'none'

export interface Actor {
  readonly kind: ActorKind
  readonly id?: string | undefined
  readonly name?: string | undefined
  /** What may be shown of a token. */
  readonly prefix?: string | undefined
  /** Who is behind a token that was given out on somebody's behalf. */
  readonly subject?: string | undefined
}

/** What is acted on: the console's tabs, and what the gateway has of its own. */
export const ENTITY_KINDS = [
  'ledger', 'balance', 'transaction', 'identity', 'anomaly', 'alert_status', 'reconciliation', 'matching_rule', 'balance_monitor', 'account', 'hook',
  'core_key', 'core', 'api_key', 'instance', 'webhook', 'fault', 'client', 'app', 'password', 'session', 'configuration', 'audit_log'
] as const

export type EntityKind = typeof ENTITY_KINDS[number]

/**
 * `done`: answered with success. `refused`: the gateway or a Core said no. `failed`: it went wrong and was not done.
 * `unknown`: it may have been done, and nobody can tell from here.
 */
export const RESULTS = ['done', 'refused', 'failed', 'unknown'] as const

export type Result = typeof RESULTS[number]

/** An act, as it is written. Never a body, never a secret. */
export interface AuditEntry {
  /** Milliseconds since 1970 when it began. */
  readonly at: number
  readonly actor: Actor
  /** In the words of the Cloud's console: `Balance created`. */
  readonly action: string
  readonly outcome: Result
  readonly entityKind?: EntityKind | undefined
  readonly entityId?: string | undefined
  readonly instanceId?: string | undefined
  /** The HTTP status that was answered. */
  readonly status?: number | undefined
  /** Of a refusal, for machines: `insufficient_scope`. */
  readonly reason?: string | undefined
  /** How many alike this stands for; 1 when left out. */
  readonly count?: number | undefined
  /** Method and pattern: `POST /proxy/ledgers`. */
  readonly route?: string | undefined
  /** A transaction's. */
  readonly reference?: string | undefined
  readonly requestId?: string | undefined
  readonly address?: string | undefined
  /** `intent`: written before it was tried, `outcome`: what came of it; both have the same `act`. */
  readonly phase?: 'intent' | 'outcome' | undefined
  readonly act?: string | undefined
}

/** What the handler of a row says of its own act: it goes before what is read from outside. */
export type Acted = Partial<Pick<AuditEntry, 'actor' | 'action' | 'entityId' | 'instanceId'>>
