import { randomBytes } from 'node:crypto'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { installOrUninstall, launch, type Told } from './callbacks.js'
import type { Config } from './config.js'
import { closedPage, policy, portalPage } from './portal-page.js'
import { findSession } from './sessions.js'
import { isSigned } from './signature.js'
import type { Store } from './store.js'
import type { Syncs } from './sync/syncs.js'

export interface Parts { readonly config: Config, readonly store: Store, readonly syncs: Syncs, readonly log: Logger, readonly publicUrl: () => string }

const CLOSED = {
  unknown: [401, 'This session is not known: open the app again from your console.'],
  expired: [410, 'This session has expired: open the app again from your console.']
} as const

const bearer = (request: FastifyRequest): string => /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''

/** The app's HTTP: what Blnk calls, and the portal with what it calls. */
export function createServer ({ config, store, syncs, log, publicUrl }: Parts): FastifyInstance {
  // Its own lines of requests would have the portal's token in them.
  const server = fastify({ loggerInstance: log as FastifyBaseLogger, logController: new LogController({ disableRequestLogging: true }), bodyLimit: 64 * 1024 })

  // The signature is of the bytes, so they are kept until it is checked.
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })

  /** @returns what Blnk sent, or undefined where it was refused */
  async function told (request: FastifyRequest, reply: FastifyReply): Promise<Told | undefined> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const { 'x-blnk-timestamp': timestamp, 'x-blnk-signature': signature } = request.headers
    if (config.signingSecret !== undefined && !isSigned(config.signingSecret, { timestamp, signature, body }, Date.now())) {
      await reply.status(401).send({ error: 'X-Blnk-Signature does not fit: it must be made with the secret that the registration answered' })
      return undefined
    }
    try {
      return JSON.parse(body.toString('utf8')) as Told
    } catch {
      await reply.status(400).send({ error: 'the body must be JSON' })
      return undefined
    }
  }

  server.post('/api/callback', async (request, reply) => {
    const event = await told(request, reply)
    if (event === undefined) return reply
    const fault = await installOrUninstall({ config, store, syncs }, event)
    return await (fault === undefined ? reply.send({ ok: true }) : reply.status(400).send({ error: fault }))
  })

  server.post('/api/portal', async (request, reply) => {
    const event = await told(request, reply)
    if (event === undefined) return reply
    const token = await launch(store, event)
    if (token === undefined) return await reply.status(404).send({ error: 'this app is not installed there' })
    return { portal_url: `${publicUrl()}/?token=${token}` }
  })

  server.get('/', async (request, reply) => {
    const { token = '' } = request.query as { token?: string }
    const { state } = await findSession(store, String(token))
    const nonce = randomBytes(16).toString('base64')
    reply.headers({ 'Content-Security-Policy': policy(nonce, config.frameAncestors), 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff' })
    if (state === 'open') return await reply.send(portalPage(nonce))
    const [status, sentence] = CLOSED[state]
    return await reply.status(status).send(closedPage(nonce, sentence))
  })

  /** @returns the install of the session, or undefined where it was refused */
  async function within (request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    reply.header('Cache-Control', 'no-store')
    const session = await findSession(store, bearer(request))
    if (session.state === 'open') return session.installId
    const [status, error] = CLOSED[session.state]
    await reply.status(status).send({ error })
    return undefined
  }

  server.post('/api/sync', async (request, reply) => {
    const installId = await within(request, reply)
    return installId === undefined ? reply : await reply.status(202).send(await syncs.start(installId))
  })

  server.get('/api/syncs', async (request, reply) => {
    const installId = await within(request, reply)
    return installId === undefined ? reply : { data: await store.syncs(installId) }
  })

  return server
}
