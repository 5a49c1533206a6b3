import type { IncomingMessage } from 'node:http'
import type { Database } from '../lib/postgres.js'
import type { ApiKey } from './api-keys/store.js'
import type { Clock } from './clock.js'
import type { Ids } from './ids.js'
import type { LedgerSecret } from './secret.js'

/** One sandbox Core: its schema, and what its handlers need. */
export interface Ledger {
  readonly schema: string
  readonly db: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly secret: LedgerSecret
  /** From where an upload may be fetched by its URL: host names in small letters; none unless given. */
  readonly uploadHosts?: readonly string[]
  /** Says that work was queued; the queue's worker looks at once and not at its next poll. */
  wake(): void
}

/** A request as a handler sees it. Nothing of Fastify. */
export interface CoreRequest {
  readonly params: Readonly<Record<string, string>>
  /** In the order sent; a name may come more than once. */
  readonly query: URLSearchParams
  readonly body: Buffer
  /** The body was longer than Core's limit, and `body` is what came before it. */
  readonly truncated?: boolean
  /** The body as it comes in, unread and without a limit, in place of `body`: for a row that `streams`. */
  readonly stream?: IncomingMessage
  readonly contentType: string
  /** The scoped key that it came with; none: the ledger's own. */
  readonly apiKey?: ApiKey
}

/** `body` is JSON text in Core's key order, or plain text. `application/json; charset=utf-8` unless it says otherwise. */
export interface CoreReply { readonly status: number, readonly body: string, readonly contentType?: string }

export type Handler = (ledger: Ledger, request: CoreRequest) => Promise<CoreReply>

/** `path` in Fastify's pattern syntax. */
export interface Row { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE', readonly path: string, readonly handler: Handler, readonly streams?: true }
