import { createServer, type AddressInfo, type Socket } from 'node:net'
import { ask, connect } from './raw-client.js'
import type { Parser } from './parsers.js'
import { readStrict, type StrictRequest } from './strict-request.js'

/** One request that went out, and the status that each parser has answered it with. */
export interface Read extends StrictRequest { statuses: readonly number[] }

export interface TwoReaders {
  readonly origin: string
  /** What went out, in order, by the grammar. */
  readonly read: Read[]
  /** What was against the grammar, or answered by nobody. */
  readonly faults: Error[]
  /** Whether an answer is still to come. */
  isAsked(): boolean
  /** Settles when nothing is under way, and only the connection that is kept is open. */
  quiet(): Promise<void>
  close(): Promise<void>
}

/**
 * A Core that hands every byte to each of the parsers, on a connection of their own for each of its own, and answers when all of
 * them have. So one that reads another end than the others also reads another next request.
 */
export async function startReaders (parsers: readonly Parser[]): Promise<TwoReaders> {
  const read: Read[] = []
  const faults: Error[] = []
  const sockets = new Set<Socket>()
  const asked = new Set<Promise<void>>()
  const serve = async (socket: Socket): Promise<void> => {
    const early: Buffer[] = []
    const keep = (chunk: Buffer): void => { early.push(chunk) }
    socket.on('data', keep)
    const peers = await Promise.all(parsers.map(async ({ url }) => await connect(url)))
    // Both answer what they were asked in whole, though the gateway has gone.
    socket.once('close', () => { Promise.allSettled(asked).then(() => { for (const peer of peers) peer.socket.destroy() }, fail) })
    let pending = Buffer.alloc(0)
    const onData = (chunk: Buffer): void => {
      for (const peer of peers) peer.send(chunk)
      pending = Buffer.concat([pending, chunk])
      const request = readStrict(pending)
      if (request === undefined) return
      pending = pending.subarray(request.length)
      if (pending.length > 0) throw new Error(`bytes after a request: ${JSON.stringify(pending.toString('latin1', 0, 500))}`)
      const one: Read = { ...request, statuses: [] }
      read.push(one)
      const asking: Promise<void> = Promise.all(peers.map(async (peer) => (await peer.answer()).status)).then((statuses) => {
        one.statuses = statuses
        const isFine = statuses.every((status) => status === 200)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${isFine ? '' : 'Connection: close\r\n'}\r\n{}`)
        if (!isFine) socket.end()
      }).catch(fail).finally(() => { asked.delete(asking) })
      asked.add(asking)
    }
    const fail = (error: unknown): void => {
      faults.push(error as Error)
      socket.destroy()
    }
    const take = (chunk: Buffer): void => { try { onData(chunk) } catch (error) { fail(error) } }
    socket.off('data', keep).on('data', take)
    for (const chunk of early) take(chunk)
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    serve(socket).catch((error: unknown) => { faults.push(error as Error) })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  // The first request shows that both are there, and is counted by nobody.
  for (const { url, received } of parsers) {
    await ask(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    received.length = 0
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read,
    faults,
    isAsked: () => asked.size > 0,
    async quiet () {
      while (sockets.size > 1 || asked.size > 0) await new Promise((resolve) => { setImmediate(resolve) })
    },
    async close () {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => { server.close(resolve) })
    }
  }
}
