import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayError } from '../errors.js'
import { hasBody } from './headers.js'

/** Milliseconds for the sender of an unread body to read the answer and close. */
const LINGER_MS = 2_000
/** The same when it goes on sending and nothing more is read. */
const LINGER_FULL_MS = 250

const asJson = (reply: FastifyReply, error: GatewayError): void => {
  reply.code(error.status).headers(error.headers).type('application/json; charset=utf-8').send(error.body())
}

/** Answers with an error of our own, at once: a body that has not come yet is not waited for. */
export function refuse (request: FastifyRequest, reply: FastifyReply, error: GatewayError, answer: (reply: FastifyReply, error: GatewayError) => void = asJson): void {
  if (!request.raw.complete && hasBody(request.raw.rawHeaders)) closeUnread(request.raw, reply.raw)
  if (!reply.hasHeader('x-request-id')) reply.header('X-Request-Id', request.id)
  answer(reply, error)
}

/**
 * Closes the connection after this answer, whose request has a body that nobody will read. A socket closed with unread
 * bytes is reset, and the reset can overtake the answer (RFC 9112 9.6): so the answer is followed by a half-close, and
 * the sender is given a moment. What it sends meanwhile fills the request's own buffer, one read of 64 KiB, and then
 * waits in the network. Call it before the answer's head is written.
 */
export function closeUnread (request: IncomingMessage, response: ServerResponse): void {
  // Makes Node write `Connection: close`, and call destroySoon when the answer has gone out.
  response.shouldKeepAlive = false
  const { socket } = request
  if (socket.destroyed) return
  let timer: NodeJS.Timeout | undefined
  socket.destroySoon = () => {
    request.pause()
    socket.end()
    const isFull = request.readableLength >= request.readableHighWaterMark
    timer ??= setTimeout(() => { socket.destroy() }, isFull ? LINGER_FULL_MS : LINGER_MS)
  }
  socket.once('close', () => { clearTimeout(timer) })
  // Marks the request as consumed, so that Node does not read all of it when the answer has gone out.
  request.read(0)
}
