/**
 * Lets `work` run once at a time. A call is served by a run that begins after it, so that the run sees what its caller
 * did before; calls that wait share one run.
 */
export function inTurn (work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return async () => {
    waiting ??= last.then(async () => {
      waiting = undefined
      await work()
    })
    const mine = waiting
    last = mine.catch(() => {})
    await mine
  }
}
