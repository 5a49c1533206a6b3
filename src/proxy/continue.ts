import type { FastifyInstance } from 'fastify'

/**
 * Keeps Node from answering `Expect: 100-continue` by itself: a caller is told to send its body once it was admitted, and
 * never when it is refused (RFC 9110 10.1.1). The proxy's own routes say it when they start to read.
 */
export function continueAfterAdmission (app: FastifyInstance): void {
  app.server.on('checkContinue', (request, response) => { app.server.emit('request', request, response) })
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!request.is404 && request.headers.expect !== undefined) reply.raw.writeContinue()
    done(null, payload)
  })
}
