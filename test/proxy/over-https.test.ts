import { once } from 'node:events'
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../support/raw-client.js'
import { ok, startBoth, startProxy } from '../support/proxy.js'

const options = { settings: { TLS: 'self-signed' } }

test('requests and answers go over one connection, which speaks HTTP/1.1 in TLS 1.3', async () => {
  const both = await startBoth(ok('{"a":1}'), options)
  const client = await connect(both.url, both.ca)
  for (let i = 0; i < 2; i++) {
    client.send(`${both.head('POST', '/transactions', 'Content-Length: 2', 'Expect: 100-continue')}\r\n`)
    expect((await client.answer()).status).toBe(100)
    client.send('{}')
    const answer = await client.answer()
    expect([answer.status, answer.header('x-blnk-reference')]).toEqual([200, expect.stringMatching(/^ref_/)])
  }
  expect((client.socket as TLSSocket).getProtocol()).toBe('TLSv1.3')
  expect(both.accepted).toHaveLength(1)
  client.socket.destroy()
})

test('a long answer and a short one behind it come whole, however often', async () => {
  const long = 'x'.repeat(1024 * 1024)
  const both = await startBoth(({ line }, socket) => { socket.write(ok(line.includes('/long') ? long : '{}')) }, options)
  for (let i = 0; i < 5; i++) {
    const client = await connect(both.url, both.ca)
    client.send(`${both.head('GET', '/ledgers/long')}\r\n${both.head('GET', '/ledgers')}\r\n`)
    expect([(await client.answer()).body.length, (await client.answer()).body.toString()]).toEqual([long.length, '{}'])
    client.socket.destroy()
  }
})

test('many requests with bodies in one go, behind an answer that is slowly read, are all answered', async () => {
  const long = 'x'.repeat(1024 * 1024)
  const both = await startBoth(({ line }, socket) => { socket.write(ok(line.includes('/identities') ? long : '{}')) }, options)
  const body = 'y'.repeat(40_000)
  const request = `${both.head('PUT', '/identities/1', `Content-Length: ${body.length}`)}\r\n${body}`
  for (let i = 0; i < 5; i++) {
    const client = await connect(both.url, both.ca)
    client.send(request.repeat(20))
    for (let k = 0; k < 20; k++) expect((await client.answer()).body.length).toBe(long.length)
    client.socket.destroy()
  }
})

const agree = async (url: string, more: object): Promise<TLSSocket> => {
  const { hostname, port } = new URL(url)
  const socket = connectTls({ host: hostname, port: Number(port), ...more })
  await once(socket, 'secureConnect')
  return socket
}

test('of the protocols that a client offers, it takes http/1.1; of versions, nothing before 1.2', async () => {
  const { url, ca } = await startProxy('http://127.0.0.1:1', options)
  const socket = await agree(url, { ca, ALPNProtocols: ['h2', 'http/1.1'] })
  expect(socket.alpnProtocol).toBe('http/1.1')
  socket.destroy()
  const old = await agree(url, { ca, maxVersion: 'TLSv1.2' })
  expect(old.getProtocol()).toBe('TLSv1.2')
  old.destroy()
  await expect(agree(url, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow(/protocol version|alert/)
  await expect(agree(url, {})).rejects.toThrow(/issuer|self-signed|verify/)
})

test('a refused upload is answered at once, and then the connection closes', async () => {
  const { url, ca, head } = await startProxy('http://127.0.0.1:1', options)
  const client = await connect(url, ca)
  client.send(`${head('POST', '/nothing/here', 'Content-Length: 100000000')}\r\n${'x'.repeat(10_000)}`)
  const answer = await client.answer()
  expect([answer.status, answer.header('connection')]).toEqual([404, 'close'])
  client.send('x'.repeat(1_000))
  await client.closed()
})

test('a caller that sends all the while still reads Core\'s early answer', async () => {
  const both = await startBoth(() => {}, options)
  const client = await connect(both.url, both.ca)
  client.send(`${both.head('POST', '/reconciliation/upload', 'Transfer-Encoding: chunked')}\r\n`)
  const piece = `${(16_384).toString(16)}\r\n${'x'.repeat(16_384)}\r\n`
  const pump = (): void => { while (!client.socket.destroyed && client.socket.write(piece)); }
  client.socket.on('drain', pump)
  pump()
  while (both.core.sockets.size === 0) await new Promise((resolve) => { setImmediate(resolve) })
  const [core] = [...both.core.sockets] as [Socket]
  core.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
  expect((await client.answer()).status).toBe(400)
  await client.closed()
})

test('the caller leaves before the answer: so does the request to Core', async () => {
  let asked: (socket: Socket) => void
  const core = new Promise<Socket>((resolve) => { asked = resolve })
  const both = await startBoth((_request, socket) => { asked(socket) }, options)
  const client = await connect(both.url, both.ca)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
  const socket = await core
  client.socket.destroy()
  await once(socket, 'close')
})

/** Passes bytes on to a gateway and keeps the types of the records that it sends (RFC 5246 A.1: 21 is an alert). */
async function startRelay (url: string): Promise<{ url: string, types: number[] }> {
  const types: number[] = []
  const relay = createServer((client) => {
    const gateway = connectSocket({ host: '127.0.0.1', port: Number(new URL(url).port) })
    gateway.on('data', (records: Buffer) => {
      for (let at = 0; at < records.length; at += 5 + records.readUInt16BE(at + 3)) types.push(records[at]!)
    })
    for (const socket of [client, gateway]) socket.on('error', () => {})
    client.pipe(gateway).pipe(client)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => { relay.close() })
  await once(relay, 'listening')
  return { url: `https://127.0.0.1:${(relay.address() as AddressInfo).port}`, types }
}

test.each(['1.1', '1.0'])('Core breaks off in mid-body: a caller of HTTP/%s is cut without the alert that ends a connection', async (version) => {
  let core: Socket | undefined
  const both = await startBoth((_request, socket) => {
    core = socket
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n')
  }, options)
  const relay = await startRelay(both.url)
  // In TLS 1.3 an alert looks like data.
  const client = await connect(relay.url, both.ca, { maxVersion: 'TLSv1.2' })
  client.send(`${both.head('GET', '/ledgers').replace('HTTP/1.1', `HTTP/${version}`)}\r\n`)
  await client.waiting(60)
  core!.end()
  const { rest } = await client.closed()
  expect(rest.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"a":/)
  expect(rest.toString()).not.toMatch(/\r\n0\r\n\r\n$/)
  expect(relay.types).toContain(23)
  expect(relay.types).not.toContain(21)
})

test('what is no HTTP is answered on the connection; what is no TLS is closed', async () => {
  const { url, ca } = await startProxy('http://127.0.0.1:1', options)
  const client = await connect(url, ca)
  client.send('NO HTTP AT ALL\r\n\r\n')
  expect((await client.answer()).status).toBe(400)
  await client.closed()
  const plain = await connect(url.replace('https', 'http'))
  plain.send('GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n')
  expect((await plain.closed()).rest.toString('latin1')).not.toMatch(/HTTP/)
})
