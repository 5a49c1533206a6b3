import type { Ledger } from '../call.js'
import { momentOf } from '../clock.js'
import { workLedger } from '../transactions/store.js'
import { workElsewhere, type Job } from './elsewhere.js'

export interface Queue {
  /** Says that work was queued: it is looked for after a moment. */
  wake(): void
  /** Answers when nothing is queued or due; what is scheduled for later does not count. */
  settle(): Promise<void>
  /** Ends what runs and starts no more. */
  close(): Promise<void>
}

/** What work_queue answers (006-queue-work.sql). */
interface Worked { readonly done: number, readonly waiting: boolean, readonly next: string | null, readonly elsewhere: Job | null }

/** How many transactions one database transaction works on. */
const BATCH = 50

/** How often the queue is looked at unasked: another process may have put work there and died. */
const POLL_MS = 1000

/**
 * How long what is due is left alone. Whoever queued it finds it QUEUED on a read that follows at once, as with a Core,
 * whose workers take up to a second (recording bulk, step 16), and what comes together is posted together.
 */
const REST_MS = 250

/** While another process holds what is due. */
const HELD_MS = 10

/**
 * Starts working on a ledger's queue. Several processes may do so for one schema: work is claimed and done in one
 * database transaction, and what another has claimed is passed over.
 */
export function startQueue (ledger: Ledger, onError: (error: unknown) => void = () => {}): Queue {
  let closed = false
  let woken = false
  let settling = 0
  let timer: NodeJS.Timeout | undefined
  let wakesAt = 0
  let running: Promise<void> | undefined

  function sleep (ms: number): void {
    clearTimeout(timer)
    wakesAt = Date.now() + ms
    timer = setTimeout(run, ms)
    timer.unref()
  }

  /** Under a clock that stands still nothing grows old: what is due has rested by the timer. */
  const stands = (): boolean => ledger.clock.setting().frozenAt !== null

  const untilDue = (next: string | null): number => next === null || stands()
    ? POLL_MS
    : Math.min(POLL_MS, Math.max(1, Date.parse(`${next.replace(' ', 'T')}Z`) + REST_MS - Math.floor(ledger.clock.micros() / 1000) + 1))

  /** Works until nothing is due; answers how long to wait for the next. */
  async function drain (): Promise<number> {
    let most = BATCH
    for (;;) {
      if (closed) return POLL_MS
      woken = false
      // To look in vain must not move a still clock, or what it shows would depend on how often that was.
      if (stands() && await isIdle()) return POLL_MS
      const at = ledger.clock.now().json
      const rest = settling > 0 || stands() ? 0 : REST_MS
      let worked: Worked
      try {
        worked = await workLedger<Worked>(ledger, "work_queue($1, $2::timestamp, $2::timestamp - $3 * interval '1 millisecond')", [most, at, rest])
        if (worked.elsewhere !== null && await workElsewhere(ledger, worked.elsewhere, momentOf(ledger.clock.micros() - rest * 1000).column)) continue
      } catch (error) {
        onError(error)
        // One thing that cannot be done must not hold up the rest of its batch.
        if (most === 1) await workLedger(ledger, 'postpone_work($1)', [at])
        most = 1
        continue
      }
      if (worked.done > 0) most = BATCH
      else if (worked.waiting) return HELD_MS
      else return untilDue(worked.next)
    }
  }

  function run (): void {
    if (closed || running !== undefined) return
    clearTimeout(timer)
    running = drain()
      .catch((error: unknown) => {
        onError(error)
        return POLL_MS
      })
      .then((ms) => {
        running = undefined
        if (!closed) sleep(woken ? Math.min(ms, REST_MS) : ms)
      })
  }

  function wake (): void {
    woken = true
    if (!closed && running === undefined && wakesAt - Date.now() > REST_MS) sleep(REST_MS)
  }

  async function isIdle (): Promise<boolean> {
    if (closed) return true
    const { rows } = await ledger.db.query(`SELECT 1 FROM ${ledger.schema}.queue WHERE due_at <= $1::timestamp LIMIT 1`, [ledger.clock.latest().json])
    return rows.length === 0
  }

  run()
  return {
    wake,
    async settle () {
      settling++
      try {
        while (!await isIdle()) {
          run()
          await running
          await new Promise((resolve) => { setTimeout(resolve, 1) })
        }
      } finally { settling-- }
    },
    async close () {
      closed = true
      clearTimeout(timer)
      await running
    }
  }
}
