import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answer } from '../apps/app.js'
import { start, workFolder, type Started } from '../house/command.js'
import { call, type Answer } from '../support/gateway.js'
import { postgresServer, serverPrograms, type PostgresServer } from '../support/postgres-server.js'
import { ok } from '../support/proxy.js'
import { startUpstream, type Received, type Upstream } from '../support/upstream.js'

// Processes in turn, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const LIMIT = { timeout: 30_000, interval: 20 }
const LEFT = 'the gateway ended while this was under way'

const admin = async ({ line }: Started, method: string, path: string, body?: object): Promise<Answer> => await call(`${line.url}/admin${path}`, {
  method,
  headers: { Authorization: `Bearer ${line.admin_token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
  ...(body !== undefined && { body: JSON.stringify(body) })
})

/** What a key is answered. */
const withKey = async ({ line }: Started, key: string, instanceId: string): Promise<number> =>
  (await call(`${line.url}/proxy/ledgers?instance_id=${instanceId}`, { headers: { Authorization: `Bearer ${key}` } })).status

interface Told { readonly installed_app_id: string, readonly api_key: string }

const toldBy = ({ body }: Received): Told => JSON.parse(body.toString()) as Told

interface PatientApp extends Upstream {
  /** The next request waits for its answer. */
  hold(): Promise<Received>
}

/** An app that answers at once, but for the requests that are held. */
async function startPatientApp (): Promise<PatientApp> {
  const holds: Array<(request: Received) => void> = []
  const server = await startUpstream((request, socket) => {
    const held = holds.shift()
    if (held === undefined) socket.end(answer(200))
    else held(request)
  })
  return {
    ...server,
    hold: async () => await new Promise((resolve) => { holds.push(resolve) })
  }
}

async function register (gateway: Started, { origin }: PatientApp): Promise<string> {
  const made = await admin(gateway, 'POST', '/apps', { display_name: 'Patient', description: 'of a test', callback_url: `${origin}/cb`, portal_generator_url: `${origin}/portal`, permissions: ['data:read'] })
  expect(made.status).toBe(201)
  return made.json.app_id as string
}

describe('a gateway is killed', () => {
  const cwd = workFolder()
  const begin = async (): Promise<Started> => await start([], { cwd, env: { APPS_ALLOW_LOCAL: 'true' } })
  let app: PatientApp
  let gateway: Started
  let appId: string
  let instanceId: string

  const install = async (): Promise<Answer> => await admin(gateway, 'POST', `/apps/${appId}/installs`, { instance_id: instanceId, reveal_key: true })
  const uninstall = async (id: string): Promise<Answer> => await admin(gateway, 'DELETE', `/installs/${id}`)
  const show = async (id: string): Promise<Answer> => await admin(gateway, 'GET', `/installs/${id}`)
  /** Kills it while what is asked waits for the app; then another has the same data directory. */
  const killDuring = async (asked: () => Promise<Answer>, meanwhile: (told: Told) => Promise<void>): Promise<Told> => {
    const held = app.hold()
    const answered = asked().then(({ status, text }) => { throw new Error(`answered while the app waits: ${status} ${text}`) }, (error: Error) => error)
    const told = toldBy(await Promise.race([held, answered]) as Received)
    await meanwhile(told)
    gateway.child.kill('SIGKILL')
    await gateway.ended
    expect(await answered).toMatchObject({ message: 'fetch failed' })
    gateway = await begin()
    return told
  }

  beforeAll(async () => {
    app = await startPatientApp()
    gateway = await begin()
    instanceId = gateway.line.instance_id
    appId = await register(gateway, app)
  })
  afterAll(async () => {
    await gateway?.stop()
    await app?.close()
  })

  test('while an install waits for the app: it is cancelled, its key is dead, and the app is installed again at once', async () => {
    const { installed_app_id: id, api_key: key } = await killDuring(install, async (told) => {
      expect(await withKey(gateway, told.api_key, instanceId)).toBe(200)
      expect((await show(told.installed_app_id)).json.status).toBe('installing')
    })
    expect((await show(id)).json).toMatchObject({ status: 'failed', error: LEFT, installed_at: null })
    expect(await withKey(gateway, key, instanceId)).toBe(401)
    const again = await install()
    expect([again.status, again.json.status]).toEqual([201, 'active'])
    expect(await withKey(gateway, again.json.api_key, instanceId)).toBe(200)
    expect(await withKey(gateway, key, instanceId)).toBe(401)
    const cancelled = async (): Promise<unknown> => (await admin(gateway, 'GET', '/audit?action=App%20install%20cancelled')).json.data
    await expect.poll(cancelled, LIMIT).toMatchObject([{ outcome: 'done', actor: { kind: 'gateway' }, entity: { kind: 'app', id }, instance_id: instanceId }])
    expect((await uninstall(again.json.installed_app_id)).status).toBe(200)
  })

  test('while an uninstall waits for the app: it is still installed, its key works, and it is uninstalled again', async () => {
    const installed = await install()
    expect(installed.status).toBe(201)
    const { installed_app_id: id, api_key: key } = installed.json as Told
    await killDuring(async () => await uninstall(id), async () => { expect((await show(id)).json.status).toBe('uninstalling') })
    expect((await show(id)).json).toMatchObject({ status: 'active', error: LEFT, uninstalled_at: null })
    expect(await withKey(gateway, key, instanceId)).toBe(200)
    const again = await uninstall(id)
    expect([again.status, again.json]).toMatchObject([200, { status: 'uninstalled', error: null }])
    expect(await withKey(gateway, key, instanceId)).toBe(401)
  })
})

const bin = serverPrograms()
if (bin === null) console.log('skipped: two gateways on one server need the programs of Postgres in /usr/lib/postgresql')

describe.skipIf(bin === null)('two gateways on one server', () => {
  const cwd = workFolder()
  const token = randomBytes(32).toString('hex')
  let server: PostgresServer
  let core: Upstream
  let app: PatientApp
  const gateways: Started[] = []

  const begin = async (): Promise<Started> => {
    const gateway = await start([], { cwd, env: { DATABASE_URL: server.url, SANDBOX: 'off', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: token, CORE_URL: core.origin, APPS_ALLOW_LOCAL: 'true' } })
    gateways.push(gateway)
    return gateway
  }
  /** Whoever starts waits for this lock (src/first-start.ts), before it looks for what was left behind. */
  const holdStarts = async (): Promise<{ someoneWaits(): Promise<boolean>, release(): Promise<void> }> => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query("SELECT pg_advisory_lock(hashtextextended('blnk-gateway first start', 0))")
    return {
      someoneWaits: async () => (await client.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).rowCount === 1,
      release: async () => { await client.end() }
    }
  }

  beforeAll(async () => {
    server = await postgresServer(bin as string)
    await server.start()
    core = await startUpstream(ok('[]'))
    app = await startPatientApp()
  })
  afterAll(async () => {
    await Promise.all(gateways.map(async (gateway) => await gateway.stop()))
    await app?.close()
    await core?.close()
    await server?.remove()
  })

  test('one that starts leaves alone what the other installs, takes its key, and its uninstall ends it at both', async () => {
    const a = await begin()
    const appId = await register(a, app)
    // What takes a starting process long is done before the install, for which the app has ten seconds.
    const starts = await holdStarts()
    const starting = begin()
    await expect.poll(starts.someoneWaits, LIMIT).toBe(true)

    const held = app.hold()
    const installing = admin(a, 'POST', `/apps/${appId}/installs`, { instance_id: 'inst_core' })
    const request = await held
    const { installed_app_id: id, api_key: key } = toldBy(request)
    await starts.release()
    const b = await starting
    await expect.poll(async () => await withKey(b, key, 'inst_core'), LIMIT).toBe(200)
    expect((await admin(b, 'GET', `/installs/${id}`)).json).toMatchObject({ status: 'installing', error: null })
    request.socket.end(answer(200))
    expect(await installing).toMatchObject({ status: 201, json: { installed_app_id: id, status: 'active' } })
    expect((await admin(b, 'GET', `/installs/${id}`)).json).toMatchObject({ status: 'active', error: null })
    expect([await withKey(a, key, 'inst_core'), await withKey(b, key, 'inst_core')]).toEqual([200, 200])

    expect((await admin(b, 'DELETE', `/installs/${id}`)).json).toMatchObject({ status: 'uninstalled' })
    expect(await withKey(b, key, 'inst_core')).toBe(401)
    await expect.poll(async () => await withKey(a, key, 'inst_core'), LIMIT).toBe(401)
  })
})
