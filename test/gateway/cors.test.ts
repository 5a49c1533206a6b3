import Fastify from 'fastify'
import { expect, inject, test } from 'vitest'
import { adminRows, healthRows, openMetricsRows } from '../../routes/index.js'
import { readConfig } from '../../src/config.js'
import { allowOrigins, isLoopbackOrigin } from '../../src/gateway/cors.js'
import { KEY, INSTANCE, ok, startBoth } from '../support/proxy.js'
import { call } from '../support/gateway.js'

const page = 'http://localhost:3000'
const { url, adminToken } = inject('gateway')

const preflight = async (base: string, path: string, more: Record<string, string> = {}): Promise<Response> => await fetch(base + path, {
  method: 'OPTIONS',
  headers: { Origin: page, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key', ...more }
})

test('a preflight is answered before admission, on any path of a surface', async () => {
  for (const path of ['/proxy/ledgers', '/proxy/is/not/there?instance_id=nobody', '/health/ready']) {
    const answer = await preflight(url, path)
    expect(answer.status).toBe(204)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': page,
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      'access-control-max-age': '7200',
      vary: 'Origin, Access-Control-Request-Headers'
    })
    expect(answer.headers.get('access-control-allow-credentials')).toBe(null)
    expect(answer.headers.get('access-control-allow-private-network')).toBe(null)
  }
  expect((await preflight(url, '/proxy/ledgers', { 'Access-Control-Request-Private-Network': 'true' })).headers.get('access-control-allow-private-network')).toBe('true')
})

test('a refusal can be read by the page, with its request id', async () => {
  const answer = await fetch(`${url}/proxy/ledgers`, { headers: { Origin: page } })
  expect([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual([401, page, 'Origin'])
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/X-Request-Id, X-Blnk-Reference, WWW-Authenticate/)
})

test.each(['/admin/keys', '/%61dmin/keys', '/admin'])('the admin API is for no page: %s', async (path) => {
  const asked = await preflight(url, path, { 'Access-Control-Request-Private-Network': 'true' })
  expect(asked.status).toBe(404)
  const read = await fetch(url + path, { headers: { Origin: page, Authorization: `Bearer ${adminToken}` } })
  for (const answer of [asked, read]) expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
})

test('the listener of the admin API is for no page, whose metrics ask for no token', async () => {
  const app = Fastify()
  allowOrigins(app, [...healthRows, ...openMetricsRows, ...adminRows], readConfig({ CORS_ORIGINS: '*', ADMIN_PORT: '0' }))
  app.get('/metrics', () => 'x 1')
  for (const method of ['GET', 'OPTIONS'] as const) {
    const answer = await app.inject({ method, url: '/metrics', headers: { origin: page, 'access-control-request-method': 'GET', 'access-control-request-private-network': 'true' } })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  }
})

test.each(['https://app.example.com', 'null', 'http://127.0.0.1.example.com', 'http://localhost.example.com:3000', 'file://'])('a page of %s may not', async (origin) => {
  const refused = await preflight(url, '/proxy/ledgers', { Origin: origin })
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([404, null])
  expect(await refused.text()).toMatch(/CORS_ORIGINS/)
  const answer = await call(`${url}/health/ready`, { headers: { Origin: origin } })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null])
})

test('OPTIONS that is no preflight is as any method that there is not', async () => {
  const answer = await call(`${url}/health/ready`, { method: 'OPTIONS' })
  expect([answer.status, answer.json.error]).toEqual([405, '/health/ready does not take OPTIONS: it takes GET'])
})

test('which origins are of this machine', () => {
  for (const origin of ['http://localhost', 'https://localhost:8443', 'http://127.0.0.1:5173', 'http://127.1.2.3', 'http://[::1]:3000']) expect(isLoopbackOrigin(origin), origin).toBe(true)
  for (const origin of ['null', '', 'localhost', 'http://localhost/', 'ftp://localhost', 'http://0.0.0.0', 'http://[::2]', 'http://localhost@example.com']) expect(isLoopbackOrigin(origin), origin).toBe(false)
})

test('CORS_ORIGINS is read as browsers write origins', () => {
  const read = (text: string): unknown => readConfig({ CORS_ORIGINS: text }).corsOrigins
  expect([read('*'), read('none'), read('')]).toEqual(['*', [], undefined])
  expect(read(' HTTPS://App.example.com:443 , http://x.test:80,capacitor://localhost')).toEqual(['https://app.example.com', 'http://x.test', 'capacitor://localhost'])
  for (const wrong of ['app.example.com', 'https://app.example.com/', 'https://*.example.com', 'null', 'https://a.test,*', 'https://user@a.test']) expect(() => read(wrong), wrong).toThrow(/CORS_ORIGINS must be/)
})

const proxied = async (both: { url: string }, origin?: string): Promise<Headers> =>
  (await fetch(`${both.url}/proxy/transactions?instance_id=${INSTANCE}`, { method: 'POST', body: '{}', headers: { Authorization: `Bearer ${KEY}`, ...(origin === undefined ? {} : { Origin: origin }) } })).headers

test('Core\'s answer carries the gateway\'s word, not its own', async () => {
  const both = await startBoth(ok('{}', 'Access-Control-Allow-Origin: *', 'access-control-allow-credentials: true', 'Vary: Accept-Encoding'))
  const headers = await proxied(both, page)
  expect(headers.get('access-control-allow-origin')).toBe(page)
  expect(headers.get('access-control-allow-credentials')).toBe(null)
  expect(headers.get('access-control-expose-headers')).toContain('X-Blnk-Reference')
  expect(headers.get('x-blnk-reference')).toMatch(/^ref_/)
  expect(headers.get('vary')).toBe('Accept-Encoding, Origin')
  for (const other of ['https://app.example.com', undefined]) expect((await proxied(both, other)).get('access-control-allow-origin')).toBe(null)
})

test('with a list, the pages of this machine need to be on it; * is anyone', async () => {
  const listed = await startBoth(ok('{}'), { settings: { CORS_ORIGINS: 'https://app.example.com' } })
  expect((await proxied(listed, page)).get('access-control-allow-origin')).toBe(null)
  expect((await proxied(listed, 'https://app.example.com')).get('access-control-allow-origin')).toBe('https://app.example.com')
  const anyone = await startBoth(ok('{}'), { settings: { CORS_ORIGINS: '*' } })
  expect((await proxied(anyone, 'null')).get('access-control-allow-origin')).toBe('*')
  const open = await startBoth(ok('{}'), { settings: { HOST: '0.0.0.0' } })
  expect((await proxied(open, page)).get('access-control-allow-origin')).toBe(null)
})
