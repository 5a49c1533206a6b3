import type { Ledger } from '../call.js'
import { hookBody, hookSucceeded, webhookBody } from './body.js'
import { post } from './post.js'

/** Where a ledger's webhooks go. Both may hold secrets: never logged. */
export interface Webhook { readonly url: string, readonly headers: Readonly<Record<string, string>> }

/** What next_delivery answers of one (031-deliveries.sql). */
export interface Delivery {
  readonly id: string
  readonly hook_id: string | null
  readonly event: string
  readonly data: string
  readonly body: string | null
  readonly attempts: number
  readonly hook: { readonly url: string, readonly type: string, readonly timeout: string, readonly retry_count: string } | null
}

export interface Outcome {
  readonly body: string
  /** null: there was no answer */
  readonly status: number | null
  readonly error: string | null
  /** Whether another try makes sense, as far as this delivery goes. */
  readonly triesLeft: boolean
  /** The hook whose last run this was. */
  readonly hook_id: string | null
}

/** Less than Core's 30 s: one thing is delivered after another. */
const WEBHOOK_TIMEOUT_MS = 10_000
const HOOK_MOST_SECONDS = 30

/** asynq's standard, which Core's webhooks have. */
const WEBHOOK_RETRIES = 25

/** Core's signature over the time and the body. The time is the receiver's own, who checks how old it is, and not the ledger's. */
function signed (ledger: Ledger, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  return { 'Content-Type': 'application/json', 'X-Blnk-Signature': ledger.secret.sign(`${timestamp}.${body}`), 'X-Blnk-Timestamp': timestamp }
}

interface Call { readonly url: string, readonly headers: Record<string, string>, readonly timeoutMs: number, readonly retries: number, readonly succeeded: (status: number, body: string) => boolean }

function callOf (delivery: Delivery, webhook: Webhook | null): Call | string {
  if (delivery.hook_id === null) {
    if (webhook === null) return 'no webhook is set any more'
    return { url: webhook.url, headers: { ...webhook.headers }, timeoutMs: WEBHOOK_TIMEOUT_MS, retries: WEBHOOK_RETRIES, succeeded: (status) => status >= 200 && status < 300 }
  }
  if (delivery.hook === null) return 'the hook is gone'
  const { url, type, timeout, retry_count: retries } = delivery.hook
  const seconds = Number(timeout)
  return {
    url,
    headers: { 'X-Hook-ID': delivery.hook_id, 'X-Hook-Type': type },
    timeoutMs: (seconds > 0 && seconds < HOOK_MOST_SECONDS ? seconds : HOOK_MOST_SECONDS) * 1000,
    retries: Number(retries),
    succeeded: hookSucceeded
  }
}

/**
 * Sends a delivery once.
 * @returns null where `signal` ended it, and nobody knows how it went
 */
export async function attempt (ledger: Ledger, delivery: Delivery, { webhook, signal }: { readonly webhook: Webhook | null, readonly signal: AbortSignal }): Promise<Outcome | null> {
  const { hook_id: hookId, event, data } = delivery
  const body = delivery.body ?? (hookId === null ? webhookBody(event, data) : hookBody(event, ledger.clock.now().json, data))
  const ended = (status: number | null, error: string | null, triesLeft: boolean): Outcome => ({ body, status, error, triesLeft, hook_id: hookId })
  const call = callOf(delivery, webhook)
  if (typeof call === 'string') return ended(null, call, false)
  const triesLeft = delivery.attempts < call.retries
  try {
    const { status, body: answer } = await post({ url: call.url, headers: { ...signed(ledger, body), ...call.headers }, body, timeoutMs: call.timeoutMs, signal })
    return ended(status, call.succeeded(status, answer) ? null : hookId === null ? `the receiver answered ${status}` : `the hook answered ${status} without success`, triesLeft)
  } catch (error) {
    return signal.aborted ? null : ended(null, (error as Error).message, triesLeft)
  }
}

/** Milliseconds until the next try: asynq's delays without the random part. */
export const retryAfterMs = (attempts: number): number => (attempts ** 4 + 15) * 1000
