import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { LATE } from '../proxy/body.js'

/** A connection of a server's, with the answer that Node is about to give on it. */
type Served = Socket & {
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null
  /** Bytes that were handed to it, and those of them that the system has not taken yet. */
  readonly _handle?: { readonly bytesWritten: number, readonly writeQueueSize: number } | null
}

export interface SlowClients {
  /** Milliseconds for a head, and between two parts of a body or of the reading of an answer. */
  readonly ms: number
  /** Bytes a second of a body, or of the reading of an answer, on average over `ms`; 0: no matter how few. */
  readonly rate: number
  /** Answers 408 on a socket of which nothing has been written, and closes it. */
  readonly answer: (socket: Socket) => void
}

/**
 * Lets go of clients that hold a connection and do not go on, or go on by a byte now and then. A head has so much time in all; a
 * body, and the reading of an answer, so much between two of their parts, since both may be long. Who waits for a Core is not slow.
 */
export function limitSlowClients (server: Server, { ms, rate, answer }: SlowClients): void {
  if (rate > 0) limitTrickles(server, { ms, rate, answer })
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
  else refuseLate(socket, response, answer)
}

function refuseLate (socket: Served, response: ServerResponse, answer: (socket: Socket) => void): void {
  if (response.req.emit(LATE)) return
  if (response.headersSent) socket.destroy()
  else answer(socket)
}

/** How far an exchange had come at the last look. */
interface Progress {
  readonly response: ServerResponse
  /** Bytes from the client, and bytes that it took. */
  sent: number
  taken: number
  /** Some of the answer waited to be taken. */
  backlog: boolean
  /** Who reads the body has made the client wait since then, or did at that moment. */
  heldBack: boolean
}

const takenBy = ({ _handle: handle }: Served): number => handle === null || handle === undefined ? 0 : handle.bytesWritten - handle.writeQueueSize

function limitTrickles (server: Server, { ms, rate, answer }: SlowClients): void {
  const open = new Map<Served, Progress | undefined>()
  const least = rate * ms / 1000

  const look = (socket: Served, before: Progress | undefined): Progress | undefined => {
    const response = socket._httpMessage ?? undefined
    if (response === undefined) return undefined
    const request = response.req
    const now = { sent: socket.bytesRead, taken: takenBy(socket), backlog: response.writableLength > 0, heldBack: request.readableFlowing !== true }
    if (before?.response !== response) {
      const begun = { response, ...now }
      request.on('pause', () => { begun.heldBack = true })
      return begun
    }
    const sends = !request.complete && !now.heldBack && !before.heldBack
    if (before.backlog && now.backlog && now.taken - before.taken < least) socket.destroy()
    else if (sends && now.sent - before.sent < least) refuseLate(socket, response, answer)
    return Object.assign(before, now)
  }

  const add = (socket: Served): void => {
    open.set(socket, undefined)
    socket.once('close', () => { open.delete(socket) })
  }
  server.on('connection', add).on('secureConnection', add)
  const timer = setInterval(() => { for (const [socket, before] of open) open.set(socket, look(socket, before)) }, ms).unref()
  server.once('close', () => { clearInterval(timer) })
}

/** Milliseconds between two looks at how old the heads are that have not come in whole. */
export const lookEvery = (ms: number): number => Math.min(30_000, ms)
