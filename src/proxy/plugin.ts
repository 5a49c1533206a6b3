import type { FastifyInstance } from 'fastify'

const HIDDEN = ['content-type', 'content-length', 'transfer-encoding', 'expect'] as const

/**
 * Prepares a scope whose routes forward bodies. Fastify reads none of them: it would refuse a Content-Type it cannot
 * parse (Core does not care), so the headers by which it knows a body are taken out of its sight; Expect too, since the
 * forwarder says when it reads. The forwarder goes by rawHeaders, which stay.
 */
export function proxyScope (scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    // Without `delete`, after which an object is slow.
    for (const name of HIDDEN) if (headers[name] !== undefined) headers[name] = undefined
    done()
  })
}
