import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { LATE } from '../proxy/body.js'

/** A connection of a server's, with the answer that Node is about to give on it. */
type Served = Socket & { readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null }

/**
 * Lets go of clients that hold a connection and do not go on. A head has so much time in all; a body, and the reading of an
 * answer, so much between two of their parts, since both may be long. Who waits for a Core is not slow.
 * @param answer answers 408 on a socket of which nothing has been written, and closes it
 */
export function limitSlowClients (server: Server, ms: number, answer: (socket: Socket) => void): void {
  server.headersTimeout = ms
  // Node puts the time of a connection between two requests in the place of this one: by that they are told apart.
  server.timeout = ms === server.keepAliveTimeout ? ms + 1 : ms
  server.on('timeout', (socket: Served) => {
    const { bytesRead, bytesWritten } = socket
    // A process that was held up finds its timers first, and then what came meanwhile.
    setImmediate(() => { if (socket.bytesRead === bytesRead && socket.bytesWritten === bytesWritten) judge(socket, server.timeout, answer) })
  })
}

function judge (socket: Served, ms: number, answer: (socket: Socket) => void): void {
  const response = socket._httpMessage ?? undefined
  const request = response?.req
  if (response === undefined || request === undefined) {
    // Idle, or told 408 and still there. A head that does not come to its end is answered by headersTimeout.
    if (socket.timeout !== ms || socket.writableEnded) socket.destroy()
  } else if (response.writableLength > 0) socket.destroy()
  else if (request.complete || request.readableFlowing !== true) socket.setTimeout(ms)
  else if (!request.emit(LATE)) {
    if (response.headersSent) socket.destroy()
    else answer(socket)
  }
}

/** Milliseconds between two looks at how old the heads are that have not come in whole. */
export const lookEvery = (ms: number): number => Math.min(30_000, ms)
