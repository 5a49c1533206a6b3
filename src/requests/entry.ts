import type { End, Outcome } from '../gateway/record.js'
import type { KeptBody } from './body.js'
import { redactHeaders, redactSentence, redactTarget, redactText } from './redact.js'

/** A line of the request log. Names are those of the admin API's JSON. */
export interface RequestSummary {
  /** `req_<four letters of this process>_<number>`, higher for later ones. */
  readonly id: string
  /** X-Request-Id: the caller's, who may send the same one twice, or a generated one. */
  readonly request_id: string
  /** RFC 3339, when its head was read. */
  readonly at: string
  readonly ms: number
  readonly method: string
  readonly path: string
  /** As it was sent, without its `?`, secrets removed. */
  readonly query: string | null
  /** The route's pattern; null where no route has the path. */
  readonly row: string | null
  /** null: no answer was begun */
  readonly status: number | null
  readonly end: End
  /** Whether it was sent to a Core. */
  readonly forwarded: boolean
  readonly instance_id: string | null
  readonly key: { readonly id: string, readonly name: string, readonly prefix: string } | null
  readonly filled: readonly string[]
  /** The one that was generated. */
  readonly reference: string | null
  /** An answer of the gateway's own that says no. */
  readonly refusal: { readonly code: string, readonly message: string } | null
  readonly reason: string | null
  readonly address: string
}

interface Message {
  /** In their order and case, secrets removed. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: KeptBody
}

export interface RequestEntry extends RequestSummary {
  /** `whole`: the body that is counted is all that the caller sent. */
  readonly request: Message & { readonly whole: boolean }
  /** null: no answer was begun */
  readonly response: Message | null
}

/** What a request was, its secrets removed. */
export function summaryOf (id: string, target: string, outcome: Outcome): RequestSummary {
  const { credential, refusal } = outcome
  const shown = redactTarget(target)
  const at = shown.indexOf('?')
  return {
    id,
    request_id: outcome.requestId,
    at: new Date(outcome.at).toISOString(),
    ms: Math.round(outcome.ms * 10) / 10,
    method: outcome.method,
    path: at === -1 ? shown : shown.slice(0, at),
    query: at === -1 ? null : shown.slice(at + 1),
    row: outcome.row?.path ?? null,
    status: outcome.status ?? null,
    end: outcome.end,
    forwarded: outcome.forwarded,
    instance_id: outcome.instanceId === undefined ? null : redactText(outcome.instanceId),
    key: credential === undefined ? null : { id: credential.id, name: credential.name, prefix: credential.prefix },
    filled: outcome.filled ?? [],
    reference: outcome.reference ?? null,
    refusal: refusal === undefined ? null : { code: refusal.code, message: redactSentence(refusal.message) },
    reason: outcome.reason ?? null,
    address: outcome.address
  }
}

/** The value of the first header of this name in a flat list. */
export const headerIn = (flat: readonly string[]) => (wanted: string): string | undefined => {
  for (let i = 0; i < flat.length; i += 2) if (flat[i]!.length === wanted.length && flat[i]!.toLowerCase() === wanted) return flat[i + 1]
  return undefined
}

export const messageOf = (flat: readonly string[], body: KeptBody): Message => ({ headers: redactHeaders(flat), body })
