import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { launch, workFolder, type Running } from '../house/command.js'
import { call, type Answer } from '../support/gateway.js'
import { keepSecrets } from '../support/kept.js'
import { postgresServer, serverPrograms, type PostgresServer } from '../support/postgres-server.js'
import { startUpstream, type Upstream } from '../support/upstream.js'
import { ok } from '../support/proxy.js'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const bin = process.env['TEST_DATABASE_URL'] === undefined ? null : serverPrograms()
if (bin === null) console.log('skipped: a server that is stopped and started needs TEST_DATABASE_URL, and the programs of Postgres in /usr/lib/postgresql')

const LIMIT = { timeout: 30_000, interval: 20 }

interface Line { readonly url: string }
interface Gateway { readonly running: Running, readonly url: string }

describe.skipIf(bin === null)('two gateways, and their server goes and comes', () => {
  const token = randomBytes(32).toString('hex')
  const cwd = workFolder()
  let server: PostgresServer
  let core: Upstream
  let patient: Gateway
  let strict: Gateway
  let key: { id: string, api_key: string }

  const startGateway = async (more: Readonly<Record<string, string>>): Promise<Gateway> => {
    const running = launch(['start', '--port', '0', '--json'], { cwd, env: { DATABASE_URL: server.url, SANDBOX: 'off', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: token, CORE_URL: core.origin, ...more } })
    const { url } = JSON.parse(await running.until(/\n/)) as Line
    return { running, url }
  }
  const admin = async ({ url }: Gateway, method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await call(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    keepSecrets(answer.json?.api_key)
    return answer
  }
  const ledgers = async ({ url }: Gateway, apiKey = key.api_key): Promise<Answer> => await call(`${url}/proxy/ledgers?instance_id=inst_core`, { headers: { Authorization: `Bearer ${apiKey}` } })
  const keyed = async ({ url }: Gateway, idempotencyKey: string): Promise<Answer> => await call(`${url}/proxy/ledgers?instance_id=inst_core`, {
    method: 'POST', headers: { Authorization: `Bearer ${key.api_key}`, 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey }, body: '{"name":"keyed"}'
  })
  const posted = (): number => core.received.filter(({ body }) => body.toString() === '{"name":"keyed"}').length
  const health = async ({ url }: Gateway): Promise<Answer> => await call(`${url}/health/ready`)
  const lines = ({ running }: Gateway, sentence: string): number => running.stderr().split(sentence).length - 1

  beforeAll(async () => {
    server = await postgresServer(bin as string)
    await server.start()
    core = await startUpstream(ok('[]'))
    patient = await startGateway({})
    strict = await startGateway({ STALE_CREDENTIALS_MAX: '0' })
    key = (await admin(patient, 'POST', '/admin/keys', { name: 'of both', scopes: ['*'] })).json
  })
  afterAll(async () => {
    for (const gateway of [patient, strict]) gateway?.running.child.kill('SIGTERM')
    await Promise.all([patient, strict].map(async (gateway) => { await gateway?.running.ended }))
    await core?.close()
    await server?.remove()
  })

  test('what one makes the other takes, and what it revokes the other refuses', async () => {
    await expect.poll(async () => (await ledgers(strict)).status, LIMIT).toBe(200)
    const took: number[] = []
    for (let i = 0; i < 5; i++) {
      const { json: other } = await admin(patient, 'POST', '/admin/keys', { name: 'short', scopes: ['*'] })
      await expect.poll(async () => (await ledgers(strict, other.api_key)).status, LIMIT).toBe(200)
      await admin(patient, 'DELETE', `/admin/keys/${other.id}`)
      const from = performance.now()
      await expect.poll(async () => (await ledgers(strict, other.api_key)).status, { timeout: 10_000, interval: 1 }).toBe(401)
      took.push(Math.round(performance.now() - from))
    }
    console.log(`refused by the other gateway ${took.join(', ')} ms after the revocation was answered`)
  })

  test('an Idempotency-Key counts for both', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, async (_, i) => await keyed(i % 2 === 0 ? patient : strict, 'of-both')))
    expect(all.every(({ status }) => status === 200 || status === 409)).toBe(true)
    expect(posted()).toBe(1)
    for (const gateway of [patient, strict]) expect((await keyed(gateway, 'of-both')).headers.get('idempotency-replayed')).toBe('true')
  })

  test('gone: requests go on as long as they may, writes say so, and the log and the health do', async () => {
    await server.stop()
    await expect.poll(async () => (await health(patient)).json, LIMIT).toMatchObject({ status: 'DEGRADED', database: 'DOWN', stale: false, credentials_age_seconds: expect.any(Number) })
    expect((await health(patient)).status).toBe(200)
    expect((await ledgers(patient)).status).toBe(200)
    expect((await ledgers(patient, 'blnk_nobody')).status).toBe(401)
    for (const answer of [await admin(patient, 'POST', '/admin/keys', { name: 'x', scopes: ['*'] }), await admin(patient, 'GET', '/admin/keys')]) {
      expect(answer.status).toBe(503)
      expect(answer.json.error_detail).toEqual({ code: 'DATABASE_GONE', message: answer.json.error })
      expect(answer.headers.get('retry-after')).toBe('5')
    }
    // Nobody knows whether it is the first.
    const unknown = await keyed(patient, 'while-it-is-gone')
    expect([unknown.status, unknown.json.error_detail.code, posted()]).toEqual([503, 'DATABASE_GONE', 1])
    await expect.poll(async () => (await health(strict)).json, LIMIT).toMatchObject({ status: 'DOWN', stale: true })
    expect((await health(strict)).status).toBe(503)
    const refused = await ledgers(strict)
    expect([refused.status, refused.json.error_detail.code, refused.headers.get('retry-after')]).toEqual([503, 'CREDENTIALS_STALE', '5'])
    expect((await ledgers(strict, 'blnk_nobody')).text).toBe(refused.text)
  })

  test('back: both go on by themselves, and the log has a line for each', async () => {
    await server.start()
    await expect.poll(async () => [(await health(patient)).json.status, (await health(strict)).json.status], LIMIT).toEqual(['UP', 'UP'])
    expect((await ledgers(strict)).status).toBe(200)
    const made = await admin(patient, 'POST', '/admin/keys', { name: 'afterwards', scopes: ['*'] })
    expect(made.status).toBe(201)
    await expect.poll(async () => (await ledgers(strict, made.json.api_key)).status, LIMIT).toBe(200)
    expect(lines(patient, 'the database does not answer: requests go on')).toBe(1)
    expect(lines(strict, 'the database does not answer: requests are refused')).toBe(1)
    for (const gateway of [patient, strict]) expect(lines(gateway, 'the database answers again')).toBe(1)
  })

  test('one that accepts and says nothing is gone too', async () => {
    await server.hang()
    try {
      await expect.poll(async () => (await health(strict)).status, LIMIT).toBe(503)
      expect((await ledgers(strict)).status).toBe(503)
      expect((await ledgers(patient)).status).toBe(200)
    } finally {
      server.goOn()
    }
    await expect.poll(async () => (await ledgers(strict)).status, LIMIT).toBe(200)
    expect((await admin(patient, 'DELETE', `/admin/keys/${key.id}`)).status).toBe(200)
    await expect.poll(async () => (await ledgers(strict)).status, LIMIT).toBe(401)
  })

  test('a start without it ends with a sentence', async () => {
    await server.stop()
    const { code, stdout, stderr } = await launch(['start', '--port', '0'], { cwd, env: { DATABASE_URL: server.url, BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: token, LOG_LEVEL: 'silent' } }).ended
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^blnk-gateway: DATABASE_URL cannot be used: [^\n]+\n$/)
  })
})
