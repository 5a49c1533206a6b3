import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { withGeneratedBy } from './api-keys/generated-by.js'
import { tagOf } from './api-keys/key.js'
import { checkScopes } from './api-keys/scopes.js'
import { findApiKey, markUsed, type ApiKey } from './api-keys/store.js'
import { collectBody, type CollectedBody } from './body.js'
import type { CoreReply, CoreRequest, Ledger, Row } from './call.js'
import { CoreError } from './errors.js'
import { internalError, json, NOT_FOUND, refusal, writeRedirect, writeReply } from './reply.js'
import type { Turnstile } from './turnstile.js'

/** A ledger that is served, and the way in: a reset or a removal has it for itself. */
export interface OpenLedger { readonly ledger: Ledger, readonly turnstile: Turnstile }

export interface CoreAppOptions {
  readonly rows: readonly Row[]
  /** The ledger that a key opens. */
  findLedger(key: string): OpenLedger | undefined
  /** The ledger that scoped keys of this tag belong to. */
  findTagged(tag: string): OpenLedger | undefined
  /** Whether the database answers. */
  healthy(): Promise<boolean>
  readonly log: Logger
}

declare module 'fastify' {
  interface FastifyRequest { opened: OpenLedger | null, apiKey: ApiKey | null }
  interface FastifyContextConfig { streams?: boolean }
}

const EMPTY: CollectedBody = { body: Buffer.alloc(0), truncated: false }

/** Core's HTTP API over the rows: many ledgers on one listener, told apart by `X-Blnk-Key`. */
export function buildCoreApp (options: CoreAppOptions): FastifyInstance {
  const app = Fastify({
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    keepAliveTimeout: 120_000,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // gin routes by the decoded path, so an encoded slash parts segments there too.
    rewriteUrl: (request) => decodeSlashes(request.url ?? '/'),
    // net/http's answer to a target that it cannot parse.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack()
      reply.raw.writeHead(400, ['Content-Type', 'text/plain; charset=utf-8', 'Connection', 'close']).end('400 Bad Request')
    },
    routerOptions: { maxParamLength: 16_384, querystringParser: () => ({}) }
  })
  app.decorateRequest('opened', null)
  app.decorateRequest('apiKey', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: FastifyRequest['raw']) => request.routeOptions.config.streams === true ? EMPTY : await collectBody(payload))

  const answer = (request: FastifyRequest, reply: FastifyReply, result: CoreReply): void => {
    reply.hijack()
    writeReply(request.raw, reply.raw, result)
    options.log.info({ method: request.method, path: pathOf(request), status: result.status, ms: Math.round(reply.elapsedTime) })
  }

  app.addHook('onRequest', async (request, reply) => {
    const location = request.is404 || hasEmptyParam(request) ? withoutSlash(options.rows, request) : undefined
    if (location !== undefined) {
      reply.hijack()
      writeRedirect(request.method, reply.raw, location)
      return
    }
    if (isOpen(pathOf(request))) return
    try {
      await authenticate(options, request)
    } catch (error) {
      if (!(error instanceof CoreError)) throw error
      answer(request, reply, refusal(error))
    }
  })

  app.get('/', async (request, reply) => { answer(request, reply, json(200, 'server running...')) })
  app.get('/health', async (request, reply) => { answer(request, reply, await health(options)) })
  for (const row of options.rows) {
    app.route({ method: row.method, url: row.path, config: { streams: row.streams === true }, handler: async (request, reply) => { answer(request, reply, await run(options, row, request)) } })
  }
  app.setNotFoundHandler(async (request, reply) => { answer(request, reply, NOT_FOUND) })
  app.setErrorHandler(async (error, request, reply) => {
    // A client that goes while its body is read is nobody to answer.
    if (request.raw.destroyed) return
    options.log.error({ err: error, path: pathOf(request) })
    answer(request, reply, refusal(internalError()))
  })
  return app
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] as string

const isOpen = (path: string): boolean => path === '/' || path === '/health'

const hasEmptyParam = (request: FastifyRequest): boolean => Object.values(request.params as Record<string, string>).includes('')

function decodeSlashes (url: string): string {
  if (!url.includes('%2')) return url
  const [path = '', ...query] = url.split('?')
  return [path.replace(/%2f/gi, '/'), ...query].join('?')
}

/** Where gin redirects to: the same path without its last slash, if a route of this method has that path. */
function withoutSlash (rows: readonly Row[], request: FastifyRequest): string | undefined {
  const path = pathOf(request)
  if (!path.endsWith('/') || path === '/') return undefined
  const shorter = path.slice(0, -1)
  const known = (shorter === '/health' && request.method === 'GET') ||
    rows.some((row) => row.method === request.method && patternOf(row).test(shorter))
  return known ? shorter + request.url.slice(path.length) : undefined
}

const patternOf = (row: Row): RegExp => new RegExp(`^${row.path.replace(/:\w+/g, '[^/]+')}$`)

/**
 * Finds the ledger of a request's key and, of a scoped key, whether it allows the request (spec/09 3).
 * @throws CoreError
 */
async function authenticate (options: CoreAppOptions, request: FastifyRequest): Promise<void> {
  const key = request.headers['x-blnk-key']?.toString() ?? ''
  if (key === '') throw new CoreError(401, 'AUTH_MISSING_API_KEY', 'Authentication required. Use X-Blnk-Key header')
  const own = options.findLedger(key)
  if (own !== undefined) {
    request.opened = own
    return
  }
  const invalid = new CoreError(401, 'AUTH_INVALID_API_KEY', 'Invalid API key')
  const tagged = options.findTagged(tagOf(key) ?? '')
  if (tagged === undefined) throw invalid
  await tagged.turnstile.pass(async () => {
    const apiKey = await findApiKey(tagged.ledger, key)
    if (apiKey === null) throw invalid
    if (!apiKey.valid) throw new CoreError(401, 'AUTH_EXPIRED_API_KEY', 'API key is expired or revoked')
    checkScopes(apiKey.scopes, request.method, pathOf(request))
    await markUsed(tagged.ledger, apiKey.api_key_id)
    request.apiKey = apiKey
  })
  request.opened = tagged
}

async function health (options: CoreAppOptions): Promise<CoreReply> {
  return await options.healthy() ? json(200, { status: 'UP' }) : json(503, { reason: 'database ping failed', status: 'DOWN' })
}

async function run (options: CoreAppOptions, row: Row, request: FastifyRequest): Promise<CoreReply> {
  const { opened, apiKey } = request
  if (opened === null || hasEmptyParam(request)) return NOT_FOUND
  const { body, truncated } = request.body as CollectedBody | undefined ?? EMPTY
  const call: CoreRequest = {
    params: request.params as Record<string, string>,
    query: new URLSearchParams(request.url.slice(pathOf(request).length)),
    body: apiKey !== null && row.method === 'POST' ? withGeneratedBy(body, apiKey.api_key_id) : body,
    truncated,
    contentType: request.headers['content-type'] ?? '',
    ...(row.streams === true ? { stream: request.raw } : {}),
    ...(apiKey === null ? {} : { apiKey })
  }
  try {
    return await opened.turnstile.pass(async () => await row.handler(opened.ledger, call))
  } catch (error) {
    if (error instanceof CoreError) return refusal(error)
    options.log.error({ err: error, method: row.method, path: row.path })
    return refusal(internalError())
  }
}
