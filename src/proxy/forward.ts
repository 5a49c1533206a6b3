import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import type { Effect } from '../gateway/faults.js'
import type { Call, Fill, Upstream } from '../gateway/row.js'
import { readIdempotencyKey } from '../idempotency/key.js'
import { newId } from '../lib/ids.js'
import { collectBody, MOST_FILLED, streamBody } from './body.js'
import { sayContinue } from './continue.js'
import { Exchange, writeAnswer, type Keeping, type Outgoing } from './exchange.js'
import { dropAfter, faultBefore } from './faulted.js'
import { requestHeaders, type RequestHeaders } from './headers.js'
import { readTarget } from './url.js'

const makeReference = (): string => newId('ref')

/**
 * Sends a request to the Core of its instance and writes Core's answer straight to the connection: status, headers and
 * bytes as they came, both ways as streams. Settles when the answer has been handed over, or the caller has left.
 * With an Idempotency-Key it is done once, and its answer comes whole. No `await` on the way of every request: each costs.
 * @throws GatewayError when there is no answer to give
 */
export function forward (request: FastifyRequest, reply: FastifyReply, call: Call): Promise<void> | undefined {
  if (hasLeft(reply)) return undefined
  const target = readTarget(request.raw.url ?? '')
  if (typeof target === 'string') throw new GatewayError(target)
  if (call.upstream === undefined) throw new GatewayError('INSTANCE_WITHOUT_CORE')
  const head = headFor(request.raw.rawHeaders, call)
  const fill = fillOf(call)
  const key = idempotencyKeyOf(request, call)
  call.upstream.turns.assertRoom()
  const trip: Trip = { request, reply, call, head, path: target.path }
  if (fill === undefined && key === undefined) {
    if (head.expectsContinue) sayContinue(reply.raw)
    return carry(trip, undefined)
  }

  if ((head.contentLength ?? 0) > MOST_FILLED) throw new GatewayError('GEN_PAYLOAD_TOO_LARGE')
  if (head.expectsContinue) sayContinue(reply.raw)
  const go = (sent: Buffer): Promise<void> | undefined => {
    request.record?.watches?.sent(sent)
    if (key !== undefined) return carryOnce(trip, { key, sent, fill })
    return carry(trip, filledBody(call, fill as Fill, { sent, makeReference }))
  }
  if (!head.hasBody) return go(Buffer.alloc(0))
  return collectBody(request.raw, MOST_FILLED).then((sent) => {
    if (sent !== undefined) return go(sent)
    reply.hijack()
  })
}

/** A request on its way. */
interface Trip {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly call: Call
  readonly head: RequestHeaders
  /** Path and query below the Core's base path. */
  readonly path: string
}

const KEYED = new Set(['POST', 'PUT'])

function idempotencyKeyOf ({ raw }: FastifyRequest, { row }: Call): string | undefined {
  if (!KEYED.has(row.method) || raw.headers['idempotency-key'] === undefined) return undefined
  const key = readIdempotencyKey(raw.rawHeaders)
  if (typeof key === 'object') throw new GatewayError('IDEMPOTENCY_KEY_INVALID', { message: key.fault })
  return key
}

/** Sends it where its key is new; otherwise the first answer comes again. The references that it is filled with are the key's own. */
async function carryOnce (trip: Trip, { key, sent, fill }: { readonly key: string, readonly sent: Buffer, readonly fill: Fill | undefined }): Promise<void> {
  const { request, call } = trip
  const { idempotency } = call.rooms.opened
  const { credential, instanceId = '', row: { method } } = call
  if (credential === undefined) throw new Error('a proxied route without a credential')
  const mark = trip.path.indexOf('?')
  const [path, query] = mark === -1 ? [trip.path, ''] : [trip.path.slice(0, mark), trip.path.slice(mark)]
  const scope = idempotency.scope({ instanceId, owner: credential, method, path, key })
  const body = fill === undefined ? sent : filledBody(call, fill, { sent, makeReference: idempotency.references(scope) })
  const begun = await idempotency.begin({ scope, instanceId, query, body: sent, repeatable: fill !== undefined })
  if ('status' in begun) {
    if (request.record !== null) request.record.replayed = true
    writeAnswer({ ...begun, headers: [...begun.headers, 'Idempotency-Replayed', 'true'] }, trip)
    return
  }
  try {
    await carry(trip, body, {
      sent: () => { begun.sent() },
      keep: async (answer) => { await begun.keep(answer).catch((error: unknown) => { request.log.error({ err: error, requestId: call.requestId }, 'an answer was passed on and not kept for its Idempotency-Key') }) }
    })
  } finally {
    await begun.end()
  }
}

/** @param body as it goes out; undefined: as it comes */
function carry (trip: Trip, body: Buffer | undefined, keeping?: Keeping): Promise<void> | undefined {
  const { reply, call, path } = trip
  if (hasLeft(reply)) return undefined
  const fault = faultOf(call, path)
  return fault === undefined ? sendInTurn(trip, body, keeping) : carryFaulted(trip, fault, body, keeping)
}

async function carryFaulted (trip: Trip, fault: Effect, body: Buffer | undefined, keeping: Keeping | undefined): Promise<void> {
  const { request, reply, call } = trip
  if (await faultBefore(fault, request, reply)) return
  if (!('drop' in fault)) return await sendInTurn(trip, body, keeping)
  const upstream = upstreamNow(call)
  if (!upstream.turns.tryTake() && !await waited(upstream, reply)) return
  try {
    keeping?.sent()
    await dropAfter(upstream, outgoingOf(trip, upstream, body), { request, reply, call })
  } finally {
    upstream.turns.give()
  }
}

function sendInTurn (trip: Trip, body: Buffer | undefined, keeping: Keeping | undefined): Promise<void> {
  const upstream = upstreamNow(trip.call)
  return upstream.turns.tryTake() ? send(trip, upstream, body, keeping) : waitAndSend(trip, upstream, body, keeping)
}

async function waitAndSend (trip: Trip, upstream: Upstream, body: Buffer | undefined, keeping: Keeping | undefined): Promise<void> {
  if (await waited(upstream, trip.reply)) await send(trip, upstream, body, keeping)
}

/** With a turn that was taken, which it gives back. */
function send (trip: Trip, upstream: Upstream, body: Buffer | undefined, keeping: Keeping | undefined): Promise<void> {
  const { request, reply, call } = trip
  try {
    return new Exchange(request, reply, call, keeping).send(upstream, outgoingOf(trip, upstream, body))
  } catch (error) {
    upstream.turns.give()
    throw error
  }
}

function outgoingOf ({ request, call, head: first, path }: Trip, upstream: Upstream, body: Buffer | undefined): Outgoing {
  const head = upstream === call.upstream ? first : headFor(request.raw.rawHeaders, { ...call, upstream })
  const watches = request.record?.watches
  const outgoing = { path: upstream.basePath + path, headers: withLength(head, body), body: body ?? (head.hasBody ? streamBody(request.raw, watches) : null) }
  watches?.forwarding(outgoing.headers, upstream.origin)
  return outgoing
}

/** Who left while something was looked up is not told of again: a body would be waited for, and an answer written, without end. */
function hasLeft (reply: FastifyReply): boolean {
  if (reply.raw.destroyed) reply.hijack()
  return reply.raw.destroyed
}

/** Waits for a turn. @returns false where the caller has left meanwhile @throws GatewayError CORE_BUSY */
async function waited ({ turns }: Upstream, reply: FastifyReply): Promise<boolean> {
  const left = new AbortController()
  const leave = (): void => { left.abort() }
  reply.raw.once('close', leave)
  try {
    await turns.wait(left.signal)
    if (!left.signal.aborted) return true
    turns.give()
    reply.hijack()
    return false
  } catch (error) {
    if (!left.signal.aborted) throw error
    reply.hijack()
    return false
  } finally {
    reply.raw.off('close', leave)
  }
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

function filledBody (call: Call, fill: Fill, { sent, makeReference }: { readonly sent: Buffer, readonly makeReference: () => string }): Buffer {
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
