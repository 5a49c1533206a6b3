import type { ServerResponse } from 'node:http'

/** Bytes of an answer that are worth copying to save a piece of a write. */
const MOST_JOINED = 16 * 1024

interface Waiting { readonly response: ServerResponse, readonly last: Buffer }

const waiting: Waiting[] = []

/**
 * Ends an answer whose head Node has been given, and of which nothing is written yet or all that came before is.
 *
 * A short one goes out in one write, head and all: Node joins a text to the head, where it would write a buffer as a second
 * piece, and what follows the head as a third. And all the short ones of one turn of the event loop go out at its end: whoever reads
 * them is woken once, and what ends each (src/gateway/record.ts) runs for all of them in a row. Both were measured
 * (docs/performance.md).
 */
export function endWith (response: ServerResponse, last: Buffer): void {
  if (last.length > MOST_JOINED || isHeldUp(response)) response.end(last)
  else if (waiting.push({ response, last }) === 1) setImmediate(writeAll)
}

/** Behind another answer on its connection, or behind bytes that nobody reads. */
const isHeldUp = ({ socket }: ServerResponse): boolean => socket === null || socket.writableLength > 0

function writeAll (): void {
  for (const { response, last } of waiting.splice(0)) {
    const { socket } = response
    // Its caller may have left since.
    if (response.destroyed || response.writableEnded || socket?.destroyed === true) continue
    if (socket === null || isHeldUp(response)) {
      response.end(last)
      continue
    }
    socket.cork()
    response.write(last.toString('latin1'), 'latin1')
    socket.uncork()
    response.end()
  }
}
