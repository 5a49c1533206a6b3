import { describe, expect, test, vi } from 'vitest'
import { start, workFolder, type Started } from '../house/command.js'
import { call, type Answer } from '../support/gateway.js'
import { hasRedis, startRedis } from './redis-server.js'

// Two starts, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe.skipIf(!hasRedis)('two processes and a Redis', () => {
  const cwd = workFolder()

  test('share a limit, show Redis in their health, and log no password of it', async () => {
    const redis = await startRedis('--requirepass', 's3cr3t-of-redis')
    const env = { REDIS_URL: redis.url.replace('//', '//:s3cr3t-of-redis@'), RATE_LIMIT_FAILED_AUTH: '3/1h', REDIS_TIMEOUT_MS: '10000', SANDBOX: 'off' }
    const both = await Promise.all([start(['--ephemeral'], { cwd, env }), start(['--ephemeral'], { cwd, env })])
    const wrong = async ({ line }: Started, path = '/proxy/ledgers'): Promise<Answer> => await call(line.url + path, { headers: { Authorization: 'Bearer blnk_wrong' } })
    const [one, other] = both
    expect([await wrong(one), await wrong(other), await wrong(one, '/admin/keys')].map(({ status }) => status)).toEqual([401, 401, 401])
    expect([await wrong(other), await wrong(one), await wrong(other, '/admin/keys')].map(({ status }) => status)).toEqual([429, 429, 429])

    const health = async ({ line }: Started): Promise<unknown> => (await call(`${line.url}/health/ready`)).json
    expect(await health(one)).toMatchObject({ status: 'UP', redis: 'UP' })
    await redis.stop()
    await expect.poll(async () => await health(other), { timeout: 60_000 }).toMatchObject({ status: 'UP', redis: 'DOWN' })
    expect((await wrong(other)).status).toBe(401)

    for (const each of both) {
      expect(await each.stop()).toBe(0)
      const said = each.stderr()
      expect(said).toMatch(/RATE_LIMIT_FAILED_AUTH: 3 in 3600 s .* in Redis for all replicas; while it does not answer, nothing is limited/)
      expect(said.match(/does not answer \(/g)?.length).toBe(1)
      expect(said).not.toContain('s3cr3t-of-redis')
    }
  })
})
