import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import type { Effect } from '../gateway/faults.js'
import type { Call, Fill, Upstream } from '../gateway/row.js'
import { newId } from '../lib/ids.js'
import { collectBody, MOST_FILLED, streamBody } from './body.js'
import { Exchange } from './exchange.js'
import { dropAfter, faultBefore } from './faulted.js'
import { requestHeaders, type RequestHeaders } from './headers.js'
import { readTarget } from './url.js'

const makeReference = (): string => newId('ref')

/**
 * Sends a request to the Core of its instance and writes Core's answer straight to the connection: status, headers and
 * bytes as they came, both ways as streams. Settles when the answer has been handed over, or the caller has left.
 * @throws GatewayError when there is no answer to give
 */
export async function forward (request: FastifyRequest, reply: FastifyReply, call: Call): Promise<void> {
  const target = readTarget(request.raw.url ?? '')
  if (typeof target === 'string') throw new GatewayError(target)
  if (call.upstream === undefined) throw new GatewayError('INSTANCE_WITHOUT_CORE')
  const head = headFor(request.raw.rawHeaders, call)
  const fill = fillOf(call)
  if (fill !== undefined && (head.contentLength ?? 0) > MOST_FILLED) throw new GatewayError('GEN_PAYLOAD_TOO_LARGE')

  if (head.expectsContinue) reply.raw.writeContinue()
  let body: Buffer | undefined
  if (fill !== undefined) {
    const sent = head.hasBody ? await collectBody(request.raw, MOST_FILLED) : Buffer.alloc(0)
    if (sent === undefined) {
      reply.hijack()
      return
    }
    for (const watch of request.record?.watches ?? []) watch.sent?.(sent)
    body = filledBody(call, fill, sent)
  }
  const fault = faultOf(call, target.path)
  if (fault !== undefined && await faultBefore(fault, request, reply)) return
  const upstream = upstreamNow(call)
  const { headers } = upstream === call.upstream ? head : headFor(request.raw.rawHeaders, { ...call, upstream })
  const outgoing = { path: upstream.basePath + target.path, headers: withLength({ ...head, headers }, body), body: body ?? (head.hasBody ? streamBody(request.raw, request.record?.watches) : null) }
  for (const watch of request.record?.watches ?? []) watch.forwarding?.(outgoing.headers, upstream.origin)
  if (fault !== undefined && 'drop' in fault) return await dropAfter(upstream, outgoing, { request, reply, call })
  return await new Exchange(request, reply, call).send(upstream, outgoing)
}

/**
 * The body of a GET has no meaning, and one that a server on the way does not read is a second request to it
 * (RFC 9110 9.3.1): Core reads none, and none is forwarded.
 */
function headFor (raw: readonly string[], { row, upstream }: Call): RequestHeaders {
  const head = requestHeaders(raw, upstream?.key)
  return row.method === 'GET' ? { ...head, contentLength: undefined, hasBody: false, expectsContinue: false } : head
}

/** While the body came, the instance may have been given another URL or key, and its old connections be closed. */
function upstreamNow ({ rooms, instanceId }: Call): Upstream {
  const routed = rooms.instances.find(instanceId as string)
  if (routed === undefined) throw new GatewayError('INSTANCE_NOT_FOUND')
  if (routed.upstream === undefined) throw new GatewayError('INSTANCE_WITHOUT_CORE')
  return routed.upstream
}

const faultOf = ({ rooms, instanceId, row }: Call, path: string): Effect | undefined =>
  rooms.faults?.take(instanceId as string, row.method, path.split('?', 1)[0] as string)

function fillOf ({ row, rooms }: Call): Fill | undefined {
  return row.fillSetting === undefined || rooms.config[row.fillSetting] ? row.fill : undefined
}

function filledBody (call: Call, fill: Fill, sent: Buffer): Buffer {
  const { body, reference, filled } = fill(sent, makeReference)
  call.filled = filled
  if (reference !== undefined) call.reference = reference
  return Buffer.isBuffer(body) ? body : Buffer.concat(body)
}

/** undici writes the length of a buffer itself; of a stream it takes the caller's word, without which it sends chunks. */
function withLength ({ headers, contentLength }: RequestHeaders, body: Buffer | undefined): string[] {
  if (body === undefined && contentLength !== undefined) headers.push('Content-Length', String(contentLength))
  if (body?.length === 0) headers.push('Content-Length', '0')
  return headers
}
