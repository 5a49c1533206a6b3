import type { TokenStore } from './token-store.js'

const SWEEP_MS = 10 * 60_000

/** Deletes what has expired, every ten minutes. @returns what ends it */
export function sweepNowAndThen (tokens: TokenStore, onError: (error: Error) => void): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const sweeping = setInterval(() => { last = tokens.sweep().catch(onError) }, SWEEP_MS)
  return async () => {
    clearInterval(sweeping)
    await last
  }
}
