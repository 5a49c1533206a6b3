import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { limitSlowClients } from '../../src/gateway/slow-clients.js'
import { ok, startBoth, startProxy, type ProxiedCore } from '../support/proxy.js'
import { ask, connect, type RawAnswer } from '../support/raw-client.js'
import type { Answerer } from '../support/upstream.js'

const code = (answer: RawAnswer): string => (JSON.parse(answer.body.toString()) as { error_detail: { code: string } }).error_detail.code

const settings = { CLIENT_TIMEOUT_MS: '50', CORE_CONNECTIONS: '1' }
const start = async (answer: string | Answerer = ok('{}')): Promise<ProxiedCore> => await startBoth(answer, { settings })

async function listen (server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Long enough that a busy process does not call somebody late who is not. */
const PATIENT = { ...settings, CLIENT_TIMEOUT_MS: '250', CLIENT_MIN_RATE: '200000' }

async function expectNextToWork (both: ProxiedCore): Promise<void> {
  expect((await ask(both.url, `${both.head('GET', '/ledgers/next')}\r\n`)).status).toBe(200)
}

describe('a slow head is answered 408, and the connection closed', () => {
  test.each([['nothing at all', ''], ['a part', 'GET /proxy/ledgers HTTP/1.1\r\nHost: a\r\n']])('of which there is %s', async (_name, part) => {
    const both = await start()
    const client = await connect(both.url)
    client.send(part)
    const answer = await client.answer()
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([408, 'HTTP_REQUEST_TIMEOUT', 'close'])
    await client.closed()
  })

  test('that comes byte by byte', async () => {
    const both = await start()
    const client = await connect(both.url)
    client.send('GET /proxy/ledgers HTTP/1.1\r\nHost: ')
    const drip = setInterval(() => { client.send('a') }, 5)
    expect((await client.answer()).status).toBe(408)
    clearInterval(drip)
    await client.closed()
  })
})

describe('a slow body is answered 408, and the connection closed', () => {
  test('one that is filled: Core is not asked', async () => {
    const both = await start()
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/transactions', 'Content-Length: 100')}\r\n{"amount":`)
    const answer = await client.answer()
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([408, 'HTTP_REQUEST_TIMEOUT', 'close'])
    client.socket.end()
    await client.closed()
    expect(both.core.connections()).toBe(0)
    await both.said(/"status":408/)
    await expectNextToWork(both)
  })

  test('one that is streamed: Core sees that it has no end, and its turn goes to the next', async () => {
    const both = await start()
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/reconciliation/upload', 'Content-Length: 100')}\r\npart`)
    const answer = await client.answer()
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([408, 'HTTP_REQUEST_TIMEOUT', 'close'])
    client.socket.end()
    await client.closed()
    await both.said(/"status":408/)
    await expectNextToWork(both)
    expect(both.core.received.map(({ line }) => line)).toEqual(['GET /ledgers/next HTTP/1.1'])
  })
})

describe('a body that comes by a byte now and then is answered 408 as well', () => {
  /** 1,000 bytes in 50 ms; the drip brings some ten. */
  const rate = { ...settings, CLIENT_MIN_RATE: '20000' }

  test.each([
    ['one that is filled: Core is not asked', '/transactions', 'Content-Length: 1000000', '{"amount":'],
    ['one that is streamed: its turn goes to the next', '/reconciliation/upload', 'Content-Length: 1000000', 'part'],
    ['one in chunks', '/reconciliation/upload', 'Transfer-Encoding: chunked', 'f4240\r\npart']
  ])('%s', async (_name, path, framing, part) => {
    const both = await startBoth(ok('{}'), { settings: rate })
    const client = await connect(both.url)
    client.send(`${both.head('POST', path, framing)}\r\n${part}`)
    const drip = setInterval(() => { client.send(' ') }, 5)
    const answer = await client.answer()
    clearInterval(drip)
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([408, 'HTTP_REQUEST_TIMEOUT', 'close'])
    client.socket.end()
    await client.closed()
    await expectNextToWork(both)
    expect(both.core.received.map(({ line }) => line)).toEqual(['GET /ledgers/next HTTP/1.1'])
  })
})

test('a reader who goes on, and too slowly, is cut', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  // No reader takes so much.
  const both = await startBoth((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n')
    const pump = (): void => { while (!socket.destroyed && socket.write(piece)); }
    socket.on('drain', pump)
    pump()
  }, { settings: { ...settings, CLIENT_TIMEOUT_MS: '1000', CLIENT_MIN_RATE: '999999999' } })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  client.socket.on('data', () => {
    client.socket.pause()
    setTimeout(() => { client.socket.resume() }, 2)
  })
  await both.said(/the caller left before the end of the answer/)
  client.socket.destroy()
})

test('a slow reader is cut, Core\'s connection with it', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let pumping: Socket | undefined
  const both = await start(({ line }, socket) => {
    if (line.includes('/next')) {
      socket.write(ok('{}'))
      return
    }
    pumping = socket
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
    const pump = (): void => { while (!socket.destroyed && socket.write(piece)); }
    socket.on('drain', pump)
    pump()
  })
  const client = await connect(both.url)
  client.socket.pause()
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await both.said(/the caller left before the end of the answer/)
  if (!pumping!.closed) await new Promise((resolve) => { pumping!.once('close', resolve) })
  await expectNextToWork(both)
  client.socket.destroy()
})

describe('is not slow who', () => {
  test('waits for Core', async () => {
    let answer = (): void => {}
    const both = await startBoth((_request, socket) => { answer = () => { socket.write(ok('{"late":1}')) } }, { settings: PATIENT })
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
    await expect.poll(() => both.core.received.length).toBe(1)
    // Twice, so that it goes on being looked at.
    for (let i = 0; i < 2; i++) await once(both.accepted[0]!, 'timeout')
    answer()
    expect((await client.answer()).body.toString()).toBe('{"late":1}')
    client.socket.destroy()
  })

  test('sends to a Core that does not read', async () => {
    let read = (): void => {}
    const core = createServer((request, response) => {
      let length = 0
      read = () => { request.on('data', (chunk: Buffer) => { length += chunk.length }).on('end', () => { response.end(String(length)) }) }
    })
    const { url, head, accepted } = await startProxy(await listen(core), { settings: PATIENT })
    const client = await connect(url)
    const body = Buffer.alloc(32 * 1024 * 1024, 'x')
    client.send(`${head('POST', '/reconciliation/upload', `Content-Length: ${body.length}`)}\r\n`)
    client.send(body)
    await once(core, 'request')
    await once(accepted[0]!, 'timeout')
    read()
    expect((await client.answer()).body.toString()).toBe(String(body.length))
    client.socket.destroy()
  })
})

test('a body is not slow that comes as fast as it has to', async () => {
  const both = await startBoth(ok('{}'), { settings: { ...settings, CLIENT_TIMEOUT_MS: '250', CLIENT_MIN_RATE: '100' } })
  const client = await connect(both.url)
  const length = 20_000
  client.send(`${both.head('POST', '/transactions', `Content-Length: ${length}`)}\r\n`)
  let drops = 0
  const drip = setInterval(() => { if (++drops <= length / 100) client.send(' '.repeat(100)) }, 5)
  expect((await client.answer()).status).toBe(200)
  clearInterval(drip)
  // Through several looks: so many drops took four times as long as may pass between two.
  expect(drops).toBeGreaterThanOrEqual(length / 100)
  client.socket.destroy()
})

describe('on a server of our own', () => {
  async function serve (handler: RequestListener, keepAliveTimeout = 60_000, rate = 0): Promise<string> {
    const server = createServer(handler)
    server.keepAliveTimeout = keepAliveTimeout
    limitSlowClients(server, { ms: 50, rate, answer: (socket) => { socket.end('HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n') } })
    return await listen(server)
  }

  test('a body that is read by somebody who does not look is answered too', async () => {
    const url = await serve((request) => { request.resume() })
    const client = await connect(url)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expect((await client.answer()).line).toBe('HTTP/1.1 408 Late')
    // And who then neither reads nor closes is closed.
    await client.closed()
  })

  test('and one that comes by a byte now and then', async () => {
    const url = await serve((request) => { request.resume() }, 60_000, 20_000)
    const client = await connect(url)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n')
    const drip = setInterval(() => { client.send('a') }, 5)
    expect((await client.answer()).line).toBe('HTTP/1.1 408 Late')
    clearInterval(drip)
    await client.closed()
  })

  test('after the head of an answer nothing is put into it', async () => {
    const url = await serve((request, response) => {
      request.resume()
      response.writeHead(200).flushHeaders()
    })
    const client = await connect(url)
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expect((await client.closed()).rest.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/)
  })

  test('a connection between two requests has a time of its own, and is closed without a word', async () => {
    const url = await serve((_request, response) => { response.end('a') }, 20)
    const client = await connect(url)
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await client.answer()).status).toBe(200)
    expect(await client.closed()).toEqual({ rest: Buffer.alloc(0), reset: false })
  })
})
