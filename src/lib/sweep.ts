const SWEEP_MS = 10 * 60_000

/** Deletes what has expired, every ten minutes. @returns what ends it */
export function sweepNowAndThen (sweep: () => Promise<void>, onError: (error: Error) => void): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const sweeping = setInterval(() => { last = sweep().catch(onError) }, SWEEP_MS)
  return async () => {
    clearInterval(sweeping)
    await last
  }
}
