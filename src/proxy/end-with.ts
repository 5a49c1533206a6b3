import type { ServerResponse } from 'node:http'

/** Bytes of an answer that are worth copying to save a piece of a write. */
const MOST_JOINED = 16 * 1024

interface Waiting { readonly response: ServerResponse, readonly last: Buffer | undefined }

const waiting: Waiting[] = []

/**
 * Ends an answer whose head Node has been given, at the end of this turn of the event loop. The end of one answer makes
 * room for another on its connection, which is told of it at once: not from inside of undici's parser.
 *
 * A short one goes out in one write, head and all: Node joins a text to the head, where it would write a buffer as a second
 * piece, and what follows the head as a third. And all that end in one turn go out in a row: whoever reads
 * them is woken once, and what ends each (src/gateway/record.ts) runs for all of them in a row. Both were measured
 * (docs/performance.md).
 */
export function endWith (response: ServerResponse, last: Buffer | undefined): void {
  if (waiting.push({ response, last }) === 1) setImmediate(writeAll)
}

function writeAll (): void {
  for (const { response, last } of waiting.splice(0)) {
    // Its caller may have left since.
    if (response.destroyed || response.writableEnded || response.socket?.destroyed === true) continue
    try {
      write(response, last)
    } catch {
      // The others are not to miss their ends for it.
      response.destroy()
    }
  }
}

function write (response: ServerResponse, last: Buffer | undefined): void {
  const { socket } = response
  // Behind another answer on its connection, or behind bytes that nobody reads yet: there is nothing to be joined.
  if (last === undefined || last.length > MOST_JOINED || socket === null || socket.writableLength > 0) {
    response.end(last)
    return
  }
  socket.cork()
  response.write(last.toString('latin1'), 'latin1')
  socket.uncork()
  response.end()
}
