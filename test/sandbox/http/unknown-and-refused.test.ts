import { request } from 'undici'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { buildCoreApp } from '../../../src/sandbox/app.js'
import { createClock } from '../../../src/sandbox/clock.js'
import { createIds } from '../../../src/sandbox/ids.js'
import type { Row } from '../../../src/sandbox/call.js'
import { startCore, type Sandbox } from '../../../src/sandbox/core.js'
import { LedgerSecret } from '../../../src/sandbox/secret.js'

let core: Sandbox
beforeAll(async () => { core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' }) })
afterAll(async () => { await core.close() })

test('without a key every path but / and /health is refused, known or not', async () => {
  for (const path of ['/ledgers', '/nope', '/balances/x/y/z']) {
    const answer = await request(core.url + path)
    expect(answer.statusCode).toBe(401)
    expect(await answer.body.text()).toBe('{"error":"Authentication required. Use X-Blnk-Key header","error_detail":{"code":"AUTH_MISSING_API_KEY","message":"Authentication required. Use X-Blnk-Key header"}}')
  }
  expect(await (await request(`${core.url}/`)).body.text()).toBe('"server running..."')
  expect(await (await request(`${core.url}/health`)).body.text()).toBe('{"status":"UP"}')
})

test('an unknown key is refused, and the body that came with it is not kept', async () => {
  const answer = await request(`${core.url}/ledgers`, { method: 'POST', headers: { 'x-blnk-key': 'wrong' }, body: Buffer.alloc(8 << 20, 'a') })
  expect(answer.statusCode).toBe(401)
  expect(await answer.body.text()).toContain('AUTH_INVALID_API_KEY')
})

test('each answer has the headers of Core, in its spelling and order', async () => {
  const answer = await request(`${core.url}/health`, { responseHeaders: 'raw' })
  const names = (answer.headers as unknown as Buffer[]).filter((_, i) => i % 2 === 0).map(String)
  expect(names).toEqual([
    'Cache-Control', 'Content-Security-Policy', 'Content-Type', 'Ratelimit-Limit', 'Ratelimit-Remaining', 'Ratelimit-Reset',
    'Referrer-Policy', 'X-Content-Type-Options', 'X-Frame-Options', 'X-Rate-Limit-Duration', 'X-Rate-Limit-Limit', 'X-Rate-Limit-Request-Remote-Addr',
    'Content-Length', 'Date', 'Connection', 'Keep-Alive'
  ])
  await answer.body.dump()
})

test('a path that cannot be decoded is a bad request and ends nothing', async () => {
  const answer = await request(`${core.url}/ledgers/%zz`)
  expect([answer.statusCode, await answer.body.text()]).toEqual([400, '400 Bad Request'])
  expect((await request(`${core.url}/health`)).statusCode).toBe(200)
})

async function withRows (rows: readonly Row[], work: (url: string) => Promise<void>): Promise<void> {
  const opened = { ledger: { schema: 'none', clock: createClock(), ids: createIds(), secret: new LedgerSecret('test'), db: undefined as never, wake: () => {} }, turnstile: { pass: async (each: () => Promise<unknown>) => await each() } as never }
  const app = buildCoreApp({ rows, findLedger: (key) => key === 'k' ? opened : undefined, findTagged: () => undefined, healthy: async () => true, log: { info: () => {}, error: () => {} } as never })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  try { await work(url) } finally { await app.close() }
}

const echo: Row['handler'] = async (_ledger, { params, query, body, truncated }) => ({ status: 200, body: JSON.stringify({ params, query: [...query], length: body.length, truncated }) })
const rows: readonly Row[] = [
  { method: 'GET', path: '/ledgers', handler: echo },
  { method: 'GET', path: '/ledgers/:id', handler: echo },
  { method: 'POST', path: '/ledgers/filter', handler: echo },
  { method: 'POST', path: '/ledgers', handler: echo },
  { method: 'POST', path: '/:entityId/metadata', handler: echo },
  { method: 'GET', path: '/fails', handler: async () => { throw new Error('a secret') } }
]
const key = { 'x-blnk-key': 'k' }

test('routing is that of gin: redirects before the key is asked, no HEAD, no empty parameter, encoded slashes part', async () => {
  await withRows(rows, async (url) => {
    const ask = async (method: string, path: string, headers: Record<string, string> = key): Promise<unknown[]> => {
      const answer = await request(url + path, { method: method as 'GET', headers })
      return [answer.statusCode, answer.headers['location'] ?? null, await answer.body.text()]
    }
    expect(await ask('GET', '/ledgers/?a=b', {})).toEqual([301, '/ledgers?a=b', '<a href="/ledgers?a=b">Moved Permanently</a>.\n\n'])
    expect(await ask('GET', '/ledgers/x/', {})).toEqual([301, '/ledgers/x', '<a href="/ledgers/x">Moved Permanently</a>.\n\n'])
    expect(await ask('POST', '/ledgers/', {})).toEqual([307, '/ledgers', ''])
    expect(await ask('DELETE', '/ledgers/')).toEqual([404, null, '404 page not found'])
    expect(await ask('DELETE', '/ledgers')).toEqual([404, null, '404 page not found'])
    expect(await ask('PATCH', '/ledgers/x')).toEqual([404, null, '404 page not found'])
    expect((await ask('HEAD', '/ledgers'))[0]).toBe(404)
    expect(await ask('POST', '//metadata')).toEqual([404, null, '404 page not found'])
    expect(await ask('GET', '/ledgers/a%2fb')).toEqual([404, null, '404 page not found'])
    expect(await ask('GET', '/ledgers/%40a%20b?x=1&x=2')).toEqual([200, null, '{"params":{"id":"@a b"},"query":[["x","1"],["x","2"]],"length":0,"truncated":false}'])
    expect(await ask('GET', `/ledgers/${'x'.repeat(5000)}`)).toEqual([200, null, expect.stringContaining('xxx')])
  })
})

test('a body counts up to 5 MB, with any content type or none', async () => {
  await withRows(rows, async (url) => {
    for (const type of ['application/json', 'text/plain', 'no/such;;type', undefined]) {
      const answer = await request(`${url}/ledgers`, { method: 'POST', headers: { ...key, ...(type === undefined ? {} : { 'content-type': type }) }, body: '{}' })
      expect(await answer.body.json()).toMatchObject({ length: 2, truncated: false })
    }
    const answer = await request(`${url}/ledgers`, { method: 'POST', headers: key, body: Buffer.alloc(5 * 1024 * 1024 + 1, ' ') })
    expect(await answer.body.json()).toMatchObject({ length: 5 * 1024 * 1024, truncated: true })
  })
})

test('a handler that fails tells the caller nothing of it', async () => {
  await withRows(rows, async (url) => {
    const answer = await request(`${url}/fails`, { headers: key })
    expect([answer.statusCode, await answer.body.text()]).toEqual([500, '{"error":"internal server error","error_detail":{"code":"GEN_INTERNAL","message":"internal server error"}}'])
  })
})
