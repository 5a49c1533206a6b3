import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ask, connect } from '../support/raw-client.js'
import { startBoth } from '../support/proxy.js'

const PIECE = Buffer.alloc(64 * 1024, 'abcdefg')

test('a caller that does not read holds Core back', async () => {
  let written = 0
  let stalled: () => void
  const stall = new Promise<void>((resolve) => { stalled = resolve })
  let core: Socket
  const both = await startBoth((_request, socket) => {
    core = socket
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n')
    let quiet: NodeJS.Timeout
    const pump = (): void => {
      clearTimeout(quiet)
      while (written < 1_073_741_824 && socket.write(PIECE)) written += PIECE.length
      // Long enough that a gateway that reads on would have let it write again.
      quiet = setTimeout(stalled, 300)
    }
    socket.on('drain', pump)
    pump()
  })
  const client = await connect(both.url)
  client.socket.pause()
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await stall
  expect(written).toBeLessThan(64_000_000)
  client.socket.destroy()
  await new Promise((resolve) => { core.once('close', resolve) })
})

test('a Core that does not read holds the caller back', async () => {
  const both = await startBoth(() => {})
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/reconciliation/upload', 'Content-Length: 1073741824')}\r\n`)
  while (both.core.sockets.size === 0) {
    client.socket.write('x')
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  for (const socket of both.core.sockets) socket.pause()
  let written = 0
  await new Promise<void>((resolve) => {
    let quiet: NodeJS.Timeout
    const pump = (): void => {
      clearTimeout(quiet)
      while (client.socket.write(PIECE)) written += PIECE.length
      quiet = setTimeout(resolve, 300)
    }
    client.socket.on('drain', pump)
    pump()
  })
  expect(written).toBeLessThan(64_000_000)
  client.socket.destroy()
})

test('20 MB each way, slowly read, are the same bytes', async () => {
  const total = 320 * PIECE.length
  const both = await startBoth(({ body }, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nX-Hash: ${createHash('sha256').update(body).digest('hex')}\r\nTransfer-Encoding: chunked\r\n\r\n`)
    for (let i = 0; i < 320; i++) socket.write(Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')]))
    socket.write('0\r\n\r\n')
  })
  const expected = createHash('sha256')
  for (let i = 0; i < 320; i++) expected.update(PIECE)
  const hash = expected.digest('hex')
  const { hostname, port } = new URL(both.url)
  const { request } = await import('node:http')
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const [line, , ...fields] = both.head('POST', '/reconciliation/upload').split('\r\n')
    const out = request({ hostname, port, method: 'POST', path: line!.split(' ')[1], headers: { authorization: fields[0]!.slice('Authorization: '.length), 'content-length': total } }, resolve).on('error', reject)
    for (let i = 0; i < 320; i++) out.write(PIECE)
    out.end()
  })
  expect(answer.headers['x-hash']).toBe(hash)
  const came = createHash('sha256')
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    came.update(chunk)
    length += chunk.length
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  expect([length, came.digest('hex')]).toEqual([total, hash])
})

test('an answer that ends with its connection comes whole, however much of it one read brings', async () => {
  const both = await startBoth(({ line }, socket) => {
    socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(Number(/\/ledgers\/(\d+)/.exec(line)![1]), 'abcdefg')]))
  })
  for (const length of [20_000, 60_000, 65_536 - 19, 65_536, 100_000, 131_072 - 19, 300_000, 1_000_000]) {
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await ask(both.url, `${both.head('GET', `/ledgers/${length}`)}\r\n`)))
    for (const { body } of answers) expect(body.equals(Buffer.alloc(length, 'abcdefg'))).toBe(true)
  }
})

/** All sockets are in this process: what one of them says, the others have heard of by then. */
async function turns (): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => { setImmediate(resolve) })
}

test.each([
  ['ends', true, (socket: Socket) => { socket.end() }],
  ['is reset', false, (socket: Socket) => { socket.resetAndDestroy() }]
])('Core\'s connection %s while its caller does not read', async (_name, whole, how) => {
  let core: Socket | undefined
  const both = await startBoth((_request, socket) => {
    core = socket
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await client.waiting(20)
  client.socket.pause()
  const [accepted] = both.accepted
  let written = 0
  // One by one, so that the gateway has read all there is when it begins to wait.
  while (accepted!.writableLength === 0) {
    await new Promise<void>((resolve) => { core!.write(PIECE, () => { resolve() }) })
    written += PIECE.length
    await turns()
  }
  how(core!)
  await turns()
  client.socket.resume()
  if (whole) expect((await client.answer()).body.length).toBe(written)
  else expect((await client.closed()).rest.toString('latin1')).not.toMatch(/\r\n0\r\n\r\n$/)
  client.socket.destroy()
})
