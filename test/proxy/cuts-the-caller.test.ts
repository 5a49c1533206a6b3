import { expect, test } from 'vitest'
import { connect } from '../support/raw-client.js'
import { ok, startBoth } from '../support/proxy.js'
import type { Socket } from 'node:net'

/** Core answers with these bytes, and breaks off in this way once they have come to the caller. */
async function breakOff (bytes: string, how: (socket: Socket) => void, version = '1.1'): Promise<{ rest: string, reset: boolean, received: number }> {
  let core: Socket | undefined
  const both = await startBoth((_request, socket) => {
    core = socket
    socket.write(bytes)
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers').replace('HTTP/1.1', `HTTP/${version}`)}\r\n`)
  await client.waiting(60)
  how(core!)
  const { rest, reset } = await client.closed()
  await both.said(/Core broke off.*core_broke_off|core_broke_off.*Core broke off/)
  return { rest: rest.toString(), reset, received: both.core.received.length }
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"a":'
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: 1\r\n\r\n{"a":'
const CHUNKS = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'

test.each([
  ['closes', HALF, (socket: Socket) => { socket.end() }],
  ['resets', HALF, (socket: Socket) => { socket.resetAndDestroy() }],
  ['resets what would end with its connection', UNTIL_CLOSE, (socket: Socket) => { socket.resetAndDestroy() }],
  ['closes between chunks', CHUNKS, (socket: Socket) => { socket.end() }],
  ['resets between chunks', CHUNKS, (socket: Socket) => { socket.resetAndDestroy() }],
  ['breaks a chunk', CHUNKS, (socket: Socket) => { socket.write('zz\r\n') }]
])('Core %s in mid-body: what came is there, without a clean end', async (_name, bytes, how) => {
  const { rest, received } = await breakOff(bytes, how)
  expect(rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(rest).toContain('{"a":')
  expect(rest).not.toMatch(/\r\n0\r\n\r\n$/)
  expect(received).toBe(1)
})

test('a caller of HTTP/1.0, to whom a close is the end, is reset', async () => {
  const { reset } = await breakOff(CHUNKS, (socket) => { socket.end() }, '1.0')
  expect(reset).toBe(true)
})

test('an answer that is not at its end yet is not cut with one behind it', async () => {
  let first: Socket | undefined
  const both = await startBoth(({ line }, socket) => {
    if (line.includes('/first')) first = socket
    else socket.end(CHUNKS)
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers/first')}\r\n${both.head('GET', '/ledgers')}\r\n`)
  await expect.poll(() => both.core.received.length).toBe(2)
  await expect.poll(() => both.core.sockets.size).toBe(1)
  first!.write(ok('{"first":1}'))
  expect((await client.answer()).body.toString()).toBe('{"first":1}')
  expect((await client.closed()).rest.toString()).not.toMatch(/\r\n0\r\n\r\n$/)
  await both.said(/core_broke_off/)
})

test('a Core that stops sending is given up after BODY_TIMEOUT_MS', async () => {
  const both = await startBoth(HALF, { settings: { BODY_TIMEOUT_MS: '100' } })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  expect((await client.closed()).rest.toString()).toMatch(/\{"a":$/)
})

test('more than Content-Length said does not reach the caller, nor the next one', async () => {
  const both = await startBoth('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  const client = await connect(both.url)
  for (let i = 0; i < 5; i++) {
    client.send(`${both.head('GET', '/ledgers')}\r\n`)
    expect((await client.answer()).body.toString()).toBe('{}')
  }
  client.socket.destroy()
})
