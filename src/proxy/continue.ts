import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Keeps Node from answering `Expect: 100-continue` by itself: a caller is told to send its body once it was admitted, and
 * never when it is refused (RFC 9110 10.1.1). The proxy's own routes say it when they start to read.
 */
export function continueAfterAdmission (app: FastifyInstance): void {
  app.server.on('checkContinue', (request, response) => { app.server.emit('request', request, response) })
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!request.is404 && request.headers.expect !== undefined) sayContinue(reply.raw)
    done(null, payload)
  })
}

/**
 * Asks for the body of a request (RFC 9110 10.1.1). Behind another answer on its connection once it is its turn: what Node
 * is told before is put between the head and the body of the answer.
 */
export function sayContinue (response: ServerResponse): void {
  if (response.socket !== null) response.writeContinue()
  else response.once('socket', () => { if (!response.headersSent) response.writeContinue() })
}
