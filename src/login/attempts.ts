import { networkOf } from '../lib/address-list.js'

/** So many wrong tries cost nothing; each further one doubles the wait, up to the most. */
interface Patience { readonly free: number, readonly mostMs: number }

const OF_ADDRESS: Patience = { free: 5, mostMs: 60_000 }
/** Of all addresses together. It stays short: what a flood of guesses makes the person wait for. */
const OF_ALL: Patience = { free: 50, mostMs: 5_000 }

/** Without a try for so long, they are forgotten. */
const FORGET_MS = 15 * 60_000

/** The most addresses that are remembered; the one that tried longest ago goes first. */
const MOST_ADDRESSES = 10_000

interface Tries { readonly count: number, readonly at: number }

function waitMs (tries: Tries | undefined, { free, mostMs }: Patience, now: number): number {
  if (tries === undefined || tries.count < free || now - tries.at >= FORGET_MS) return 0
  return Math.max(0, tries.at + Math.min(mostMs, 1000 * 2 ** (tries.count - free)) - now)
}

/**
 * Slows guesses down, by address and in all. Nobody is locked out: a wait is a minute at the most, and addresses that
 * have logged in before do not wait for others.
 */
export class Attempts {
  #all: Tries | undefined
  readonly #tries = new Map<string, Tries>()
  readonly #welcome = new Set<string>()

  /**
   * Takes a try, which counts as wrong until succeeded() says otherwise: many at once are so counted too.
   * @returns milliseconds to wait instead; 0: it is taken
   */
  take (address: string, now: number): number {
    const from = networkOf(address)
    const mine = this.#tries.get(from)
    const wait = Math.max(waitMs(mine, OF_ADDRESS, now), this.#welcome.has(from) ? 0 : waitMs(this.#all, OF_ALL, now))
    if (wait > 0) return wait
    const more = (tries: Tries | undefined): Tries => ({ count: tries === undefined || now - tries.at >= FORGET_MS ? 1 : tries.count + 1, at: now })
    this.#tries.delete(from)
    this.#tries.set(from, more(mine))
    this.#all = more(this.#all)
    dropOldest(this.#tries)
    return 0
  }

  succeeded (address: string): void {
    const from = networkOf(address)
    this.#tries.delete(from)
    if (this.#all !== undefined) this.#all = { ...this.#all, count: this.#all.count - 1 }
    this.#welcome.delete(from)
    this.#welcome.add(from)
    dropOldest(this.#welcome)
  }
}

function dropOldest (kept: Map<string, unknown> | Set<string>): void {
  if (kept.size > MOST_ADDRESSES) kept.delete(kept.keys().next().value as string)
}
