import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export const FAULTS = ['refuses', 'says nothing', 'answers slowly', 'resets in the middle', 'cuts a chunk', 'answers 503'] as const
export type Fault = typeof FAULTS[number]

/** What it answers where it answers at all. */
export const WHOLE = '{"whole":true}'
export const BUSY = '{"error":"of Core"}'
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const SLOW = `${HEAD}Content-Length: ${WHOLE.length}\r\n\r\n${WHOLE}`
const OK = `${HEAD}Content-Length: 2\r\n\r\n{}`

/** What is written when the request is there, and what is done when it is told to strike. */
const ACTS: Readonly<Record<Exclude<Fault, 'refuses'>, readonly [first: string, strike: (socket: Socket) => void]>> = {
  'says nothing': ['', () => {}],
  'answers slowly': [SLOW.slice(0, -WHOLE.length + 3), (socket) => { dribble(socket, SLOW.slice(-WHOLE.length + 3)) }],
  'resets in the middle': [SLOW.slice(0, -4), (socket) => { socket.resetAndDestroy() }],
  'cuts a chunk': [`${HEAD}Transfer-Encoding: chunked\r\n\r\n${WHOLE.length.toString(16)}\r\n${WHOLE.slice(0, 5)}`, (socket) => { socket.end() }],
  'answers 503': ['', (socket) => { socket.write(`HTTP/1.1 503 Service Unavailable\r\nX-Of: core\r\nContent-Length: ${BUSY.length}\r\n\r\n${BUSY}`) }]
}

/** A byte at a time, each in a write of its own. */
function dribble (socket: Socket, text: string): void {
  if (text === '' || socket.destroyed) return
  socket.write(text.slice(0, 1), () => { setImmediate(dribble, socket, text.slice(1)) })
}

export interface FaultServer {
  readonly origin: string
  /** All that came, one text of latin1 a connection. */
  readonly came: readonly string[]
  /** The connection with as much of the request as was to come first; what is written before the strike has been written. */
  readonly reached: Promise<Socket>
  strike(): void
  /** From now on every request is answered 200. */
  mend(): Promise<void>
  close(): Promise<void>
}

/** A Core that fails in one way. @param isThere whether what has come is enough of the request to begin with */
export async function startFaultServer (fault: Fault, isThere: (came: string) => boolean): Promise<FaultServer> {
  const came: string[] = []
  const sockets = new Set<Socket>()
  let isMended = false
  let reach: (socket: Socket) => void
  const reached = new Promise<Socket>((resolve) => { reach = resolve })
  let strike = (): void => {}
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => { sockets.delete(socket) })
    const at = came.push('') - 1
    let isBegun = false
    socket.on('data', (chunk) => {
      came[at] += chunk.toString('latin1')
      if (isMended) socket.write(OK)
      else if (!isBegun && fault !== 'refuses' && isThere(came[at]!)) {
        isBegun = true
        const [first, act] = ACTS[fault]
        strike = () => { act(socket) }
        // In the middle of a request there is no answer yet to break off.
        if (first === '' || !isWhole(came[at]!)) reach(socket)
        else socket.write(first, () => { reach(socket) })
      }
    })
  })
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  const port = await listen(0)
  if (fault === 'refuses') await stop()
  return {
    origin: `http://127.0.0.1:${port}`,
    came,
    reached,
    strike: () => { strike() },
    async mend () {
      isMended = true
      if (!server.listening) await listen(port)
    },
    close: stop
  }
}

/** Whether a request without chunks has come to its end. */
export function isWhole (came: string): boolean {
  const end = came.indexOf('\r\n\r\n')
  return end !== -1 && came.length - end - 4 >= Number(/\r\ncontent-length: (\d+)/i.exec(came)?.[1] ?? 0)
}
