import { Pool, type Dispatcher } from 'undici'

export interface DispatcherOptions {
  /** `https://host:port` */
  readonly origin: string
  /** PEM of the only authority trusted for this Core; undefined trusts what Node trusts. */
  readonly ca: string | undefined
  readonly config: {
    readonly coreConnections: number
    readonly connectTimeoutMs: number
    readonly headersTimeoutMs: number
    readonly bodyTimeoutMs: number
  }
}

/**
 * The connections to one Core. With one request on a connection at a time undici never sends a request again: one whose
 * connection dies fails. It keeps an idle connection 4 s, or as long as Core's Keep-Alive says, and looks whether it was closed before it
 * writes, so that a stale one seldom costs a request.
 */
export function createDispatcher ({ origin, ca, config }: DispatcherOptions): Dispatcher {
  return new Pool(origin, {
    connections: config.coreConnections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.bodyTimeoutMs,
    // NODE_TLS_REJECT_UNAUTHORIZED=0 does not reach a connection that says it itself.
    connect: { timeout: config.connectTimeoutMs, rejectUnauthorized: true, ...(ca !== undefined && { ca }) }
  })
}
