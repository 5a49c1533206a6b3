import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Gate } from '../gateway/admit.js'
import type { Observer } from '../gateway/record.js'
import { actionOf } from './actions.js'
import type { AuditEntry } from './entry.js'
import { createQueue } from './queue.js'
import { RefusalCounts } from './refusals.js'
import { ActWatch, intentOf, writeRefusal, type Writer } from './requests.js'
import { rowOf, valuesOf, type AuditValues } from './row.js'
import type { AuditStore } from './store.js'
import { openStream, type AuditStream } from './stream.js'

/** Milliseconds between two looks at minutes that are over. */
const COUNTED_MS = 5_000

/** Milliseconds between two looks for rows that are too old, and rows of one statement of it: others write between two. */
const FORGET_MS = 3_600_000
const FORGET_AT_ONCE = 1_000

export interface Audit {
  readonly observer: Observer
  readonly gates: readonly Gate[]
  /** Writes down what is not simply a row's act: a login, a consent, a reload of the configuration. */
  act(entry: Omit<AuditEntry, 'at'> & { readonly at?: number }): void
  state(): { queued: number, lost: number }
  /** Begins to write. @param days after which rows are removed; 0: never */
  open(store: AuditStore, days: number): void
  /** Writes what waits, refusals that are still counted too. */
  flush(): Promise<void>
  /** Opens the file of the stream anew. */
  reopenStream(): void
  close(): Promise<void>
}

export interface AuditOptions {
  /** `strict`: an intent is in the database before a request goes on. */
  readonly mode: 'on' | 'strict'
  /** The most rows that wait for the database. */
  readonly most: number
  readonly stream: AuditStream | undefined
  readonly log: Logger
}

const NOT_STORABLE = /^2[23]/

/** Writes rows; of those that no column holds, what can be said of them, so that one does not keep the others waiting. */
async function append (store: AuditStore, rows: readonly string[]): Promise<void> {
  try {
    await store.append(rows)
  } catch (error) {
    if (!NOT_STORABLE.test((error as { code?: string }).code ?? '')) throw error
    for (const row of rows) {
      const { writer, seq, at, phase, act } = rowOf(JSON.parse(row) as AuditValues)
      const bare = valuesOf({ at: Date.parse(at), actor: { kind: 'none' }, action: 'Audit row not storable', outcome: 'unknown', phase: phase === 'whole' ? undefined : phase, act: act ?? undefined }, writer, seq)
      await store.append([row]).catch(async () => { await store.append([JSON.stringify(bare)]) })
    }
  }
}

/**
 * The audit log as it is set; undefined: off.
 * @throws SettingError when AUDIT_STREAM cannot be written
 */
export function openAudit ({ audit: mode, auditQueue: most, auditStream }: Config, log: Logger): Audit | undefined {
  return mode === 'off' ? undefined : createAudit({ mode, most, stream: auditStream === undefined ? undefined : openStream(auditStream, log), log })
}

/** The audit log of this process: of requests, and of what is told by `act`. Rows wait in memory until a store is there. */
export function createAudit ({ mode, most, stream, log }: AuditOptions): Audit {
  const writer = randomUUID()
  const counts = new RefusalCounts()
  const acts = new WeakMap<FastifyRequest, string>()
  const timers: NodeJS.Timeout[] = []
  let seq = 0
  let store: AuditStore | undefined
  let opened = (): void => {}
  const isOpen = new Promise<void>((resolve) => { opened = resolve })

  const queue = createQueue({
    accept (entry) {
      const values = valuesOf(entry, writer, ++seq)
      stream?.write(values)
      return JSON.stringify(values)
    },
    async write (rows) {
      await isOpen
      await append(store as AuditStore, rows)
    },
    most,
    log
  })
  const count = (now: number): void => { for (const entry of counts.take(now)) queue.push(entry) }

  const forget = async (days: number): Promise<void> => {
    let gone = 0
    do gone = await (store as AuditStore).forget(days, FORGET_AT_ONCE)
    while (gone === FORGET_AT_ONCE)
  }

  const to: Writer = { write: queue.push, count: (refusal) => { counts.add(refusal) }, hasOwnRow: (refusal) => counts.hasOwnRow(refusal) }
  const observer: Observer = {
    watch (request, row) {
      const action = row === undefined ? null : actionOf(row)
      return row === undefined || action === null ? undefined : new ActWatch({ request, row, action, intended: () => acts.get(request) }, to)
    },
    ended (outcome) {
      if (outcome.refusal !== undefined && (outcome.row === undefined || actionOf(outcome.row) === null)) writeRefusal(outcome, to)
    }
  }
  const gate: Gate = {
    admitted (call, request) {
      const action = actionOf(call.row)
      // A row that is open to all is written down once it is known who asked.
      if (action === null || call.row.scope === 'public') return undefined
      const act = randomUUID()
      // Before it is tried: an intent that was too late is written all the same, and this refusal is its outcome.
      acts.set(request, act)
      return queue.commit({ ...intentOf(call, request, action), act })
    }
  }

  return {
    observer,
    gates: mode === 'strict' ? [gate] : [],
    act (entry) { queue.push({ at: Date.now(), ...entry }) },
    state: queue.state,
    open (given, days) {
      store = given
      opened()
      timers.push(setInterval(() => { count(Date.now()) }, COUNTED_MS))
      if (days === 0) return
      const look = (): void => { forget(days).catch((error: unknown) => { log.warn({ err: error }, 'old rows of the audit log were not removed') }) }
      look()
      timers.push(setInterval(look, FORGET_MS))
    },
    async flush () {
      count(Infinity)
      await queue.flush()
    },
    reopenStream () { stream?.reopen() },
    async close () {
      for (const timer of timers) clearInterval(timer)
      count(Infinity)
      await queue.close()
      await stream?.close()
    }
  }
}
