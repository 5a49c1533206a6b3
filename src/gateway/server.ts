import formbody from '@fastify/formbody'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, { LogController, type ConnectionError, type FastifyBaseLogger, type FastifyBodyParser, type FastifyError, type FastifyHttpOptions, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { CATALOGUE, GatewayError } from '../errors.js'
import { refusalPage } from '../login/page.js'
import { refuseAsOAuth } from '../oauth/refusal.js'
import { DatabaseGone } from '../lib/postgres.js'
import { continueAfterAdmission } from '../proxy/continue.js'
import { proxyScope } from '../proxy/plugin.js'
import { refuse } from '../proxy/refuse.js'
import { admit } from './admit.js'
import { allowOrigins } from './cors.js'
import { hasFaultyFraming, MOST_FIELDS } from './framing.js'
import { isHttps } from './https.js'
import { createNear } from './near-routes.js'
import { notBuilt, routeNotBuilt } from './not-built.js'
import { Observers } from './observers.js'
import { closePipelined, waitInTls } from './pipelined.js'
import { beginRecord, watchReceived, watchSent, type RequestRecord } from './record.js'
import type { Rooms } from './rooms.js'
import type { Call, Row } from './row.js'
import { limitSlowClients, lookEvery } from './slow-clients.js'
import { unknownRoute } from './unknown-route.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What admission found out; null before it and on unknown routes. */
    call: Call | null
    /** What is noted of it on its way; null for what never became a request. */
    record: RequestRecord | null
  }
}

/** A request id of the caller's is kept when it is one that a log line and a header can carry. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/

/** A reference may be as long as a request line; Fastify's own limit of 100 characters would hide it from Core. */
const LONGEST_PARAMETER = 16 * 1024

/** Bytes. A form of ours carries little besides where it leads on to. */
const LARGEST_FORM = 64 * 1024

/** Milliseconds for a client to agree on keys. */
const HANDSHAKE_MS = 20_000

/** A Fastify server that answers these rows, and in our own shape whatever else it is asked. */
export function createServer (rows: readonly Row[], rooms: Rooms): FastifyInstance {
  let closing = false
  const observers = new Observers([...rooms.observers, {
    ended () {
      // A connection that is kept alive is not idle yet when its last request ends, and close() looked for idle ones before.
      if (closing) setImmediate(() => { app.server.closeIdleConnections() })
    }
  }], rooms.log)
  const options: FastifyHttpOptions<Server, FastifyBaseLogger> = {
    loggerInstance: rooms.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger for each request costs as much as its routing, and a line of the log names the request itself.
    childLoggerFactory: (logger) => logger,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    clientErrorHandler: answerBrokenHttp,
    exposeHeadRoutes: false,
    ...(rooms.config.trustProxy.length > 0 && { trustProxy: [...rooms.config.trustProxy] }),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
    },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
    frameworkErrors: (error, request, reply) => {
      // No hook comes for these.
      request.record = beginRecord(observers, request, reply)
      sendError(error, request, reply)
    }
  }
  // The certificate comes before it listens.
  const node = { connectionsCheckingInterval: lookEvery(rooms.config.clientTimeoutMs) }
  const kind = isHttps(rooms.config) ? { https: { ...node, ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_MS } } : { http: node }
  const app = Fastify({ ...options, ...kind })
  limitSlowClients(app.server, { ms: rooms.config.clientTimeoutMs, rate: rooms.config.clientMinRate, answer: answerLate })
  continueAfterAdmission(app)
  closePipelined(app.server)
  waitInTls(app.server)
  // Past its standard of 2,000 Node leaves headers out without a word; ours refuses.
  app.server.maxHeadersCount = 0
  // Many clients name a content type on every request, also where there is no content.
  const parseJson = app.getDefaultJsonParser('error', 'error') as (...values: Parameters<FastifyBodyParser<string>>) => void
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, null)
    else parseJson(request, body as string, done)
  })
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  app.decorateRequest('call', null)
  app.decorateRequest('record', null)
  app.addHook('onRequest', (request, reply, done) => {
    request.record = beginRecord(observers, request, reply)
    done(faultOfHead(request.raw))
  })
  allowOrigins(app, rows, rooms.config)
  const near = createNear(rows)
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = (refusal: Error): void => { sendError(refusal, request, reply) }
    // A QUERY (RFC 10008) without a content type is refused before it is seen that no route takes one.
    if (error.code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE') unknownRoute(rooms, near, request).then(answer, answer)
    else answer(error)
  })
  app.setNotFoundHandler(async (request) => { throw await unknownRoute(rooms, near, request) })
  app.addHook('onSend', (request, reply, payload, done) => {
    // A page holds what its forms are known by.
    watchReceived(request, reply, request.record?.row?.page === true ? undefined : payload)
    done(null, payload)
  })
  const proxied = rows.filter((row) => row.tier !== undefined)
  app.register(async (scope) => {
    scope.addHook('preParsing', (request, _reply, payload, done) => {
      watchSent(request, payload)
      done(null, payload)
    })
    for (const row of rows) if (row.tier === undefined && row.form === undefined && row.rawBody === undefined) addRow(scope, row, rooms)
    scope.register(async (raw) => {
      raw.removeContentTypeParser('application/json')
      raw.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
      for (const row of rows) if (row.rawBody === true) addRow(raw, row, rooms)
    })
    // A scope of their own: what takes JSON takes no form, which any page could send.
    scope.register(async (forms) => {
      forms.removeAllContentTypeParsers()
      forms.register(formbody, { bodyLimit: LARGEST_FORM })
      for (const row of rows) if (row.form === true) addRow(forms, row, rooms)
    })
  })
  if (proxied.length > 0) {
    app.register(async (scope) => {
      proxyScope(scope)
      for (const row of proxied) addRow(scope, row, rooms)
    })
  }
  return app
}

function faultOfHead ({ rawHeaders, httpVersion }: IncomingMessage): GatewayError | undefined {
  const headers = { Connection: 'close' }
  if (rawHeaders.length > 2 * MOST_FIELDS) return new GatewayError('HTTP_HEAD_TOO_LARGE', { message: `This request has more than ${MOST_FIELDS} header fields`, headers })
  return hasFaultyFraming(rawHeaders, httpVersion) ? new GatewayError('HTTP_MALFORMED_REQUEST', { headers }) : undefined
}

function addRow (app: FastifyInstance, row: Row, rooms: Rooms): void {
  app.route({
    method: row.method,
    url: row.path,
    ...(row.body === undefined ? {} : { schema: { body: row.body } }),
    config: { row },
    onRequest (request, _reply, done) {
      const admitted = admit(rooms, row, request)
      const go = (call: Call): void => {
        request.call = call
        // Before its body is read, whatever that is: it may be of a kind that nothing here parses.
        done(row.handler === notBuilt ? routeNotBuilt(row) : undefined)
      }
      if (admitted instanceof Promise) admitted.then(go, done)
      else go(admitted)
    },
    handler: (request, reply) => row.handler(request, reply, request.call as Call)
  })
}

const BROKEN_HTTP: Readonly<Record<string, readonly [reason: string, error: GatewayError]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', new GatewayError('HTTP_HEAD_TOO_LARGE')],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', new GatewayError('HTTP_REQUEST_TIMEOUT')]
}
const NOT_HTTP = ['400 Bad Request', new GatewayError('HTTP_MALFORMED_REQUEST')] as const

/** What is not an HTTP request never becomes one: it is answered on the socket, which is then closed. */
function answerBrokenHttp (error: ConnectionError, socket: Socket): void {
  // After an answer has begun, whatever is written would be read as a part of it.
  const answering = (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage
  // Without keys there is nothing to be said.
  const isHandshake = /^ERR_(SSL|TLS)_/.test(error.code)
  if (error.code === 'ECONNRESET' || isHandshake || !socket.writable || answering?.headersSent === true) {
    socket.destroy()
    return
  }
  const [reason, answer] = BROKEN_HTTP[error.code] ?? NOT_HTTP
  const body = answer.body()
  socket.end(`HTTP/1.1 ${reason}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

function answerLate (socket: Socket): void {
  answerBrokenHttp(Object.assign(new Error('the body did not come'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }) as ConnectionError, socket)
  // Else the rest could still come, and what was refused be done.
  socket.destroySoon()
}

/** Translates whatever was thrown into an answer of our own shape; what is internal goes to the log alone. */
function sendError (thrown: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const row = request.record?.row
  const error = thrown instanceof GatewayError ? thrown : translate(thrown, row)
  if (request.record !== null) request.record.refusal = error
  refuse(request, reply, error, row?.page === true ? refusalPage : row?.oauth === true ? refuseAsOAuth : undefined)
}

function translate (thrown: FastifyError | Error, row: Row | undefined): GatewayError {
  const { code, validation, statusCode } = thrown as Partial<FastifyError>
  if (validation !== undefined) {
    const [first] = validation
    const member = first?.instancePath.slice(1).replaceAll('/', '.') ?? ''
    const wrong = first?.keyword === 'additionalProperties' ? `unknown member ${String(first.params['additionalProperty'])}` : first?.message ?? 'is not valid'
    const among = first?.keyword === 'enum' ? `: ${(first.params['allowedValues'] as string[]).join(', ')}` : ''
    return new GatewayError('GEN_VALIDATION_ERROR', { message: `${member === '' ? 'body' : member}: ${wrong}${among}`, cause: thrown })
  }
  // Class 22 of https://www.postgresql.org/docs/18/errcodes-appendix.html: a value that no column holds.
  if (code !== undefined && /^22[0-9A-Z]{3}$/.test(code)) return new GatewayError('GEN_VALIDATION_ERROR', { message: 'A value of this request cannot be stored: text is without the character U+0000, and dates lie between the years 1 and 9999', cause: thrown })
  if (thrown instanceof DatabaseGone) return new GatewayError('DATABASE_GONE', { cause: thrown, headers: { 'Retry-After': '5' } })
  if (statusCode === 413) return new GatewayError('GEN_PAYLOAD_TOO_LARGE', { message: `The body of this request is larger than ${row?.form === true ? '64 KiB' : '1 MiB'}`, cause: thrown })
  if (statusCode === 415 && row?.form === true) return new GatewayError('GEN_MALFORMED_REQUEST', { message: 'The body of this request is not a form: send Content-Type: application/x-www-form-urlencoded', cause: thrown })
  if (statusCode === 415 || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY' || thrown instanceof SyntaxError) {
    return new GatewayError('GEN_MALFORMED_REQUEST', { message: 'The body of this request is not JSON: send a JSON object with Content-Type: application/json', cause: thrown })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new GatewayError('PATH_REFUSED', { message: CATALOGUE.PATH_REFUSED[1], cause: thrown })
  return new GatewayError('GEN_INTERNAL', { cause: thrown })
}
