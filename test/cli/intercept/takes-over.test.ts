import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Server as ProxyServer } from 'proxy-chain'
import { afterAll, beforeAll, expect, test } from 'vitest'

type Intercept = import('../../../src/cli/intercept/start.js').Intercept
const { startIntercept } = await import(new URL('../../../dist/src/cli/intercept/start.js', import.meta.url).href) as typeof import('../../../src/cli/intercept/start.js')

const HOST = 'api.cloud.blnkfinance.com'
const URL_OF_CLOUD = `https://${HOST}/proxy/ledgers?instance_id=i`

/** In place of a gateway: says what came. */
const gateway = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => { parts.push(part) })
  request.on('end', () => { response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers['authorization'] ?? ''} ${request.headers['proxy-authorization'] ?? ''}${Buffer.concat(parts).toString()}`) })
})
/** In place of any other server: sends back what it gets. */
const echo = createTcpServer((socket) => { socket.on('error', () => {}).pipe(socket) })
const chained: string[] = []
const upstream = new ProxyServer({ host: '127.0.0.1', port: 0, prepareRequestFunction: ({ hostname, username }) => { chained.push(`${username}@${hostname}`); return {} } })

const portOf = (server: Server): number => (server.address() as AddressInfo).port
let intercept: Intercept
let environment: Record<string, string>

beforeAll(async () => {
  for (const server of [gateway, echo]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  await upstream.listen()
  environment = {
    PATH: process.env['PATH'] ?? '',
    NODE_OPTIONS: '--no-warnings',
    HTTPS_PROXY: `http://someone:secret@127.0.0.1:${upstream.port}`,
    NO_PROXY: 'direct.test,.blnkfinance.com'
  }
  intercept = await startIntercept(`http://127.0.0.1:${portOf(gateway)}`, environment)
})

afterAll(async () => {
  const folder = dirname(intercept.variables['SSL_CERT_FILE'] ?? '')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  await intercept.close()
  expect(existsSync(folder)).toBe(false)
  await upstream.close(true)
  gateway.close()
  gateway.closeAllConnections()
  echo.close()
})

/** What a program prints that runs with the variables. */
async function output (file: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { env: { ...environment, ...intercept.variables } })
  return stdout
}

const authorization = (): string => {
  const { username, password } = new URL(intercept.variables['HTTPS_PROXY'] ?? '')
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A CONNECT as a client sends it. */
async function connect (target: string, headers: Record<string, string>): Promise<{ status: number | undefined, socket: Socket }> {
  const { hostname, port } = new URL(intercept.variables['HTTPS_PROXY'] ?? '')
  const request = httpRequest({ host: hostname, port, method: 'CONNECT', path: target, headers }).end()
  const [answer, socket] = await Promise.race([once(request, 'connect'), once(request, 'response').then(([response]) => [response, (response as IncomingMessage).socket])]) as [IncomingMessage, Socket]
  return { status: answer.statusCode, socket }
}

test('curl reaches the gateway at the address of the Cloud, with the request as it was', async () => {
  expect(await output('curl', ['-sS', '-H', 'Authorization: Bearer key', '-d', '{"a":1}', URL_OF_CLOUD])).toBe(`POST /proxy/ledgers?instance_id=i ${HOST} Bearer key {"a":1}`)
})

test('each of Node\'s clients reaches it, with agents and sockets of its own too', async () => {
  const program = `
    const https = require('node:https'), tls = require('node:tls'), net = require('node:net')
    const text = (how) => new Promise((resolve, reject) => how((response) => {
      let all = ''
      response.on('data', (part) => { all += part }).on('end', () => { resolve(all) })
    }).on('error', reject))
    const raw = (socket) => new Promise((resolve, reject) => {
      let all = ''
      socket.on('error', reject).on('data', (part) => { all += part }).on('end', () => { resolve(all.split('\\r\\n\\r\\n')[1]) })
      socket.write('GET /raw HTTP/1.0\\r\\nHost: ${HOST}\\r\\n\\r\\n')
    })
    const main = async () => [
      await (await fetch('${URL_OF_CLOUD}', { method: 'POST', body: 'f' })).text(),
      await text((done) => https.get('${URL_OF_CLOUD}', done)),
      await text((done) => https.get({ host: '${HOST}', path: '/agent', agent: new https.Agent({ keepAlive: false }) }, done)),
      await raw(tls.connect(443, '${HOST}', { servername: '${HOST}' })),
      await raw(tls.connect({ socket: net.connect(443, '${HOST}'), servername: '${HOST}' })),
      await raw(tls.connect({ socket: new net.Socket().connect(443, '${HOST}'), servername: '${HOST}' }))
    ]
    main().then((all) => { console.log(JSON.stringify(all)) })`
  const expected = [`POST /proxy/ledgers?instance_id=i ${HOST}  f`, `GET /proxy/ledgers?instance_id=i ${HOST}  `, `GET /agent ${HOST}  `, ...Array<string>(3).fill(`GET /raw ${HOST}  `)]
  expect(JSON.parse(await output(process.execPath, ['-e', program]))).toEqual(expected)
})

test('a program of Node reaches everything else as before, its options are kept', async () => {
  const program = `fetch('http://127.0.0.1:${portOf(gateway)}/else').then((answer) => answer.text()).then((text) => { console.log(JSON.stringify([text, process.env.NODE_OPTIONS])) })`
  const [text, options] = JSON.parse(await output(process.execPath, ['-e', program])) as string[]
  expect(text).toBe(`GET /else 127.0.0.1:${portOf(gateway)}  `)
  expect(options).toMatch(/^--no-warnings --require ".*preload\.cjs"$/)
})

test('the certificate is for the Cloud alone, and from an authority that may sign for nothing else', async () => {
  const program = `require('node:tls').connect({ host: '${HOST}', port: 443, servername: '${HOST}' }, function () {
    const leaf = this.getPeerX509Certificate()
    console.log(JSON.stringify([leaf.subjectAltName, this.alpnProtocol, Date.parse(leaf.validTo) - Date.now() <= 86_400_000]))
    this.end()
  })`
  expect(JSON.parse(await output(process.execPath, ['-e', program]))).toEqual([`DNS:${HOST}`, false, true])
  const written = readFileSync(intercept.variables['SSL_CERT_FILE'] ?? '', 'utf8')
  expect(written).not.toContain('PRIVATE KEY')
})

test('every other host is tunnelled byte for byte, by the proxy that was set before', async () => {
  const { status, socket } = await connect(`127.0.0.1:${portOf(echo)}`, { 'Proxy-Authorization': authorization() })
  expect(status).toBe(200)
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  socket.write(bytes)
  expect((await once(socket, 'data'))[0]).toEqual(bytes)
  socket.destroy()
  expect(chained).toEqual(['someone@127.0.0.1'])
})

test('only who has the password passes', async () => {
  for (const headers of [{}, { 'Proxy-Authorization': `Basic ${Buffer.from('blnk:wrong').toString('base64')}` }]) {
    const { status, socket } = await connect(`${HOST}:443`, headers)
    socket.destroy()
    expect(status).toBe(407)
  }
})

test('what NO_PROXY keeps from proxies stays, but for the Cloud', () => {
  expect(intercept.variables['NO_PROXY']).toBe('direct.test,localhost,127.0.0.1,::1')
  expect(intercept.variables['no_proxy']).toBe(intercept.variables['NO_PROXY'])
})

test('a client that asks the proxy itself for https is served', async () => {
  const { hostname, port } = new URL(intercept.variables['HTTPS_PROXY'] ?? '')
  const request = httpRequest({ host: hostname, port, path: URL_OF_CLOUD, headers: { Host: HOST, 'Proxy-Authorization': authorization() } }).end()
  const [answer] = await once(request, 'response') as [IncomingMessage]
  expect(await new Response(answer as unknown as ReadableStream).text()).toBe(`GET /proxy/ledgers?instance_id=i ${HOST}  `)
})
