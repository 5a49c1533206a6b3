import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'

/** A request as its bytes came in. Texts are latin1, so that each byte is a character. */
export interface Received {
  readonly line: string
  /** Names and values in order and case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** After its chunks were joined. */
  readonly body: Buffer
  readonly socket: Socket
}

export interface Upstream {
  readonly origin: string
  readonly received: Received[]
  /** Connections accepted so far. */
  readonly connections: () => number
  readonly sockets: Set<Socket>
  close(): Promise<void>
}

/** Writes an answer, or does harm, once a request is complete. */
export type Answerer = (request: Received, socket: Socket) => void

/**
 * A Core that records: a bare server on a port of its own, so that nothing is normalised. Text answers are written as
 * latin1, as they are.
 * @param answer the bytes of every answer, or a function that writes them
 */
export async function startUpstream (answer: string | Buffer | Answerer, tls?: TlsOptions): Promise<Upstream> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const answerer: Answerer = typeof answer === 'function' ? answer : (_request, socket) => { socket.write(answer as string, 'latin1') }
  const onConnection = (socket: Socket): void => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const read = readRequest(pending, socket)
        if (read === undefined) return
        pending = pending.subarray(read.length)
        received.push(read.request)
        answerer(read.request, socket)
      }
    })
  }
  const server: Server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    sockets,
    async close () {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => { server.close(resolve) })
    }
  }
}

function readRequest (bytes: Buffer, socket: Socket): { request: Received, length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line, ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as const
  })
  const start = end + 4
  const value = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  const request = (body: Buffer): Received => ({ line: line!, headers, body, socket })
  if (value('transfer-encoding') !== undefined) {
    const chunked = joinChunks(bytes, start)
    return chunked && { request: request(chunked.body), length: chunked.end }
  }
  const length = Number(value('content-length') ?? 0)
  if (bytes.length < start + length) return undefined
  return { request: request(Buffer.from(bytes.subarray(start, start + length))), length: start + length }
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1; trailers are passed over */
export function joinChunks (bytes: Buffer, at: number): { body: Buffer, end: number } | undefined {
  const parts: Buffer[] = []
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = parseInt(bytes.toString('latin1', at, line), 16)
    at = line + 2
    if (size === 0) {
      const end = bytes.indexOf('\r\n', at)
      return end === -1 ? undefined : { body: Buffer.concat(parts), end: end + 2 }
    }
    if (bytes.length < at + size + 2) return undefined
    parts.push(bytes.subarray(at, at + size))
    at += size + 2
  }
}
