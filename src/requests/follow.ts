import { Readable } from 'node:stream'
import type { RequestSummary } from './entry.js'
import type { RequestRing } from './ring.js'

/** Milliseconds between two empty lines, by which both ends know that the other is there. */
const HEARTBEAT_MS = 15_000

/** Characters that wait for a reader; past it lines are left out and counted. */
const MOST_WAITING = 256 * 1024

/**
 * Requests as they end, a line of JSON each. A line with `missed` counts those that a slow reader did not get, one with
 * `ended` is the last. Empty lines mean nothing.
 * @param first already ended ones, which go out first
 */
export function followRequests (ring: RequestRing, matches: (request: RequestSummary) => boolean, first: readonly RequestSummary[]): Readable {
  let missed = 0
  let unfollow = (): void => {}
  const line = (value: object): void => { stream.push(`${JSON.stringify(value)}\n`) }
  const stream = new Readable({
    highWaterMark: MOST_WAITING,
    encoding: 'utf8',
    read () {
      if (missed === 0) return
      const count = missed
      missed = 0
      line({ missed: count })
    },
    destroy (error, done) {
      clearInterval(heartbeat)
      unfollow()
      done(error)
    }
  })
  const isFull = (): boolean => stream.readableLength >= MOST_WAITING
  const heartbeat = setInterval(() => { if (!isFull()) stream.push('\n') }, HEARTBEAT_MS).unref()
  // The answer's head goes out with the first bytes.
  stream.push('\n')
  for (const summary of first) line(summary)
  unfollow = ring.follow({
    add (summary) {
      if (!matches(summary)) return
      if (isFull()) missed++
      else line(summary)
    },
    close () {
      clearInterval(heartbeat)
      line({ ...(missed === 0 ? {} : { missed }), ended: 'the gateway stops' })
      stream.push(null)
    }
  })
  return stream
}
