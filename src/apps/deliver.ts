import { createHmac } from 'node:crypto'
import { shownPrefix } from '../auth/credentials.js'
import { newId } from '../lib/ids.js'
import { DestinationRefused, sendOut, type Destinations } from '../lib/outbound.js'
import { VERSION } from '../lib/version.js'
import type { Delivery, Event, Verdict } from './store.js'

/** One attempt, and this long for it (spec/06 6.2). */
export const DELIVERY_MS = 10_000

/** More of an app's answer is not read. */
const MOST_BYTES = 64 * 1024
/** And less of it is kept. */
const MOST_KEPT = 4 * 1024

export interface Outgoing {
  readonly installId: string
  readonly event: Event
  readonly url: string
  /** In the documented order. */
  readonly payload: Readonly<Record<string, unknown>>
  /** What must not be kept of it. */
  readonly secret?: string
  readonly signingSecret: string
  readonly destinations: Destinations
  /** Milliseconds; DELIVERY_MS without it. */
  readonly timeoutMs?: number
}

export interface Told {
  readonly delivery: Delivery
  /** The answer as it came; undefined where there was none */
  readonly body?: string
}

/** A string of JSON that is a URL, in whatever spelling: escaped, without its slashes, with spaces or quotes in its path. */
function withoutPath (literal: string): string {
  try {
    const { protocol, origin, href } = new URL(JSON.parse(literal) as string)
    if (protocol !== 'https:' && protocol !== 'http:') return literal
    return `"${origin}${href === `${origin}/` ? '' : '/…'}"`
  } catch {
    return literal
  }
}

/** Whose URLs an answer has is kept, and what opens a door is not: a portal's token, in the query or in the path. PHP writes `https:\/\/`. */
const withoutPaths = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/g, withoutPath).replace(/\b(https?:(?:\\?\/){2})([^\s"'<>]*)/gi, (_url, scheme: string, rest: string) => {
  const authority = /^[^/?#\\]*/.exec(rest)?.[0] ?? ''
  return scheme + authority.slice(authority.lastIndexOf('@') + 1) + (rest.length > authority.length ? '/…' : '')
})

const shownKey = (text: string, secret: string | undefined): string => secret === undefined ? text : text.replaceAll(secret, `${shownPrefix(secret)}…`)

/** Postgres' text has no U+0000. */
const kept = (text: string, secret: string | undefined): string => withoutPaths(shownKey(text, secret).slice(0, MOST_KEPT)).replaceAll('\0', '\ufffd')

/** Core's signature of what it sends (spec/09 15), with the app's own secret: beyond the Cloud, which sends none. */
export const signature = (secret: string, timestamp: string, body: string): string => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')

function verdictOf (error: unknown): readonly [verdict: Verdict, sentence: string] {
  const { message } = error as Error
  if (error instanceof DestinationRefused) return ['not_allowed', `${message}; an app on this machine is called where the gateway is started with --ephemeral or APPS_ALLOW_LOCAL=true`]
  return message.startsWith('no answer within') ? ['timed_out', message] : ['not_reached', message]
}

/** Tells an app of something, once. It does not throw: what went wrong is in the delivery. */
export async function deliver ({ installId, event, url, payload, secret, signingSecret, destinations, timeoutMs = DELIVERY_MS }: Outgoing): Promise<Told> {
  const body = JSON.stringify(payload)
  const begun = performance.now()
  const sentAt = new Date()
  const timestamp = String(Math.floor(sentAt.getTime() / 1000))
  const delivery = (told: Pick<Delivery, 'response_status' | 'response' | 'verdict' | 'error'>): Delivery => ({
    id: newId('dlv'),
    installed_app_id: installId,
    event,
    url,
    request: shownKey(body, secret),
    sent_at: sentAt.toISOString(),
    ms: Math.round((performance.now() - begun) * 10) / 10,
    ...told
  })
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'User-Agent': `blnk-gateway/${VERSION}`, 'X-Blnk-Timestamp': timestamp, 'X-Blnk-Signature': signature(signingSecret, timestamp, body) }
  try {
    const { status, body: bytes } = await sendOut({ url, method: 'POST', headers, body, timeoutMs, destinations }, MOST_BYTES)
    const text = bytes.toString()
    const accepted = status >= 200 && status < 300
    return { delivery: delivery({ response_status: status, response: kept(text, secret), verdict: accepted ? 'accepted' : 'refused', error: accepted ? null : `it answered ${status}` }), body: text }
  } catch (error) {
    const [verdict, sentence] = verdictOf(error)
    return { delivery: delivery({ response_status: null, response: null, verdict, error: sentence }) }
  }
}
