import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config.js'
import { openLimits } from '../../src/limits/gate.js'
import { openRedis } from '../../src/limits/redis.js'
import { call, type Answer } from '../support/gateway.js'
import { keptLog, type KeptLog } from '../support/kept-log.js'
import { KEY, ok, startBoth } from '../support/proxy.js'
import { hasRedis, startRedis } from './redis-server.js'

interface Limited { get (): Promise<Answer>, kept: KeptLog }

async function startLimited (redisUrl: string, settings: Record<string, string> = {}): Promise<Limited> {
  const kept = keptLog()
  const limits = await openLimits(readConfig({ REDIS_URL: redisUrl, RATE_LIMIT_CREDENTIAL: '3/1h', REDIS_TIMEOUT_MS: '10000', ...settings }), kept.log)
  onTestFinished(limits.close)
  const both = await startBoth(ok('[]'), { gates: [limits.gate] })
  return { kept, get: async () => await call(`${both.url}/proxy/ledgers?instance_id=inst_1`, { headers: { Authorization: `Bearer ${KEY}` } }) }
}

const statuses = async ({ get }: Limited, count: number): Promise<number[]> => {
  const all: number[] = []
  for (let i = 0; i < count; i++) all.push((await get()).status)
  return all
}

describe.skipIf(!hasRedis)('limits that are counted in Redis', () => {
  test('gateways share them', async () => {
    const redis = await startRedis()
    const [one, other] = [await startLimited(redis.url), await startLimited(redis.url)]
    expect(await statuses(one, 2)).toEqual([200, 200])
    expect(await statuses(other, 2)).toEqual([200, 429])
    expect(await statuses(one, 1)).toEqual([429])
  })

  test('each kind, and each window, has counts of its own', async () => {
    const redis = await startRedis()
    const limited = await startLimited(redis.url, { RATE_LIMIT_INSTANCE: '2/1h' })
    expect(await statuses(limited, 2)).toEqual([200, 200])
    expect((await limited.get()).json.error_detail.details).toMatchObject({ limit: 'instance', quota: 2, window_seconds: 3600 })
  })

  test('Redis that goes away: open lets pass, closed answers 503, and each says so once', async () => {
    const redis = await startRedis()
    const [open, closed] = [await startLimited(redis.url), await startLimited(redis.url, { RATE_LIMIT_STORE_FAILURE: 'closed', RATE_LIMIT_CREDENTIAL: '100/1h' })]
    expect(open.kept.lines[0]).toMatch(/^RATE_LIMIT_CREDENTIAL: 3 in 3600 s .* counted in Redis for all replicas; while it does not answer, nothing is limited/)
    expect(closed.kept.lines[0]).toMatch(/while it does not answer, requests are answered 503/)
    await redis.stop()
    await Promise.all([open, closed].map(async ({ kept }) => await kept.said(/^Redis \(REDIS_URL\) does not answer/)))
    expect(await statuses(open, 10)).toEqual(Array(10).fill(200))
    const refused = await closed.get()
    expect([refused.status, refused.json.error_detail.code, refused.headers.get('retry-after')]).toEqual([503, 'RATE_LIMIT_STORE_DOWN', '1'])
    expect(refused.text).not.toMatch(/redis|ECONN|127\.0\.0\.1/i)

    await redis.start()
    await Promise.all([open, closed].map(async ({ kept }) => await kept.said(/answers again$/)))
    expect(await statuses(closed, 1)).toEqual([200])
    // What the other gateway had counted is gone with the memory of this Redis: its one request remains.
    expect(await statuses(open, 3)).toEqual([200, 200, 429])
    for (const { kept } of [open, closed]) expect(kept.lines.slice(1)).toEqual([expect.stringMatching(/does not answer \(/), 'Redis (REDIS_URL) answers again'])
  })

  test('Redis that hangs is waited for once, and asked again by nobody before it answers', async () => {
    const redis = await startRedis()
    const kept = keptLog()
    const store = openRedis({ url: redis.url, timeoutMs: 500, log: kept.log, consequence: 'nothing is limited' })
    onTestFinished(store.close)
    await store.open()
    expect(await store.ask(async () => await store.redis.incr('n'))).toBe(1)
    redis.signal('SIGSTOP')
    let asked = 0
    const ask = async (): Promise<unknown> => await store.ask(async () => {
      asked++
      return await store.redis.incr('n')
    }).catch(({ name, cause }: Error) => [name, (cause as Error | undefined)?.message])
    // Those that are on their way wait together.
    expect(await Promise.all([ask(), ask()])).toEqual([['Error', 'no answer in 500 ms'], ['Error', 'no answer in 500 ms']])
    for (let i = 0; i < 1000; i++) expect(await ask()).toEqual(['Error', undefined])
    expect(asked).toBe(2)
    expect(store.isUp).toBe(false)
    redis.signal('SIGCONT')
    await kept.said(/answers again$/)
    expect(await ask()).toEqual(expect.any(Number))
    expect(kept.lines.length).toBe(2)
  })

  test('a password that Redis refuses is in no log', async () => {
    const redis = await startRedis('--requirepass', 'the-right-one')
    const kept = keptLog()
    const store = openRedis({ url: redis.url.replace('//', '//:s3cr3t-and-wrong@'), timeoutMs: 10_000, log: kept.log, consequence: 'nothing is limited' })
    onTestFinished(store.close)
    await store.open()
    await kept.said(/^Redis \(REDIS_URL\) does not answer \((WRONGPASS|NOAUTH) /)
    await expect(store.ask(async () => await store.redis.incr('n'))).rejects.toThrow()
    expect(kept.written.join('')).not.toContain('s3cr3t')
    const right = await startLimited(redis.url.replace('//', '//:the-right-one@'))
    expect(await statuses(right, 4)).toEqual([200, 200, 200, 429])
  })

  test('a Redis that takes no writes counts as gone', async () => {
    const redis = await startRedis('--min-replicas-to-write', '1')
    const limited = await startLimited(redis.url)
    expect(await statuses(limited, 5)).toEqual(Array(5).fill(200))
    expect(limited.kept.lines.slice(1)).toEqual([expect.stringMatching(/does not answer \(NOREPLICAS /)])
  })
})

test('what accepts and never says a word is given a second at the start', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => { sockets.add(socket.on('error', () => {})) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const limited = await startLimited(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(limited.kept.lines[1]).toBe('Redis (REDIS_URL) does not answer (no answer in 1000 ms): nothing is limited until it does')
  expect(await statuses(limited, 5)).toEqual(Array(5).fill(200))
})

test('a Redis that is not there at the start does not hinder it', async () => {
  const limited = await startLimited('redis://127.0.0.1:1', { RATE_LIMIT_STORE_FAILURE: 'closed' })
  expect(limited.kept.lines[1]).toBe('Redis (REDIS_URL) does not answer (ECONNREFUSED): what has a limit is answered 503 until it does')
  expect(await statuses(limited, 2)).toEqual([503, 503])
})

test.each(['http://127.0.0.1:6379', '127.0.0.1:6379', 'redis'])('REDIS_URL %s is none', (url) => {
  expect(() => readConfig({ REDIS_URL: url })).toThrow('REDIS_URL must be a URL that starts with redis:// or rediss://')
})
