import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config.js'
import { openLimits, type Limits } from '../../src/limits/gate.js'
import { limitSentence, readLimit } from '../../src/limits/limit.js'
import { keptLog } from '../support/kept-log.js'
import { call, type Answer } from '../support/gateway.js'
import { KEY, ok, startBoth, type ProxiedCore } from '../support/proxy.js'

const limitsFor = async (settings: Record<string, string>): Promise<Limits> => await openLimits(readConfig(settings), keptLog().log)

async function startLimited (settings: Record<string, string>, answer = ok('[]')): Promise<ProxiedCore & { get (key?: string): Promise<Answer> }> {
  const { gate } = await limitsFor(settings)
  const both = await startBoth(answer, { gates: [gate] })
  return Object.assign(both, { get: async (key = KEY) => await call(`${both.url}/proxy/ledgers?instance_id=inst_1`, { headers: { Authorization: `Bearer ${key}` } }) })
}

test.each([
  ['credential', 'RATE_LIMIT_CREDENTIAL', 'Too many requests: 2 in 60 s are allowed for each credential (RATE_LIMIT_CREDENTIAL); try again in'],
  ['instance', 'RATE_LIMIT_INSTANCE', 'Too many requests: 2 in 60 s are allowed for each instance (RATE_LIMIT_INSTANCE); try again in']
])('a %s that asks too often is told which limit it is, and when to come back', async (limit, setting, sentence) => {
  const both = await startLimited({ [setting]: '2/1m' })
  expect([await both.get(), await both.get()].map(({ status }) => status)).toEqual([200, 200])
  const { status, headers, json } = await both.get()
  const after = Number(headers.get('retry-after'))
  expect([status, json.error, json.error_detail.code]).toEqual([429, `${sentence} ${after} s`, 'RATE_LIMITED'])
  expect(after).toBeGreaterThan(0)
  expect(after).toBeLessThanOrEqual(60)
  expect(json.error_detail.details).toEqual({ limit, quota: 2, window_seconds: 60, retry_after_seconds: after })
  expect(headers.get('ratelimit-policy')).toBe(`"${limit}";q=2;w=60`)
  expect(headers.get('ratelimit')).toBe(`"${limit}";r=0;t=${after}`)
  expect(both.core.received.length).toBe(2)
  // Who it was is known to the log.
  expect(await both.said(/"reason":"rate_limited"/)).toMatch(/"instance":"inst_1".*"key_prefix":"blnk_test"/)
})

test('the window ends', async () => {
  const both = await startLimited({ RATE_LIMIT_CREDENTIAL: '1/1s' })
  expect((await both.get()).status).toBe(200)
  await expect.poll(async () => (await both.get()).status, { timeout: 20_000, interval: 50 }).toBe(429)
  await expect.poll(async () => (await both.get()).status, { timeout: 20_000, interval: 100 }).toBe(200)
})

test('answers of a Core keep its own headers, and get none of ours', async () => {
  const both = await startLimited({ RATE_LIMIT_CREDENTIAL: '2/1m' }, ok('[]', 'Ratelimit-Limit: 5000000', 'Ratelimit-Remaining: 4999999', 'Ratelimit-Reset: 1'))
  const { headers } = await both.get()
  expect([...headers].filter(([name]) => /rate-?limit|retry/i.test(name))).toEqual([['ratelimit-limit', '5000000'], ['ratelimit-remaining', '4999999'], ['ratelimit-reset', '1']])
})

test('what is refused to a credential is not taken from its instance', async () => {
  const both = await startLimited({ RATE_LIMIT_CREDENTIAL: '1/1m', RATE_LIMIT_INSTANCE: '2/1m' })
  for (let i = 0; i < 5; i++) await both.get()
  expect((await both.get()).json.error_detail.details.limit).toBe('credential')
  expect(both.core.received.length).toBe(1)
})

test('an address whose credentials are refused is answered 429 in place of 401, and right ones still pass', async () => {
  const both = await startLimited({ RATE_LIMIT_FAILED_AUTH: '2/1m' })
  expect([await both.get('blnk_a'), await both.get('blnk_b')].map(({ status }) => status)).toEqual([401, 401])
  const refused = await both.get('blnk_c')
  expect([refused.status, refused.json.error_detail.details.limit, refused.headers.get('www-authenticate')]).toEqual([429, 'failed_auth', null])
  const nowhere = await call(`${both.url}/proxy/nothing`, { headers: { Authorization: 'Bearer blnk_d' } })
  expect(nowhere.status).toBe(429)
  expect((await both.get()).status).toBe(200)
})

test('a body is not read before its request is counted', async () => {
  const both = await startLimited({ RATE_LIMIT_CREDENTIAL: '1/1m' })
  await both.get()
  let pulled = 0
  const body = new ReadableStream({ pull (controller) { if (++pulled > 1000) controller.close(); else controller.enqueue(Buffer.alloc(65_536)) } })
  const answer = await fetch(`${both.url}/proxy/ledgers?instance_id=inst_1`, { method: 'POST', headers: { Authorization: `Bearer ${KEY}` }, body, duplex: 'half' } as RequestInit)
  expect(answer.status).toBe(429)
  expect(pulled).toBeLessThan(1000)
})

test.each([['600/1m', { count: 600, seconds: 60 }], ['5/s', { count: 5, seconds: 1 }], ['20/30s', { count: 20, seconds: 30 }], ['9/1d', { count: 9, seconds: 86_400 }], ['1/24h', { count: 1, seconds: 86_400 }]])('%s', (text, limit) => {
  expect(readLimit(text)).toEqual(limit)
})

test.each(['', '600', '0/1m', '-1/m', '1.5/m', '10/0s', '10/2d', '10/1w', '10 / 1m', '1e3/m', '10/1m/1m'])('%j is no limit', (text) => {
  expect(readLimit(text)).toBe(undefined)
  if (text !== '') expect(() => readConfig({ RATE_LIMIT_INSTANCE: text })).toThrow(/^RATE_LIMIT_INSTANCE must be/)
})

test('a start says of each limit what it does when its store is gone', async () => {
  const { log, lines } = keptLog()
  const limits = await openLimits(readConfig({ RATE_LIMIT_CREDENTIAL: '600/1m', RATE_LIMIT_FAILED_AUTH: '5/10s' }), log)
  onTestFinished(limits.close)
  expect(lines).toEqual([
    'RATE_LIMIT_CREDENTIAL: 600 in 60 s for each credential, counted in the memory of this process: every replica counts for itself, and a restart begins anew',
    'RATE_LIMIT_FAILED_AUTH: 5 in 10 s for each address whose credentials are refused, counted in the memory of this process: every replica counts for itself, and a restart begins anew'
  ])
  const limit = { count: 1, seconds: 1 }
  expect(limitSentence('instance', limit, { inRedis: true, failure: 'open' })).toMatch(/while it does not answer, nothing is limited \(RATE_LIMIT_STORE_FAILURE=open\)$/)
  expect(limitSentence('instance', limit, { inRedis: true, failure: 'closed' })).toMatch(/while it does not answer, requests are answered 503 \(RATE_LIMIT_STORE_FAILURE=closed\)$/)
})
