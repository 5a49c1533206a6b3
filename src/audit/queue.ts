import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { AuditEntry } from './entry.js'

/** Milliseconds that a row waits for others; with the time of a statement, fewer than the 250 that are promised. */
const GATHER_MS = 100

/** Rows of one statement. */
const MOST_AT_ONCE = 1_000

/** Milliseconds until the next try when the database did not take rows. */
const RETRY_MS = 500

/** Milliseconds that an intent may take, and that the last rows have at the stop. */
const COMMIT_MS = 5_000

export interface QueueOptions {
  /** Makes the row of an entry that is taken, as text: its place is fixed then, and a text is the least that can wait. */
  readonly accept: (entry: AuditEntry) => string
  /** Writes rows, all or none; the same ones again where it failed. */
  readonly write: (rows: readonly string[]) => Promise<void>
  /** The most that wait. */
  readonly most: number
  readonly log: Logger
}

interface Waiting { readonly row: string, readonly written?: (() => void) | undefined }

export interface Queue {
  /** Writes it within 250 ms, or as soon as the database is back; where too many wait, counts it as lost. */
  push(entry: AuditEntry): void
  /**
   * Writes it now, together with those of others.
   * @throws GatewayError AUDIT_UNAVAILABLE
   */
  commit(entry: AuditEntry): Promise<void>
  /** How many wait, and how many were lost since the start. */
  state(): { queued: number, lost: number }
  /** Writes what waits. */
  flush(): Promise<void>
  close(): Promise<void>
}

const unavailable = (): GatewayError => new GatewayError('AUDIT_UNAVAILABLE', { headers: { 'Retry-After': '1' } })

/** Says how many rows are missing, and since when. */
const lossOf = (count: number, at: number): AuditEntry =>
  ({ at, actor: { kind: 'gateway' }, action: 'Audit rows lost', entityKind: 'audit_log', outcome: 'failed', reason: 'audit_queue_full', count })

/** Rows on their way to the database: one statement at a time, in order, and kept until it has taken them. */
export function createQueue ({ accept, write, most, log }: QueueOptions): Queue {
  const waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let failing = false
  let lost = 0
  /** Of those, what no row tells yet. */
  let untold = 0
  let lostFrom = 0

  async function drain (): Promise<void> {
    while (waiting.length > 0 || untold > 0) {
      if (untold > 0 && waiting.length < most) {
        waiting.push({ row: accept(lossOf(untold, lostFrom)) })
        untold = 0
      }
      const batch = waiting.slice(0, MOST_AT_ONCE)
      try {
        await write(batch.map(({ row }) => row))
      } catch (error) {
        if (!failing) log.error({ err: error }, `the audit log cannot be written: ${waiting.length} rows wait, and up to ${most} will`)
        failing = true
        schedule(RETRY_MS)
        return
      }
      waiting.splice(0, batch.length)
      for (const { written } of batch) written?.()
      if (failing) log.info(`the audit log is written again: ${waiting.length} rows wait, ${lost} were lost since the start`)
      failing = false
    }
  }

  function run (): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    running ??= drain().finally(() => { running = undefined })
    return running
  }

  function schedule (ms: number): void {
    timer ??= setTimeout(() => { run().catch(() => {}) }, ms)
  }

  function add (entry: AuditEntry, written?: () => void): boolean {
    if (waiting.length >= most) {
      if (untold === 0) {
        lostFrom = entry.at
        log.error(`the audit log loses rows: ${most} wait already (AUDIT_QUEUE)`)
      }
      untold++
      lost++
      return false
    }
    waiting.push({ row: accept(entry), written })
    return true
  }

  const flush = async (): Promise<void> => {
    // What is running may have begun before the last row came.
    await running
    await run()
  }

  return {
    push (entry) {
      if (add(entry) && running === undefined) schedule(GATHER_MS)
    },
    async commit (entry) {
      if (failing || waiting.length >= most) throw unavailable()
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => { reject(unavailable()) }, COMMIT_MS)
        add(entry, () => {
          clearTimeout(late)
          resolve()
        })
        if (running === undefined) run().catch(() => {})
      })
    },
    state: () => ({ queued: waiting.length, lost }),
    flush,
    async close () {
      let late: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => { late = setTimeout(resolve, COMMIT_MS) })
      await Promise.race([flush(), enough])
      clearTimeout(late)
      clearTimeout(timer)
      if (waiting.length > 0) log.error(`${waiting.length} rows of the audit log could not be written before the stop`)
    }
  }
}
