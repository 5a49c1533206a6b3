import { randomUUID } from 'node:crypto'
import type { Ledger } from '../call.js'
import { momentOf } from '../clock.js'
import { encodeJson } from '../json/encode.js'
import { callLedger } from '../transactions/store.js'
import { attempt, retryAfterMs, type Delivery, type Webhook } from './attempt.js'

export interface Courier {
  /** Looks at once for what there is to deliver. */
  wake(): void
  /** Where webhooks go from now on; null: nowhere. What waits then is given up. */
  setWebhook(webhook: Webhook | null): Promise<void>
  /** Answers when everything that is due has been tried. */
  settle(): Promise<void>
  /** Ends what runs and starts no more. @param graceMs what an exchange under way is given; one that is cut off is tried again later */
  close(graceMs?: number): Promise<void>
}

export interface CourierOptions {
  readonly ledger: Ledger
  /** No other process has this database: whoever delivered before has ended. */
  readonly alone: boolean
  /** Where webhooks go; null: nowhere. `setWebhook` says it to the ledger, which remembers only whether. */
  readonly webhook: Webhook | null
  readonly onError: (error: unknown) => void
}

interface Next { readonly held: boolean, readonly listening: boolean, readonly next: string | null, readonly delivery: Delivery | null }

/** How often somebody looks: while somebody is told, and while nobody is, in case another process makes a hook. */
const POLL_MS = 100
const IDLE_MS = 5_000

/** After this long without a sign of the process that delivers, another one does. */
const LEASE = '15 seconds'
const SIGN_MS = 5_000

/** What runs at the end is given so long. */
const GRACE_MS = 1_000

/** Delivers what a ledger tells others, one after another in the order it happened. */
export function startCourier ({ ledger, alone, onError, ...options }: CourierOptions): Courier {
  const process = randomUUID()
  const closing = new AbortController()
  let { webhook } = options
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<number> | undefined
  let ready = alone ? callLedger(ledger, 'leave_courier(NULL)', []).then(() => {}, onError) : Promise.resolve()

  function sleep (ms: number): void {
    if (closed) return
    clearTimeout(timer)
    timer = setTimeout(() => { run().catch(onError) }, ms)
    timer.unref()
  }

  const now = (): string => momentOf(ledger.clock.micros()).column

  /** @returns what is to be written down of the try; null where nobody knows how it went */
  async function deliver (delivery: Delivery): Promise<readonly unknown[] | null> {
    const sign = setInterval(() => { callLedger(ledger, 'keep_courier($1)', [process]).catch(onError) }, SIGN_MS)
    try {
      const outcome = await attempt(ledger, delivery, { webhook, signal: closing.signal })
      if (outcome === null) return null
      const { triesLeft, ...told } = outcome
      const retryAt = triesLeft ? momentOf(ledger.clock.micros() + retryAfterMs(delivery.attempts) * 1000).column : null
      return [delivery.id, encodeJson(told), now(), retryAt]
    } finally { clearInterval(sign) }
  }

  /** Delivers until nothing is due; answers how long to wait for the next. */
  async function drain (): Promise<number> {
    await ready
    let tried: readonly unknown[] | null = null
    for (;;) {
      if (closed) {
        if (tried !== null) await callLedger(ledger, 'end_attempt($1, $2, $3::timestamp, $4::timestamp)', tried)
        return IDLE_MS
      }
      const { held, listening, delivery }: Next = tried === null
        ? await callLedger<Next>(ledger, 'next_delivery($1, $2::timestamp, $3::interval)', [process, now(), LEASE])
        : await callLedger<Next>(ledger, 'end_attempt_and_next($1, $2, $3::timestamp, $4::timestamp, $5, $6::interval)', [...tried, process, LEASE])
      // Another process has set a webhook that this one is yet to hear of.
      const unheard = delivery?.hook_id === null && webhook === null
      if (!held || delivery === null || unheard) return listening ? POLL_MS : IDLE_MS
      tried = await deliver(delivery)
    }
  }

  async function run (): Promise<void> {
    if (closed || running !== undefined) return
    clearTimeout(timer)
    running = drain().catch((error: unknown) => {
      onError(error)
      return IDLE_MS
    })
    const ms = await running
    running = undefined
    sleep(ms)
  }

  async function isIdle (): Promise<boolean> {
    if (closed) return true
    const { rows } = await ledger.db.query(`SELECT 1 FROM ${ledger.schema}.deliveries WHERE status = 'pending' AND due_at <= $1::timestamp LIMIT 1`, [momentOf(ledger.clock.micros()).column])
    return rows.length === 0
  }

  const wake = (): void => { if (running === undefined) sleep(0) }

  run().catch(onError)
  return {
    wake,
    async setWebhook (given) {
      const changed = ready.then(async () => {
        await callLedger(ledger, 'set_webhook($1)', [given !== null])
        webhook = given
      })
      ready = changed.catch(() => {})
      await changed
      wake()
    },
    async settle () {
      while (!await isIdle()) {
        await run()
        await new Promise((resolve) => { setTimeout(resolve, 5) })
      }
    },
    async close (graceMs = GRACE_MS) {
      closed = true
      clearTimeout(timer)
      const late = setTimeout(() => { closing.abort() }, graceMs)
      await running
      clearTimeout(late)
      await callLedger(ledger, 'leave_courier($1)', [process]).catch(onError)
    }
  }
}
