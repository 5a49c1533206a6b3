import type { Limit } from './limit.js'

interface Window { count: number, endsAt: number }

/**
 * Counts in memory what has a limit, in windows that begin with the first of a key's requests. At once, without a promise:
 * this is asked of every request.
 */
export class Windows {
  // A Map keeps the order in which they were put there: the first is the one whose window began first.
  readonly #windows = new Map<string, Window>()

  /** @param most keys that are counted; beyond them the one whose window began first is forgotten */
  constructor (private readonly limit: Limit, private readonly most: number) {}

  /**
   * Counts one.
   * @param now milliseconds
   * @returns milliseconds until the window ends where this is one too many; 0: it is allowed
   */
  take (key: string, now: number): number {
    const window = this.#windows.get(key)
    if (window === undefined || now >= window.endsAt) {
      this.#begin(key, now)
      return 0
    }
    return ++window.count > this.limit.count ? window.endsAt - now : 0
  }

  #begin (key: string, now: number): void {
    this.#windows.delete(key)
    if (this.#windows.size >= this.most) this.#windows.delete(this.#windows.keys().next().value as string)
    this.#windows.set(key, { count: 1, endsAt: now + this.limit.seconds * 1_000 })
  }
}
