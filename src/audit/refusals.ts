import { isIPv4, isIPv6 } from 'node:net'
import type { Actor, AuditEntry } from './entry.js'

const MINUTE_MS = 60_000

/** Rows of one minute. What comes from more addresses than that is counted as from others. */
const MOST_ROWS = 1_000

/** Groups of an IPv6 address that are a customer's network (RFC 6177 2), in which anybody has as many addresses as they like. */
const NETWORK_GROUPS = 4

/** The address as refusals are counted by it: an IPv6 address by its /64, an IPv4 one inside of IPv6 as what it is. */
export function networkOf (address: string): string {
  const inner = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (inner !== undefined) return inner
  const [bare = ''] = address.split('%', 1)
  if (isIPv4(bare) || !isIPv6(bare)) return bare
  const [head = '', tail] = bare.split('::')
  const groups = head === '' ? [] : head.split(':')
  // Of what `::` stands for, the first groups at least are as many as are missing.
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length + (tail.includes('.') ? 1 : 0))
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')]
  return `${all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group === '' ? '0' : group, 16).toString(16)).join(':')}::/64`
}

export interface Refusal {
  /** Milliseconds since 1970 */
  readonly at: number
  readonly actor: Actor
  readonly address: string
  readonly reason: string
  readonly status: number
}

/**
 * Refusals that are counted and not written one by one: a row a minute for an address, or a credential, and a reason. A
 * flood takes neither memory nor rows beyond a bound.
 */
export class RefusalCounts {
  #rows = new Map<string, { readonly refusal: Refusal, readonly address: string, count: number }>()

  add (refusal: Refusal): void {
    const { actor, reason } = refusal
    const minute = Math.floor(refusal.at / MINUTE_MS)
    const address = networkOf(refusal.address)
    const key = [minute, actor.id ?? '', address, reason].join('\n')
    const counted = this.#rows.get(key)
    if (counted !== undefined) {
      counted.count++
      return
    }
    const isFull = this.#rows.size >= MOST_ROWS
    const others = [minute, '', 'others', reason].join('\n')
    const rest = isFull ? this.#rows.get(others) : undefined
    if (rest !== undefined) rest.count++
    else if (isFull) this.#rows.set(others, { refusal: { ...refusal, actor: { kind: 'none' } }, address: 'others', count: 1 })
    else this.#rows.set(key, { refusal, address, count: 1 })
  }

  /** Takes out what was counted in minutes that are over, at the end all. */
  take (now: number): AuditEntry[] {
    const begun = Math.floor(now / MINUTE_MS) * MINUTE_MS
    const over = [...this.#rows].filter(([, { refusal }]) => refusal.at < begun)
    for (const [key] of over) this.#rows.delete(key)
    return over.map(([, { refusal, address, count }]) => ({
      at: refusal.at, actor: refusal.actor, action: 'Request refused', outcome: 'refused', status: refusal.status, reason: refusal.reason, count, address
    }))
  }
}
