import type { FastifyRequest } from 'fastify'
import type { Observer, Watch } from '../gateway/record.js'
import { BodyKeeper } from './body.js'
import { headerIn, messageOf, summaryOf } from './entry.js'
import type { RequestRing } from './ring.js'

/** Who looks at the request log, and the orchestrator's questions every few seconds, would fill it. */
const isNoise = (target: string): boolean => /^\/(?:admin\/requests|health)(?:[/?]|$)/.test(target)

/** Keeps every request in the ring: its heads, the first `bodyBytes` of its bodies, its outcome. */
export function createRecorder (ring: RequestRing, bodyBytes: number): Observer {
  return {
    watch (request) {
      const target = request.raw.url ?? ''
      return isNoise(target) ? undefined : watchOne(ring, { request, target, bodyBytes })
    }
  }
}

function watchOne (ring: RequestRing, { request, target, bodyBytes }: { request: FastifyRequest, target: string, bodyBytes: number }): Watch {
  const sent = new BodyKeeper(bodyBytes)
  const received = new BodyKeeper(bodyBytes)
  let answer: readonly string[] | undefined
  return {
    sent (chunk) { sent.add(chunk) },
    answered (_status, headers) { answer = headers },
    received (chunk) { received.add(chunk) },
    ended (outcome) {
      const { raw } = request
      const header = headerIn(raw.rawHeaders)
      // Keys and passwords of Cores pass through the admin API.
      const isAdmin = outcome.row?.scope === 'admin' || target.startsWith('/admin')
      ring.add({
        ...summaryOf(ring.nextId(), target, outcome),
        request: { ...messageOf(raw.rawHeaders, sent.done(header, isAdmin)), whole: isWhole(sent.bytes, header, raw.complete && outcome.forwarded) },
        response: answer === undefined || outcome.status === undefined ? null : messageOf(answer, received.done(headerIn(answer), isAdmin))
      })
    }
  }
}

/** A refusal does not read the body, and a caller may leave in the middle of it. */
function isWhole (bytes: number, header: (name: string) => string | undefined, read: boolean): boolean {
  const length = header('content-length')
  if (length !== undefined) return Number(length) === bytes
  return header('transfer-encoding') === undefined || read
}
