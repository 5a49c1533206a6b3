import { networkOf } from '../lib/address-list.js'
import type { Actor, AuditEntry } from './entry.js'

const MINUTE_MS = 60_000

/** Rows of one minute. What comes from more addresses than that is counted as from others. */
const MOST_ROWS = 1_000

/** Rows that a credential has in a minute for refusals alike; what it is refused beyond is counted. */
const MOST_ALIKE = 20

/** Kinds of refusals that are told apart in a minute. */
const MOST_KINDS = 10_000

export interface Refusal {
  /** Milliseconds since 1970 */
  readonly at: number
  readonly actor: Actor
  readonly address: string
  readonly reason: string
  readonly status: number
  /** Of one that would have a row of its own. */
  readonly route?: string | undefined
  readonly instanceId?: string | undefined
}

/**
 * Refusals that are counted and not written one by one: a row a minute for an address, or a credential, and a reason. A
 * flood takes neither memory nor rows beyond a bound.
 */
export class RefusalCounts {
  #rows = new Map<string, { readonly refusal: Refusal, readonly address: string, count: number }>()
  #alike = new Map<string, number>()
  #minute = NaN

  /** Whether a refusal of a known credential still has a row of its own: a credential's owner may loop too. */
  hasOwnRow ({ at, actor, route, reason }: Refusal): boolean {
    const minute = Math.floor(at / MINUTE_MS)
    if (minute !== this.#minute) this.#alike.clear()
    this.#minute = minute
    const key = [actor.kind, actor.id ?? '', route ?? '', reason].join('\n')
    const before = this.#alike.get(key)
    if (before === undefined && this.#alike.size >= MOST_KINDS) return false
    this.#alike.set(key, (before ?? 0) + 1)
    return (before ?? 0) < MOST_ALIKE
  }

  add (refusal: Refusal): void {
    const { actor, reason, route = '', instanceId = '' } = refusal
    const minute = Math.floor(refusal.at / MINUTE_MS)
    const address = networkOf(refusal.address)
    const key = [minute, actor.kind, actor.id ?? '', address, reason, route, instanceId].join('\n')
    const counted = this.#rows.get(key)
    if (counted !== undefined) {
      counted.count++
      return
    }
    const isFull = this.#rows.size >= MOST_ROWS
    const others = [minute, '', 'others', reason].join('\n')
    const rest = isFull ? this.#rows.get(others) : undefined
    if (rest !== undefined) rest.count++
    else if (isFull) this.#rows.set(others, { refusal: { ...refusal, actor: { kind: 'none' }, route: undefined, instanceId: undefined }, address: 'others', count: 1 })
    else this.#rows.set(key, { refusal, address, count: 1 })
  }

  /** Takes out what was counted in minutes that are over, at the end all. */
  take (now: number): AuditEntry[] {
    const begun = Math.floor(now / MINUTE_MS) * MINUTE_MS
    const over = [...this.#rows].filter(([, { refusal }]) => refusal.at < begun)
    for (const [key] of over) this.#rows.delete(key)
    return over.map(([, { refusal, address, count }]) => {
      const { at, actor, status, reason, route, instanceId } = refusal
      return { at, actor, action: 'Request refused', outcome: 'refused', status, reason, count, address, route, instanceId }
    })
  }
}
