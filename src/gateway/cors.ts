import cors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { isLoopback, type Config } from '../config.js'
import type { Row } from './row.js'

/** Seconds: no browser keeps an answer longer than Chromium's two hours. */
const MAX_AGE = 7200

/** What a page may read beside the few headers that the Fetch standard names. */
const EXPOSED = [
  'X-Blnk-Ignored',
  'X-Request-Id', 'X-Blnk-Reference', 'WWW-Authenticate', 'Retry-After', 'Idempotency-Replayed',
  'RateLimit', 'RateLimit-Policy', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'
]

/** Whether a page of this origin is on this machine. The opaque origin `null` may be anyone's. */
export function isLoopbackOrigin (origin: string): boolean {
  if (!/^https?:\/\/[^/]+$/.test(origin) || !URL.canParse(origin)) return false
  return isLoopback(new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** Which pages may read answers: CORS_ORIGINS, and without it those of this machine, where only it can be reached; undefined for none. */
function originsOf ({ corsOrigins, host }: Config): '*' | ((origin: string) => boolean) | undefined {
  if (corsOrigins === '*') return '*'
  if (corsOrigins === undefined) return isLoopback(host) ? isLoopbackOrigin : undefined
  return corsOrigins.length === 0 ? undefined : (origin) => corsOrigins.includes(origin)
}

/** The first segment as the router reads it, of a path or of a row's pattern; undefined for what is no path. */
function surfaceOf (target: string): string | undefined {
  const segment = /^\/([^/?#]*)/.exec(target)?.[1]
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** As the router reads it. */
function pathOf (target: string): string | undefined {
  try {
    return decodeURIComponent(target.split(/[?#;]/, 1)[0] as string)
  } catch {
    return undefined
  }
}

/**
 * Lets pages of other origins read what these rows answer (https://fetch.spec.whatwg.org/#http-cors-protocol), and answers
 * their preflights, which carry no credential, before admission. The admin API and our own pages are for no page of
 * another origin, and of the admin API's own listener nothing is: there /metrics asks for no token. No credentials of the
 * browser's own are let in: a bearer token is not one.
 */
export function allowOrigins (app: FastifyInstance, rows: readonly Row[], config: Config): void {
  const allowed = originsOf(config)
  if (allowed === undefined || rows.every(({ tier }) => tier === undefined)) return
  const isAdmin = (row: Row): boolean => row.scope === 'admin'
  const closed = new Set(rows.filter(isAdmin).map((row) => surfaceOf(row.path)))
  const open = new Set(rows.map((row) => surfaceOf(row.path)).filter((surface) => !closed.has(surface)))
  const pages = new Set<string | undefined>(rows.filter((row) => row.page === true).map((row) => row.path))
  const admits = (request: FastifyRequest): boolean => {
    const { origin } = request.headers
    if (origin === undefined && allowed !== '*') return false
    const target = request.raw.url ?? ''
    if (!open.has(surfaceOf(target)) || pages.has(pathOf(target))) return false
    return allowed === '*' || allowed(origin as string)
  }
  const yes = { origin: allowed === '*' ? '*' : true, methods: ['GET', 'POST', 'PUT', 'DELETE'], exposedHeaders: EXPOSED, maxAge: MAX_AGE, strictPreflight: false }
  app.addHook('onRequest', (request, reply, done) => {
    // https://wicg.github.io/private-network-access/#cors-preflight
    if (request.headers['access-control-request-private-network'] === 'true' && request.method === 'OPTIONS' && admits(request)) reply.header('Access-Control-Allow-Private-Network', 'true')
    done()
  })
  let decide: onRequestHookHandler | undefined
  // The plug-in's own hook costs a request 10 us, many times what admission does: who names no origin is not asked by it.
  const hooked = Object.create(app, { addHook: { value: (_name: string, hook: onRequestHookHandler) => { decide = hook } } }) as FastifyInstance
  cors(hooked, { delegator: (request, done) => { done(null, admits(request) ? yes : { origin: false }) } }, () => {})
  app.addHook('onRequest', function (request, reply, done) {
    if (request.headers.origin !== undefined || allowed === '*') return decide?.call(this, request, reply, done)
    // What it says to others it says all the same: whose page asks may change the answer (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches).
    reply.header('Vary', 'Origin')
    done()
  })
}
