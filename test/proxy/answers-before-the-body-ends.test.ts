import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../support/raw-client.js'
import { ok, startBoth, startProxy } from '../support/proxy.js'

async function startServer (onRequest: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(onRequest)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('the answer reaches a caller that is still sending, and then the connection closes', async () => {
  const origin = await startServer((_request, response) => {
    response.writeHead(413, { Connection: 'close' })
    response.end('{"error":"too large"}')
  })
  const { url, head } = await startProxy(origin)
  const client = await connect(url)
  client.send(`${head('POST', '/reconciliation/upload', 'Content-Length: 100000000')}\r\n${'x'.repeat(10_000)}`)
  const answer = await client.answer()
  expect([answer.status, answer.header('connection'), answer.body.toString()]).toEqual([413, 'close', '{"error":"too large"}'])
  client.send('x'.repeat(1_000))
  await client.closed()
})

test('a caller that sends all the while still reads the answer', async () => {
  // As Go's server does it: the answer, a half-close, and some more reading.
  const server = createSocketServer((socket) => {
    socket.on('error', () => {}).once('data', () => { socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno') }).resume()
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close() })
  const { url, head } = await startProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = await connect(url)
  client.send(`${head('POST', '/reconciliation/upload', 'Transfer-Encoding: chunked')}\r\n`)
  const piece = `${(16_384).toString(16)}\r\n${'x'.repeat(16_384)}\r\n`
  const pump = (): void => { while (!client.socket.destroyed && client.socket.write(piece)); }
  client.socket.on('drain', pump)
  pump()
  expect((await client.answer()).status).toBe(400)
  await client.closed()
})

test('both directions at a time: Core answers each part as it comes', async () => {
  const origin = await startServer((request, response) => {
    response.writeHead(200)
    request.pipe(response)
  })
  const { url, head } = await startProxy(origin)
  const client = await connect(url)
  client.send(`${head('POST', '/reconciliation/upload', 'Content-Length: 10')}\r\nfirst`)
  await client.waiting(50)
  while (!(await client.waiting(1)).toString().includes('first')) await new Promise((resolve) => { client.socket.once('data', resolve) })
  client.send('again')
  expect((await client.answer()).body.toString()).toBe('firstagain')
})

test('an answer to a complete request leaves the connection open', async () => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  for (let i = 0; i < 3; i++) {
    client.send(`${both.head('POST', '/ledgers', 'Content-Length: 2')}\r\n{}`)
    expect((await client.answer()).header('connection')).toBe('keep-alive')
  }
  client.socket.destroy()
})
