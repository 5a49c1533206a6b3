import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { destinationsOf } from '../../src/apps/policy.js'
import { deliver, DELIVERY_MS, type Told } from '../../src/apps/deliver.js'
import { addressFault } from '../../src/apps/manifest.js'
import { isLinkLocal } from '../../src/lib/addresses.js'
import { checkedUrl, DestinationRefused, isLoopbackAddress, isPublicAddress, sendOut, type Lookup } from '../../src/lib/outbound.js'
import { startUpstream, type Answerer, type Upstream } from '../support/upstream.js'

const outside = destinationsOf({ appsAllowLocal: false, appsAllowNetworks: [] })
const local = destinationsOf({ appsAllowLocal: true, appsAllowNetworks: [] })

async function server (answer: string | Answerer, tls?: Parameters<typeof startUpstream>[1]): Promise<Upstream> {
  const one = await startUpstream(answer, tls)
  onTestFinished(async () => { await one.close() })
  return one
}

test.each(['1.1.1.1', '93.184.216.34', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is public', (address) => {
  expect([isPublicAddress(address), isLoopbackAddress(address), isLinkLocal(address)]).toEqual([true, false, false])
})

test.each([
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1',
  '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '168.63.129.16', '100.100.100.200', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::1',
  '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1', 'ff02::1', 'localhost', ''
])('%s is not public', (address) => { expect(isPublicAddress(address)).toBe(false) })

test.each(['169.254.169.254', '169.254.0.1', 'fe80::1', 'febf::1', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '::a9fe:a9fe', '::ffff:6464:64c8', '64:ff9b::6464:64c8', '64:ff9b:1::6464:64c8', '64:ff9b:1::a83f:8110', '::a83f:8110', '::ffff:0:a9fe:a9fe', '2002:a83f:8110::1'])(
  '%s is never called, whatever is allowed', (address) => {
    expect(isLinkLocal(address)).toBe(true)
    const host = address.includes(':') ? `[${address}]` : address
    expect(() => checkedUrl(`https://${host}/`, () => true)).toThrow('a link-local address is not called')
  })

test.each([
  'http://127.0.0.1/', 'http://127.1/', 'http://0177.0.0.1/', 'http://0x7f.0.0.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://127.0.0.1./', 'http://１２７.0.0.1/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/',
  'https://127.0.0.1/', 'https://0/', 'https://[::]/', 'http://localhost/', 'http://LOCALHOST/', 'http://a.localhost/', 'http://localhost./', 'https://localhost/', 'https://localhost./', 'https://A.LOCALHOST./', 'https://169.254.169.254/', 'https://2852039166/',
  'https://0xa9fea9fe/', 'https://0251.0376.0251.0376/', 'https://169.254.43518/', 'https://10.0.0.1/', 'https://[fd00::1]/', 'https://[64:ff9b::7f00:1]/', 'http://example.com/', 'http://1.1.1.1/', 'https://user@example.com/',
  'https://:pw@example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'https:///', 'https://', 'example.com', '//example.com/', 'https://[fe80::1%25eth0]/'
])('%s is refused as it stands', (url) => { expect(addressFault(url, outside)).toEqual(expect.any(String)) })

test.each(['https://example.com/', 'https://1.1.1.1/', 'https://[2606:4700::1111]/', 'https://bücher.example/', 'https://localhost.example.com/', 'https://mylocalhost/', 'https://127.0.0.1.example.com/'])('%s may be called, as far as it says', (url) => {
  expect(addressFault(url, outside)).toBe(undefined)
})

test('APPS_ALLOW_LOCAL admits this machine alone, by http too, and APPS_ALLOW_NETWORKS by https alone', () => {
  for (const url of ['http://127.0.0.1/', 'http://localhost/', 'https://[::1]/', 'http://0x7f.1/']) expect(addressFault(url, local), url).toBe(undefined)
  for (const url of ['http://10.0.0.1/', 'https://10.0.0.1/', 'http://0.0.0.0/', 'http://example.com/', 'https://169.254.1.1/']) expect(addressFault(url, local), url).toEqual(expect.any(String))
  const own = destinationsOf({ appsAllowLocal: false, appsAllowNetworks: ['10.20.0.0/16', '::/0', '0.0.0.0/0'] })
  expect(addressFault('https://10.20.1.1/', own)).toBe(undefined)
  for (const url of ['http://10.20.1.1/', 'https://169.254.169.254/', 'https://[64:ff9b::a9fe:a9fe]/']) expect(addressFault(url, own), url).toEqual(expect.any(String))
})

const PUBLIC = { address: '93.184.216.34', family: 4 }
const at = (...addresses: string[]): Lookup => (_name, _options, answer) => { answer(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))) }

test.each([
  ['127.0.0.1'], ['::1'], ['10.0.0.1'], ['169.254.169.254'], ['::ffff:127.0.0.1'], ['::ffff:7f00:1'], ['64:ff9b::7f00:1'], ['2002:7f00:1::1'], ['0.0.0.0'], ['fd00:ec2::254'], [PUBLIC.address, '127.0.0.1'], ['127.0.0.1', PUBLIC.address]
])('a name that stands for %s %s is not connected to', async (...addresses) => {
  const own = await server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  const sent = sendOut({ url: own.origin.replace('http://127.0.0.1', 'https://app.test'), method: 'POST', headers: {}, body: 'secret', timeoutMs: 5_000, destinations: outside, resolveName: at(...addresses) }, 10)
  await expect(sent).rejects.toBeInstanceOf(DestinationRefused)
  await expect(sent).rejects.not.toThrow(/\d+\.\d+\.\d+\.\d+.*called/)
  expect(own.connections()).toBe(0)
})

test('a name that stands for something else a moment later leads nowhere: it is looked up once, and connected to what was looked at', async () => {
  const own = await server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  let asked = 0
  const rebinding: Lookup = (name, options, answer) => { at(asked++ === 0 ? '127.0.0.1' : '10.0.0.1')(name, options, answer) }
  const url = own.origin.replace('127.0.0.1', 'app.test')
  const sent = async (): Promise<string> => (await sendOut({ url, method: 'POST', headers: {}, body: 'x', timeoutMs: 5_000, destinations: local, resolveName: rebinding }, 10)).body.toString()
  expect(await sent()).toBe('ok')
  expect([asked, own.connections()]).toEqual([1, 1])
  await expect(sent()).rejects.toBeInstanceOf(DestinationRefused)
  expect([asked, own.connections()]).toEqual([2, 1])
})

const pem = (name: string): string => readFileSync(new URL(`../proxy/certificates/${name}.pem`, import.meta.url), 'utf8')

test('https with a certificate of an unknown authority is refused, and nothing is sent', async () => {
  const own = await server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { cert: pem('core'), key: pem('core.key') })
  await expect(sendOut({ url: own.origin, method: 'POST', headers: {}, body: 'secret', timeoutMs: 5_000, destinations: local }, 10)).rejects.toThrow('127.0.0.1 could not be reached (')
  expect(own.received).toEqual([])
})

const told = async (origin: string, timeoutMs = 5_000): Promise<Told> => await deliver({
  installId: 'instapp_1', event: 'install', url: `${origin}/cb`, payload: { api_key: 'blnk_0123456789', idempotency_key: 'install:instapp_1' }, secret: 'blnk_0123456789', signingSecret: 'whsec_x', destinations: local, timeoutMs
})

test('an app has ten seconds', () => { expect(DELIVERY_MS).toBe(10_000) })

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
test.each<[string, Answerer]>([
  ['hangs', () => {}],
  ['trickles its head', (_request, socket) => { trickle(socket, 'HTTP/1.1 200 OK\r\nX: ') }],
  ['trickles its body', (_request, socket) => { trickle(socket, `${HEAD}Content-Length: 100000\r\n\r\n`) }],
  ['answers after that', (_request, socket) => { setTimeout(() => socket.write(`${HEAD}Content-Length: 0\r\n\r\n`), 1_000).unref() }]
])('an app that %s has timed out, and its connection is cut', async (_name, answerer) => {
  const own = await server(answerer)
  const { delivery } = await told(own.origin, 300)
  expect(delivery).toMatchObject({ verdict: 'timed_out', response_status: null, error: 'no answer within 0.3 s' })
  await expect.poll(() => own.sockets.size).toBe(0)
})

function trickle (socket: Parameters<Answerer>[1], head: string): void {
  socket.write(head)
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => { clearInterval(timer) })
}

test.each<[string, Answerer]>([
  ['closes the connection', (_request, socket) => { socket.end() }],
  ['resets it', (_request, socket) => { socket.resetAndDestroy() }],
  ['closes it within its answer', (_request, socket) => { socket.end(`${HEAD}Content-Length: 100\r\n\r\nhalf`) }],
  ['has a huge head', (_request, socket) => { socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`) }],
  ['sends interim answers without end', (_request, socket) => { socket.end('HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000)) }],
  ['switches protocols', (_request, socket) => { socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n') }],
  ['speaks no HTTP', (_request, socket) => { socket.end('SSH-2.0-x\r\n') }]
])('an app that %s was not reached', async (_name, answerer) => {
  const own = await server(answerer)
  expect((await told(own.origin)).delivery).toMatchObject({ verdict: 'not_reached', response_status: null })
})

test('an app that answers without end is read up to a bound, and cut', async () => {
  const chunk = 'x'.repeat(65_536)
  let written = 0
  const own = await server((_request, socket) => {
    socket.write(`${HEAD}Content-Length: 1073741824\r\n\r\n`)
    const more = (): void => { while (socket.writable && socket.write(chunk)) written += chunk.length }
    socket.on('drain', more)
    more()
  })
  const { delivery, body } = await told(own.origin)
  expect([delivery.verdict, delivery.response?.length, body?.length]).toEqual(['accepted', 4096, 65_536])
  await expect.poll(() => own.sockets.size).toBe(0)
  // What the kernel's buffers took.
  expect(written).toBeLessThan(64 * 1024 * 1024)
})

test('a redirection is not followed: where it leads hears nothing', async () => {
  const other = await server(`${HEAD}Content-Length: 0\r\n\r\n`)
  for (const status of [301, 302, 303, 307, 308]) {
    const own = await server(`HTTP/1.1 ${status} X\r\nLocation: ${other.origin}/x\r\nContent-Length: 0\r\n\r\n`)
    expect((await told(own.origin)).delivery).toMatchObject({ verdict: 'refused', response_status: status })
  }
  expect(other.connections()).toBe(0)
})

test('what is kept of an answer has neither the key nor what opens a door, and hostile ones cost nothing', async () => {
  const kept = async (text: string): Promise<string | null> => (await told((await server(`${HEAD}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)).origin)).delivery.response
  expect(await kept('key blnk_0123456789 \0')).toBe('key blnk_01234567… \ufffd')
  expect(await kept('{"u":"https:\\/\\/a.example\\/x?t=hush"}, http://u:hush@b.example?hush, HTTPS://c.example')).toBe('{"u":"https://a.example/…"}, http://b.example/… HTTPS://c.example')
  const begun = process.cpuUsage().user
  for (const hostile of ['http://', '\\"', '"\\', '"https:']) await kept(hostile.repeat(9_000))
  expect(process.cpuUsage(undefined).user - begun).toBeLessThan(1_000_000)
})
