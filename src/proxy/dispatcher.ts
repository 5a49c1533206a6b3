import type { Socket } from 'node:net'
import { buildConnector, Pool, type Dispatcher } from 'undici'

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
  // NODE_TLS_REJECT_UNAUTHORIZED=0 does not reach a connection that says it itself.
  const open = buildConnector({ timeout: config.connectTimeoutMs, allowH2: false, rejectUnauthorized: true, ...(ca !== undefined && { ca }) })
  return new Pool(origin, {
    connections: config.coreConnections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.bodyTimeoutMs,
    connect: (to, connected) => {
      open(to, (...opened) => {
        if (opened[0] === null) endWhenRead(opened[1])
        connected(...opened)
      })
    }
  })
}

/** Bytes that come at once from a socket, at most. */
const ONE_READ = 64 * 1024

/**
 * An answer may end with its connection, and its caller be slow. A connection that ends while undici's parser waits for the
 * caller throws where nobody catches it, and takes the process with it (https://github.com/nodejs/undici/issues/5360): here it ends for
 * undici when that comes for more and finds nothing. And one that is reset is to undici one that ends, so that a part would be passed on as the
 * whole.
 */
function endWhenRead (socket: Socket & { readonly _readableState?: { readonly ended: boolean } }): void {
  const { read } = socket
  socket.read = (size?: number): unknown => {
    // Node's own look for the end.
    if (size === 0 && socket._readableState?.ended === true) return null
    // Who takes all there is is told of the end with it, who asks for so many bytes is not. The buffer grows to hold what is asked for.
    return read.call(socket, size ?? (Math.min(socket.readableLength, ONE_READ) || undefined))
  }
  socket.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'ECONNRESET') error.code = 'CORE_RESET' })
}
