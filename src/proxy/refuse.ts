import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayError } from '../errors.js'
import { hasBody } from './headers.js'

/** Bytes of an unwanted body that are read after the answer, so that its sender gets to read the answer. */
const MOST_READ = 64 * 1024
/** Milliseconds for the sender to close. */
const LINGER_MS = 2_000
/** The same once MOST_READ bytes have come and no more is read. */
const LINGER_FULL_MS = 250

/** Answers with an error of our own, at once: a body that has not come yet is not waited for. */
export function refuse (request: FastifyRequest, reply: FastifyReply, error: GatewayError): void {
  if (!request.raw.complete && hasBody(request.raw.rawHeaders)) closeUnread(request.raw, reply.raw)
  if (!reply.hasHeader('x-request-id')) reply.header('X-Request-Id', request.id)
  reply.code(error.status).headers(error.headers).type('application/json; charset=utf-8').send(error.body())
}

/**
 * Closes the connection after this answer, whose request has a body that nobody will read. A socket closed with unread
 * bytes is reset, and the reset can overtake the answer (RFC 9112 9.6): so the answer is followed by a half-close, and a
 * little more is read and thrown away. Call it before the answer's head is written.
 */
export function closeUnread (request: IncomingMessage, response: ServerResponse): void {
  // Makes Node write `Connection: close`, and call destroySoon when the answer has gone out.
  response.shouldKeepAlive = false
  const { socket } = request
  if (socket.destroyed) return
  let left = MOST_READ
  const destroy = (): void => { socket.destroy() }
  let timer: NodeJS.Timeout | undefined
  socket.destroySoon = () => {
    socket.end()
    timer ??= setTimeout(destroy, left > 0 ? LINGER_MS : LINGER_FULL_MS)
  }
  socket.once('close', () => { clearTimeout(timer) })
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left > 0) return
    request.pause()
    if (timer === undefined) return
    clearTimeout(timer)
    timer = setTimeout(destroy, LINGER_FULL_MS)
  })
  // Marks the request as consumed, so that Node does not read all of it when the answer has gone out.
  request.read(0)
}
