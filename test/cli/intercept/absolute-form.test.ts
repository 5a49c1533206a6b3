import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { serveAbsoluteForm, type Way } from '../../../src/cli/intercept/absolute-form.js'

async function listen (listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const says: RequestListener = (asked, response) => {
  text(asked).then((body) => { response.writeHead(201, { 'X-Two': ['a', 'b'] }).end(`${asked.method} ${asked.url} ${asked.headers.host} ${asked.headers['proxy-authorization'] ?? 'none'} ${body}`) }, () => {})
}

async function ask (way: Way): Promise<{ status: number | undefined, body: string, headers: IncomingMessage['headers'] }> {
  const proxy = await listen((asked, response) => { serveAbsoluteForm(asked, response, way) })
  const sent = request({ host: '127.0.0.1', port: proxy, method: 'POST', path: 'https://other.test/a?b=c', headers: { Host: 'other.test', 'Proxy-Authorization': 'Basic ours' } }).end('body')
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer), headers: answer.headers }
}

test('the gateway is asked for the path, without what was for the proxy', async () => {
  const { status, body, headers } = await ask({ gateway: new URL(`http://127.0.0.1:${await listen(says)}`) })
  expect([status, body, headers['x-two']]).toEqual([201, 'POST /a?b=c other.test none body', 'a, b'])
})

test('another proxy is asked for the whole, with its own password', async () => {
  const { body } = await ask({ upstream: new URL(`http://some%20one:secret@127.0.0.1:${await listen(says)}`) })
  expect(body).toBe(`POST https://other.test/a?b=c other.test Basic ${Buffer.from('some one:secret').toString('base64')} body`)
})

test.each(['HTTP/1.1 099 X\r\n', 'HTTP/1.1 200 O\u0001K\r\n', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n'])('an answer that cannot be handed on is a 502: %j', async (head) => {
  const odd = createTcpServer((socket) => { socket.on('error', () => {}).once('data', () => { socket.end(`${head}Content-Length: 0\r\n\r\n`) }) }).listen(0, '127.0.0.1')
  await once(odd, 'listening')
  onTestFinished(() => { odd.close() })
  expect((await ask({ gateway: new URL(`http://127.0.0.1:${(odd.address() as AddressInfo).port}`) })).status).toBe(502)
})

test('a host that is not reached is a 502', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  expect((await ask({ gateway: new URL(`http://127.0.0.1:${port}`) })).status).toBe(502)
})
