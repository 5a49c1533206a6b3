/** Stripe's largest page. */
export const PAGE = 100

/** What comes one by one, in groups of a page. Stripe's package fetches the pages behind it. */
export async function * inPages <T> (objects: AsyncIterable<T>): AsyncGenerator<T[]> {
  let page: T[] = []
  for await (const one of objects) {
    page.push(one)
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

export function * chunks <T> (all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size)
}

/** Does something with each, a few at a time. The first error ends it, once what is under way has ended. */
export async function eachOf <T> (all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all.values()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const one of waiting) {
      if (failed) return
      await work(one).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  const done = await Promise.allSettled(Array.from({ length: atOnce }, worker))
  const broken = done.find((one) => one.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}
