import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Credential } from '../auth/credentials.js'
import type { GatewayError } from '../errors.js'
import { plainAddress } from '../lib/address-list.js'
import { Refused } from './admit.js'
import type { Observers, Watches } from './observers.js'
import type { Call, Row } from './row.js'

/**
 * How a request ended: with a whole answer, with a caller who closed the connection first, with a Core that broke off in
 * the middle of its answer, or with a connection that a fault cut on purpose.
 */
export type End = 'answered' | 'caller_left' | 'core_broke_off' | 'cut'

/** What a request came to. Told once a request, however it ended. */
export interface Outcome {
  readonly requestId: string
  /** Milliseconds since 1970 when its head was read. */
  readonly at: number
  /** Milliseconds until the last byte of the answer was handed over, or the end came. */
  readonly ms: number
  readonly method: string
  /** As it was sent, without its query. */
  readonly path: string
  /** undefined: no route has this path */
  readonly row: Row | undefined
  readonly credential: Credential | undefined
  /** What the caller asked for, be it there or not. */
  readonly instanceId: string | undefined
  /** undefined: no answer was begun */
  readonly status: number | undefined
  readonly end: End
  /** Milliseconds from handing it over to a Core, a wait for a connection included, to the head of the answer. */
  readonly coreMs: number | undefined
  /** Whether it was sent to a Core, which may then have done it. */
  readonly forwarded: boolean
  /** What went wrong where no answer could say so. */
  readonly error: Error | undefined
  /** An answer of our own that says no. */
  readonly refusal: GatewayError | undefined
  /** Of a refusal, for machines: `insufficient_scope`; `replayed` where an Idempotency-Key gave the first answer again. */
  readonly reason: string | undefined
  readonly filled: readonly string[] | undefined
  readonly reference: string | undefined
  /** The caller's, behind trusted proxies the one they name. */
  readonly address: string
}

/** Follows one request. The chunks are those that pass: they are not to be changed, and copied where they are kept. */
export interface Watch {
  /** A piece of the caller's body, as it came. */
  sent?(chunk: Buffer): void
  /** The head that goes to a Core now, flat: name, value, name, value. It may be changed. */
  forwarding?(headers: string[], origin: string): void
  /** The answer's head; headers are flat: name, value, name, value. */
  answered?(status: number, headers: readonly string[]): void
  /** A piece of the answer's body. */
  received?(chunk: Buffer): void
  ended?(outcome: Outcome): void
}

/** Is told of requests: the log, the metrics, whatever keeps what happened. What it throws is logged, and changes nothing. */
export interface Observer {
  /**
   * At a request's head, before admission. What it returns is told of this request's bytes, which costs a little.
   * @param row undefined where no route has this path
   */
  watch?(request: FastifyRequest, row: Row | undefined): Watch | undefined
  ended?(outcome: Outcome): void
}

/** What is noted of a request on its way, to make its outcome from. */
export interface RequestRecord {
  readonly at: number
  readonly from: number
  /** Of the caller, behind TRUST_PROXY the one that these name; '' for a connection that was gone. */
  readonly address: string
  /** undefined: nobody wants the bytes */
  readonly watches: Watches | undefined
  /** undefined: no route has this path */
  readonly row: Row | undefined
  refusal?: GatewayError
  /** When it was handed over to a Core, and when the head of the answer came, by performance.now(). */
  coreFrom?: number
  coreUntil?: number
  forwarded?: boolean
  replayed?: boolean
  error?: Error
  /** Set by who ends it otherwise than with an answer. */
  end?: Exclude<End, 'answered' | 'caller_left'>
}

/** At the head: a connection that is gone has none. */
const addressOf = (request: FastifyRequest): string => plainAddress((request.ip as string | undefined) ?? '')

/** Begins the record of a request; its observers are told when its connection is done with it. */
export function beginRecord (observers: Observers, request: FastifyRequest, reply: FastifyReply): RequestRecord {
  const row = (request.routeOptions.config as { row?: Row } | undefined)?.row
  const watches = observers.watch(request, row)
  const record: RequestRecord = { at: Date.now(), from: performance.now(), address: addressOf(request), watches, row }
  // Comes for every request once: after the last byte was handed over, or when the connection is gone.
  reply.raw.on('close', () => {
    const outcome = outcomeOf(record, request, reply)
    observers.ended(outcome)
    watches?.ended(outcome)
  })
  return record
}

const pathOf = (target: string): string => {
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

function outcomeOf (record: RequestRecord, request: FastifyRequest, { raw }: FastifyReply): Outcome {
  const call: Call | undefined = request.call ?? undefined
  const who = record.refusal instanceof Refused ? record.refusal.who : undefined
  return {
    requestId: request.id,
    at: record.at,
    ms: performance.now() - record.from,
    method: request.method,
    path: pathOf(request.raw.url ?? ''),
    row: record.row,
    credential: call?.credential ?? who?.credential,
    instanceId: call?.instanceId ?? who?.instance,
    status: raw.headersSent ? raw.statusCode : undefined,
    end: record.end ?? (raw.writableFinished ? 'answered' : 'caller_left'),
    coreMs: record.coreFrom === undefined || record.coreUntil === undefined ? undefined : record.coreUntil - record.coreFrom,
    forwarded: record.forwarded === true,
    error: record.error,
    refusal: record.refusal,
    reason: who?.reason ?? record.refusal?.code.toLowerCase() ?? (record.replayed === true ? 'replayed' : undefined),
    filled: call?.filled,
    reference: call?.reference,
    address: record.address
  }
}

/** Shows the observers a body that our own routes read. */
export function watchSent (request: FastifyRequest, payload: NodeJS.ReadableStream): void {
  const watches = request.record?.watches
  if (watches !== undefined) payload.on('data', (chunk: Buffer) => { watches.sent(chunk) })
}

/** Shows the observers an answer of our own. Of one that is streamed they see the head alone. */
export function watchReceived (request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const watches = request.record?.watches
  if (watches === undefined) return
  const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, String(one)]))
  const chunk = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : undefined
  watches.answered(reply.statusCode, headers)
  if (chunk !== undefined) watches.received(chunk)
}
