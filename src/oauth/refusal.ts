import type { FastifyReply } from 'fastify'
import type { GatewayError } from '../errors.js'

/** RFC 6749 5.1 and 5.2: nothing that holds a token, or says that there is one, is kept by a cache. */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const

const PREFIX = 'OAUTH_'

/** The word of RFC 6749 5.2, or for what is no error of OAuth's own the nearest of 4.1.2.1. */
function errorOf ({ code, status }: GatewayError): string {
  if (code.startsWith(PREFIX)) return code.slice(PREFIX.length).toLowerCase()
  if (status === 503 || status === 429) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

/** RFC 6749 5.2 allows printable ASCII without quotes and backslashes. */
export const description = (sentence: string): string => sentence.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?')

/** Answers a refusal in the shape of RFC 6749 5.2. */
export function refuseAsOAuth (reply: FastifyReply, error: GatewayError): void {
  reply.code(error.status).headers({ ...NO_STORE, ...error.headers }).type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: errorOf(error), error_description: description(error.message) }))
}
