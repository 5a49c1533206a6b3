import type { IncomingMessage, ServerResponse } from 'node:http'
import { validateHeaderValue } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import type { Watches } from '../gateway/observers.js'
import type { Call, Upstream } from '../gateway/row.js'
import type { Answer } from '../idempotency/idempotency.js'
import { coreError } from './core-error.js'
import { endWith } from './end-with.js'
import { hasHeader, responseHeaders, type RawHeaders } from './headers.js'
import { reasonOf } from './reason.js'
import { closeUnread } from './refuse.js'

/** Interim answers (RFC 9110 15.2) are not passed on; more than this many, and Core is taken for broken. */
const MOST_INFORMATIONAL = 16

/** Spaces may follow a value, and undici leaves them to it; with a tab there it does not take it for this. */
const CHUNKED = /^chunked *$/i

/** Wants a whole answer before any of it is passed on, and the request done though its caller leaves. */
export interface Keeping {
  sent(): void
  /** Gives up without a word where it cannot: the answer is passed on all the same. */
  keep(answer: Answer): Promise<void>
}

/** Bytes of an answer that is kept; a longer one is passed on as it comes. */
const MOST_KEPT = 1024 * 1024

/** The request that goes out: `path` as raw target, `headers` flat. */
export interface Outgoing {
  readonly path: string
  readonly headers: RawHeaders
  readonly body: Buffer | Readable | null
}

/**
 * One request to a Core and its answer, as undici reports them. What costs is the number of writes, so the head of an
 * answer waits until the bytes that came with it are known, and goes out with them.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  readonly #watches: Watches | undefined
  #body: Buffer | Readable | null = null
  #settle: { resolve: () => void, reject: (error: Error) => void } | undefined
  #abort: ((error?: Error) => void) | undefined
  #resume: (() => void) | undefined
  #head: { status: number, reason: string, headers: RawHeaders, contentLength: number | undefined } | undefined
  #headWritten = false
  #received = 0
  #informational = 0
  #callerGone = false
  #kept: Buffer[] = []

  constructor (readonly request: FastifyRequest, readonly reply: FastifyReply, readonly call: Call, private keeping?: Keeping) {
    this.#incoming = request.raw
    this.#response = reply.raw
    this.#watches = request.record?.watches
  }

  /** Settles when the answer is handed over or the caller is gone, and gives back the turn that was taken for it. */
  send (upstream: Upstream, { path, headers, body }: Outgoing): Promise<void> {
    this.#body = body
    if (this.request.record !== null) this.request.record.coreFrom = performance.now()
    return new Promise((resolve, reject) => {
      this.#settle = {
        resolve () {
          upstream.turns.give()
          resolve()
        },
        reject (error) {
          upstream.turns.give()
          reject(error)
        }
      }
      this.#response.on('close', this.#onClose)
      try {
        upstream.dispatcher.dispatch({ origin: upstream.origin, method: this.call.row.method, path, headers, body, idempotent: false }, this)
      } catch (error) {
        this.onError(error as Error)
      }
    })
  }

  onConnect (abort: (error?: Error) => void): void {
    if (this.request.record !== null) this.request.record.forwarded = true
    // A second connection would mean that the request is sent again, and the first may have reached Core.
    const again = this.#abort !== undefined
    this.#abort = abort
    if (again || this.#settle === undefined) abort()
    else this.keeping?.sent()
  }

  onHeaders (status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200) {
      if (++this.#informational > MOST_INFORMATIONAL) throw Object.assign(new Error('too many interim answers'), { code: 'TOO_MANY_INFORMATIONAL' })
      return true
    }
    this.#resume = resume
    if (this.request.record !== null) this.request.record.coreUntil = performance.now()
    const { headers, contentLength, transferCoding } = responseHeaders(raw)
    // undici undoes `chunked` alone; with another coding the bytes would not be what the fields that are left say (RFC 9112 6.1).
    if (transferCoding !== undefined && !CHUNKED.test(transferCoding)) throw Object.assign(new Error('a transfer coding that nobody asked for'), { code: 'UNKNOWN_TRANSFER_CODING' })
    if (this.keeping === undefined) addOurs(headers, this.call, this.reply)
    // What cannot be passed on is not kept either.
    else for (let i = 0; i < headers.length; i += 2) validateHeaderValue(headers[i]!, headers[i + 1]!)
    this.#head = { status, reason: reasonOf(status, reason), headers, contentLength }
    if (status === 204 || status === 304) {
      // These end with their head, whatever Content-Length says (RFC 9112 6.3); undici would wait for a body.
      if (this.keeping !== undefined) this.#keep()
      else {
        this.#writeHead()
        this.#end()
      }
    } else if (this.keeping === undefined) queueMicrotask(this.#flushHead)
    return true
  }

  onData (chunk: Buffer): boolean {
    // After a wait for the caller undici's parser may come with nothing, at the end of the connection: another wait would be without end.
    if (this.#settle === undefined || chunk.length === 0) return true
    if (this.keeping !== undefined) return this.#gather(chunk)
    const response = this.#response
    this.#writeHead()
    this.#received += chunk.length
    this.#watches?.received(chunk)
    const { contentLength } = this.#head!
    if (contentLength !== undefined && this.#received >= contentLength) {
      this.#end(chunk)
      return true
    }
    if (this.#received === chunk.length) {
      // Joins the head and all the chunks that came in one read to one write.
      response.cork()
      process.nextTick(() => { response.uncork() })
    }
    if (response.write(chunk)) return true
    // Not at once: another answer may be what made room, from inside of undici's parser, which takes no second call.
    response.once('drain', () => { setImmediate(this.#resume!) })
    return false
  }

  onComplete (): void {
    if (this.#settle === undefined) return
    if (this.keeping !== undefined) return this.#keep()
    this.#writeHead()
    this.#end()
  }

  onError (error: Error): void {
    const settle = this.#settle
    if (settle === undefined) return
    this.#finish()
    if (this.#callerGone) {
      this.reply.hijack()
      settle.resolve()
    } else if (this.#headWritten) {
      this.#cut(error)
      settle.resolve()
    } else settle.reject(coreError(error, this.#abort !== undefined, this.call.reference))
  }

  #gather (chunk: Buffer): boolean {
    this.#received += chunk.length
    this.#kept.push(chunk)
    const { contentLength } = this.#head!
    if (this.#received > MOST_KEPT) return this.#goOn()
    if (contentLength !== undefined && this.#received >= contentLength) this.#keep()
    return true
  }

  /** Too long to be kept: what has come is passed on, and the rest as it comes. */
  #goOn (): boolean {
    this.keeping = undefined
    const body = Buffer.concat(this.#kept)
    this.#kept = []
    this.#received = 0
    if (this.#callerGone) {
      this.#abort?.()
      return true
    }
    addOurs(this.#head!.headers, this.call, this.reply)
    return this.onData(body)
  }

  /** All of it is here. It is kept first: a caller who has it may ask again at once. */
  #keep (): void {
    const { status, reason, headers } = this.#head!
    const body = Buffer.concat(this.#kept)
    const settle = this.#settle!
    this.#settle = undefined
    const passOn = (): void => {
      this.#finish()
      if (this.#callerGone) this.reply.hijack()
      else writeAnswer({ status, reason, headers, body }, this)
    }
    this.keeping!.keep({ status, reason, headers, body }).then(passOn).then(settle.resolve, settle.reject)
  }

  #writeHead (): void {
    if (this.#headWritten) return
    beginAnswer(this.#head!, this)
    this.#headWritten = true
  }

  readonly #flushHead = (): void => {
    if (this.#headWritten || this.#settle === undefined) return
    try {
      this.#writeHead()
    } catch (error) {
      this.#abort?.(error as Error)
      return
    }
    // In place of flushHeaders(), which writes what is not ASCII as UTF-8.
    this.#response.write('', 'latin1')
  }

  #end (last?: Buffer): void {
    const settle = this.#settle
    this.#finish()
    try {
      endWith(this.#response, last)
    } finally {
      settle?.resolve()
    }
  }

  /** Nothing that comes later matters. */
  #finish (): void {
    this.#settle = undefined
    const body = this.#body
    if (body !== null && !Buffer.isBuffer(body)) body.destroy()
  }

  /** Core broke off in the middle: the caller's connection is cut, so that nobody takes what came for the whole. */
  #cut (error: Error): void {
    if (this.request.record !== null) Object.assign(this.request.record, { end: 'core_broke_off', error })
    const { socket } = this.#incoming
    // Behind another answer on its connection nothing of it has gone out yet, and those before it are whole.
    if (this.#response.socket === null) this.#response.once('socket', () => { socket.destroySoon() })
    // To a caller of HTTP/1.0 a plain close is the end of the body; in TLS one without a last alert is not (RFC 9112 9.8).
    else if (this.#incoming.httpVersionMinor === 0 && this.#head?.contentLength === undefined && !('encrypted' in socket)) socket.resetAndDestroy()
    else socket.destroy()
  }

  readonly #onClose = (): void => {
    this.#callerGone = true
    if (this.#settle === undefined) return
    // With a key it is done all the same, so that whoever asks again is told what came of it.
    if (this.#abort !== undefined && this.keeping !== undefined) return
    if (this.#abort !== undefined) this.#abort()
    else this.onError(new Error('the caller left before its turn'))
  }
}

/** Core's own headers are never replaced. */
function addOurs (headers: RawHeaders, { requestId, reference }: Call, reply: FastifyReply): void {
  if (!hasHeader(headers, 'x-request-id')) headers.push('X-Request-Id', requestId)
  if (reference !== undefined) headers.push('X-Blnk-Reference', reference)
  // What is for pages of other origins (src/gateway/cors.ts). Most have Vary alone, and are not copied.
  const vary = reply.getHeader('vary')
  // It may come in several lines (RFC 9110 5.3).
  if (vary !== undefined) headers.push('vary', String(vary))
  if (!reply.hasHeader('access-control-allow-origin')) return
  const added = reply.getHeaders()
  for (const name in added) if (name !== 'vary' && !hasHeader(headers, name)) headers.push(name, String(added[name]))
}

/** Of who asked. */
interface Asked { readonly request: FastifyRequest, readonly reply: FastifyReply }

function beginAnswer ({ status, reason, headers }: Omit<Answer, 'body'> & { readonly headers: RawHeaders }, { request, reply }: Asked): void {
  // An answer before the end of the request: nobody reads the rest of it.
  if (!request.raw.complete) closeUnread(request.raw, reply.raw)
  reply.raw.sendDate = false
  reply.raw.writeHead(status, reason, headers)
  request.record?.watches?.answered(status, headers)
  reply.hijack()
}

/** Writes a whole answer of a Core's. */
export function writeAnswer (answer: Answer & { readonly headers: RawHeaders }, asked: Asked & { readonly call: Call }): void {
  addOurs(answer.headers, asked.call, asked.reply)
  beginAnswer(answer, asked)
  asked.request.record?.watches?.received(answer.body)
  endWith(asked.reply.raw, answer.body)
}
