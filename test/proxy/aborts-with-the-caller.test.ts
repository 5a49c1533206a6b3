import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { connect } from '../support/raw-client.js'
import { startBoth, type ProxiedCore } from '../support/proxy.js'

/** A Core that hands out the socket of its next request, and says when that closes. */
function watched (write?: string): { answer: (request: unknown, socket: Socket) => void, asked: Promise<Socket> } {
  let resolve: (socket: Socket) => void
  const asked = new Promise<Socket>((_resolve) => { resolve = _resolve })
  return {
    asked,
    answer (_request, socket) {
      if (write !== undefined) socket.write(write)
      resolve(socket)
    }
  }
}

/** Once the gateway has noticed that the caller of a transaction is gone, it logs the request. */
async function logged (both: ProxiedCore): Promise<void> {
  await both.said(/POST \/proxy\/transactions .*the caller left/)
}

test('the caller leaves before the answer', async () => {
  const { answer, asked } = watched()
  const both = await startBoth(answer)
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
  const core = await asked
  client.socket.destroy()
  await once(core, 'close')
  expect(both.core.received).toHaveLength(1)
})

test('the caller leaves in the middle of the answer', async () => {
  const { answer, asked } = watched('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{')
  const both = await startBoth(answer)
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  const core = await asked
  await client.waiting(50)
  client.socket.destroy()
  await once(core, 'close')
  await both.said(/the caller left before the end of the answer/)
  expect(both.logged.join('')).not.toMatch(/broke off/)
})

test('the caller leaves in the middle of a streamed body: Core sees a body without end', async () => {
  const both = await startBoth(() => {})
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/reconciliation/upload', 'Content-Length: 100000')}\r\n${'x'.repeat(500)}`)
  while (both.core.sockets.size === 0) await new Promise((resolve) => { setImmediate(resolve) })
  const [core] = [...both.core.sockets]
  while (core!.bytesRead < 500) await once(core!, 'data')
  client.socket.destroy()
  await once(core!, 'close')
  expect(both.core.received).toHaveLength(0)
})

test('the caller leaves in the middle of a body to fill: Core is never asked', async () => {
  const both = await startBoth(() => {})
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 100', 'Expect: 100-continue')}\r\n{`)
  expect((await client.answer()).status).toBe(100)
  client.socket.destroy()
  await logged(both)
  expect(both.core.connections()).toBe(0)
})

test('the caller leaves while its request waits for a connection: it is never sent', async () => {
  const { answer, asked } = watched()
  const both = await startBoth(answer, { settings: { CORE_CONNECTIONS: '1' } })
  const [first, second] = [await connect(both.url), await connect(both.url)]
  first.send(`${both.head('GET', '/ledgers/1')}\r\n`)
  const core = await asked
  second.send(`${both.head('POST', '/transactions', 'Content-Length: 2', 'Expect: 100-continue')}\r\n`)
  expect((await second.answer()).status).toBe(100)
  second.send('{}')
  await new Promise((resolve) => { setImmediate(resolve) })
  second.socket.destroy()
  await logged(both)
  core.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
  expect((await first.answer()).status).toBe(200)
  first.send(`${both.head('GET', '/ledgers/3')}\r\n`)
  while (both.core.received.length < 2) await new Promise((resolve) => { setImmediate(resolve) })
  expect(both.core.received.map(({ line }) => line.split(' ', 2).join(' '))).toEqual(['GET /ledgers/1', 'GET /ledgers/3'])
  first.socket.destroy()
})
