import type { Ledger } from './call.js'
import { momentOf, RUNNING, type ClockSetting } from './clock.js'
import type { Work } from './work.js'

/** What is asked of a ledger's clock; what is left out stays. */
export interface ClockOrder {
  /** Whether it stands still. */
  readonly frozen?: boolean
  /** Microseconds since 1970 to set it to, at once: nothing that was due on the way is run. */
  readonly set?: number
  /** Microseconds to go forward; what falls due on the way is run in its order and at its time. */
  readonly advance?: number
}

export interface ClockState {
  /** RFC 3339 */
  readonly now: string
  readonly frozen: boolean
}

/** A setting at which the clock shows `micros` now. */
const showing = (micros: number, frozen: boolean): ClockSetting =>
  frozen ? { frozenAt: micros, ahead: 0 } : { frozenAt: null, ahead: micros - Date.now() * 1000 }

const isFrozen = ({ clock }: Ledger): boolean => clock.setting().frozenAt !== null

export const clockState = (ledger: Ledger): ClockState => ({ now: momentOf(ledger.clock.micros()).json, frozen: isFrozen(ledger) })

/** Takes over what was set before, here or in another process. */
export async function loadClock ({ db, schema, clock }: Ledger): Promise<void> {
  const before = clock.times()
  const { rows: [row] } = await db.query<{ frozen_at: string | null, ahead: string }>(`SELECT frozen_at, ahead FROM ${schema}.control`)
  const frozenAt = row?.frozen_at == null ? null : Number(row.frozen_at)
  const ahead = Number(row?.ahead ?? 0)
  // Set meanwhile, and newer than what was read.
  if (clock.times() !== before) return
  const now = clock.setting()
  if (frozenAt !== now.frozenAt || ahead !== now.ahead) clock.set({ frozenAt, ahead })
}

async function put ({ db, schema, clock }: Ledger, setting: ClockSetting): Promise<void> {
  await db.query(`UPDATE ${schema}.control SET frozen_at = $1, ahead = $2`, [setting.frozenAt, setting.ahead])
  clock.set(setting)
}

/** Microseconds since 1970 at which the next queued work or delivery up to `until` falls due; null: none. */
async function nextDue ({ db, schema, clock }: Ledger, until: number): Promise<number | null> {
  const { rows: [row] } = await db.query<{ due: string | null }>(
    `SELECT (extract(epoch FROM min(due_at)) * 1000000)::bigint::text AS due
     FROM (SELECT due_at FROM ${schema}.queue UNION ALL SELECT due_at FROM ${schema}.deliveries WHERE status = 'pending') AS work WHERE due_at > $1::timestamp AND due_at <= $2::timestamp`,
    [momentOf(clock.micros()).column, momentOf(until).column])
  return row?.due == null ? null : Number(row.due)
}

/** Sets, moves or stops a ledger's clock, and answers once everything due has been done. */
export async function orderClock (ledger: Ledger, work: Pick<Work, 'settle'>, order: ClockOrder): Promise<ClockState> {
  const frozen = order.frozen ?? isFrozen(ledger)
  if (order.set !== undefined) await put(ledger, showing(order.set, frozen))
  else if (frozen !== isFrozen(ledger)) await put(ledger, frozen ? showing(ledger.clock.micros(), true) : showing(ledger.clock.micros(), false))
  if (order.advance !== undefined) {
    await work.settle()
    const until = ledger.clock.micros() + order.advance
    for (let due = await nextDue(ledger, until); due !== null; due = await nextDue(ledger, until)) {
      await put(ledger, showing(due, frozen))
      await work.settle()
    }
    await put(ledger, showing(until, frozen))
  }
  await work.settle()
  return clockState(ledger)
}

/** From here on the same ids in the same order for one seed; null: random ones. Never keys or secrets. */
export async function seedIds ({ db, schema, ids }: Ledger, seed: string | null): Promise<void> {
  await db.query(`SELECT ${schema}.seed_uuids($1)`, [seed])
  ids.seed(seed)
}

/** After a reset: the process's time and random ids again. */
export function forgetControl ({ clock, ids }: Ledger): void {
  clock.set(RUNNING)
  ids.seed(null)
}
