import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import type { Effect } from '../gateway/faults.js'
import type { Call, Upstream } from '../gateway/row.js'
import { coreError } from './core-error.js'
import type { Outgoing } from './exchange.js'
import { refuse } from './refuse.js'

/** Where a fault has its effect: false goes on to the Core. */
export async function faultBefore (effect: Effect, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if ('status' in effect) {
    refuse(request, reply, new GatewayError('FAULT_INJECTED', { status: effect.status }))
    return true
  }
  if ('delay_ms' in effect) {
    const gone = new AbortController()
    reply.raw.once('close', () => { gone.abort() })
    await wait(effect.delay_ms, undefined, { signal: gone.signal }).catch(() => {})
    if (gone.signal.aborted) reply.hijack()
    return gone.signal.aborted
  }
  if (effect.drop === 'after') return false
  cut(request, reply)
  return true
}

/**
 * The Core does it and answers, and the caller sees a cut connection.
 * @throws GatewayError where the Core does not answer
 */
export async function dropAfter (upstream: Upstream, { path, headers, body }: Outgoing, { request, reply, call }: { request: FastifyRequest, reply: FastifyReply, call: Call }): Promise<void> {
  try {
    const answer = await upstream.dispatcher.request({ origin: upstream.origin, method: call.row.method, path, headers, body, idempotent: false })
    await answer.body.dump()
  } catch (error) {
    throw coreError(error as Error, true, call.reference)
  }
  cut(request, reply)
}

function cut (request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  if (request.record !== null) request.record.end = 'cut'
  request.raw.socket.destroy()
}
