/** Numbers that look random and are the same for the same seed: mulberry32. */
export interface Random {
  /** From 0 up to and without `below`. */
  below(below: number): number
  oneOf<T>(all: readonly T[]): T
  /** Letters and digits, as in Stripe's ids. */
  id(length: number): string
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function createRandom (seed: number): Random {
  let state = seed >>> 0
  const below = (most: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296 * most)
  }
  return {
    below,
    oneOf: <T>(all: readonly T[]): T => all[below(all.length)] as T,
    id: (length) => Array.from({ length }, () => ALPHABET[below(ALPHABET.length)]).join('')
  }
}
