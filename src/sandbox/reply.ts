import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CoreReply } from './call.js'
import { CoreError } from './errors.js'
import { encodeJson, type Encodable } from './json/encode.js'

const JSON_TYPE = 'application/json; charset=utf-8'

export const json = (status: number, value: Encodable): CoreReply => ({ status, body: encodeJson(value) })

/** gin's answer to a route that it does not have (spec/09 1). */
export const NOT_FOUND: CoreReply = { status: 404, body: '404 page not found', contentType: 'text/plain' }

/** A refusal in Core's shape: members sorted by name, `details` left out when there are none (spec/09 2). */
export function refusal (error: CoreError): CoreReply {
  const { key = 'error', details, value, contentType } = error.extra
  const detail = { code: error.code, message: error.message, details: details as Encodable | undefined }
  const carried: Encodable = value ?? error.message
  const body = encodeJson(key === 'error' ? { error: carried, error_detail: detail } : { error_detail: detail, errors: carried })
  return contentType === undefined ? { status: error.status, body } : { status: error.status, body, contentType }
}

/** What a caller learns of an error that is not theirs. */
export const internalError = (): CoreError => new CoreError(500, 'GEN_INTERNAL', 'internal server error')

// Core's defaults: 5,000,000 requests a second, bursts of 10,000,000 (spec/09 1). Nothing is limited here, so the remainder stands still.
const BEFORE_TYPE = ['Cache-Control', 'no-store', 'Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"]
const AFTER_TYPE = [
  'Ratelimit-Limit', '5000000', 'Ratelimit-Remaining', '9999999', 'Ratelimit-Reset', '1',
  'Referrer-Policy', 'strict-origin-when-cross-origin'
]
const LAST = ['X-Content-Type-Options', 'nosniff', 'X-Frame-Options', 'DENY', 'X-Rate-Limit-Duration', '1', 'X-Rate-Limit-Limit', '5000000.00']

/** Writes an answer with the headers that Core's middleware puts on each, in Go's order and spelling. */
export function writeReply (request: IncomingMessage, response: ServerResponse, reply: CoreReply): void {
  const { remoteAddress, remotePort, remoteFamily } = request.socket
  const host = remoteFamily === 'IPv6' ? `[${remoteAddress ?? ''}]` : remoteAddress ?? ''
  const forwarded = request.headers['x-forwarded-for']
  const empty = reply.status === 204
  response.writeHead(reply.status, [
    ...BEFORE_TYPE,
    ...(empty ? [] : ['Content-Type', reply.contentType ?? JSON_TYPE]),
    ...AFTER_TYPE,
    ...(request.headers['x-forwarded-proto']?.toString().toLowerCase() === 'https' ? ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] : []),
    ...LAST,
    ...(forwarded === undefined ? [] : ['X-Rate-Limit-Request-Forwarded-For', forwarded.toString()]),
    'X-Rate-Limit-Request-Remote-Addr', `${host}:${remotePort ?? 0}`,
    // RFC 9110 8.6: none with a 204.
    ...(empty ? [] : ['Content-Length', String(Buffer.byteLength(reply.body))])
  ])
  response.end(reply.body)
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => c === '"' ? '&#34;' : c === "'" ? '&#39;' : c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;')

/** gin sends a path with a slash too many to the one without it before any middleware runs: no key is asked, no header added. */
export function writeRedirect (method: string, response: ServerResponse, location: string): void {
  if (method !== 'GET') {
    response.writeHead(307, ['Location', location, 'Content-Length', '0']).end()
    return
  }
  const body = `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`
  response.writeHead(301, ['Content-Length', String(Buffer.byteLength(body)), 'Content-Type', 'text/html; charset=utf-8', 'Location', location])
  response.end(body)
}
