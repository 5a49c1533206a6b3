import type { Limit } from './limit.js'

interface Window { count: number, endsAt: number }

/**
 * Counts in memory what has a limit, in windows that begin with the first of a key's requests. At once, without a promise:
 * this is asked of every request.
 */
export class Windows {
  // A Map keeps the order in which they were put there: the first is the one that was seen longest ago.
  readonly #windows = new Map<string, Window>()

  /** @param most keys that are counted; beyond them the one that was seen longest ago is forgotten */
  constructor (private readonly limit: Limit, private readonly most: number) {}

  /**
   * Counts one.
   * @param now milliseconds
   * @returns milliseconds until the window ends where this is one too many; 0: it is allowed
   */
  take (key: string, now: number): number {
    const { count, seconds } = this.limit
    const found = this.#windows.get(key)
    if (found !== undefined) this.#windows.delete(key)
    const window = found !== undefined && now < found.endsAt ? found : { count: 0, endsAt: now + seconds * 1_000 }
    this.#windows.set(key, window)
    if (this.#windows.size > this.most) this.#windows.delete(this.#windows.keys().next().value as string)
    window.count++
    return window.count > count ? window.endsAt - now : 0
  }
}
