import { startGateway, type TestGateway } from 'blnk-gateway/testing'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { answer } from '../apps/app.js'
import { start, workFolder } from '../house/command.js'
import { call, type Answer } from '../support/gateway.js'
import { postgresServer, serverPrograms, type PostgresServer } from '../support/postgres-server.js'
import { startUpstream, type Upstream } from '../support/upstream.js'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const bin = serverPrograms()
if (bin === null) console.log('skipped: a server needs the programs of Postgres in /usr/lib/postgresql')

describe.skipIf(bin === null)('alerts and apps on a server', () => {
  const cwd = workFolder()
  let server: PostgresServer
  let upstream: Upstream
  let gateway: TestGateway
  let settings: Record<string, string>
  const clients: pg.Client[] = []

  const send = async (method: string, path: string, body?: object, { url, adminToken } = gateway): Promise<Answer> => await call(url + path, {
    method,
    headers: { Authorization: `Bearer ${adminToken}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: server.url })
    // The server is stopped before it where a test fails.
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }
  const register = async (): Promise<string> => {
    const made = await send('POST', '/admin/apps', { display_name: 'A', description: 'd', callback_url: `${upstream.origin}/cb`, portal_generator_url: `${upstream.origin}/portal`, permissions: ['alerts:read', 'alerts:write'] })
    expect(made.status).toBe(201)
    return made.json.app_id as string
  }
  const install = async (app: string): Promise<Answer> => await send('POST', `/admin/apps/${app}/installs`, { instance_id: 'inst_core', reveal_key: true })

  beforeAll(async () => {
    server = await postgresServer(bin as string)
    await server.start()
    // Both the app and the Core: every balance is there.
    upstream = await startUpstream((_request, socket) => { socket.end(answer(200, '{"portal_url":"https://a.example/"}')) })
    settings = { DATABASE_URL: server.url, SANDBOX: 'off', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: randomBytes(32).toString('hex'), CORE_URL: upstream.origin, APPS_ALLOW_LOCAL: 'true' }
    gateway = await startGateway({ settings })
  })
  afterAll(async () => {
    await gateway?.close()
    await Promise.all(clients.map(async (client) => { await client.end() }))
    await upstream?.close()
    await server?.remove()
  })

  test('a start reads no alerts, of which callers may have made any number', async () => {
    const client = await connect()
    await client.query('BEGIN; LOCK TABLE gateway.alerts, gateway.app_deliveries IN ACCESS EXCLUSIVE MODE')
    const starting = start([], { cwd, env: settings })
    const ready = await Promise.race([starting.then(() => true), wait(20_000, false, { ref: false })])
    await client.query('ROLLBACK')
    expect(await (await starting).stop()).toBe(0)
    expect(ready).toBe(true)
  })

  test('an app that is removed while its install begins is not there', async () => {
    const app = await register()
    const client = await connect()
    await client.query('BEGIN')
    await client.query('SELECT FROM gateway.apps WHERE app_id = $1 FOR UPDATE', [app])
    const installing = install(app)
    await expect.poll(async () => (await client.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount).toBe(1)
    await client.query('UPDATE gateway.apps SET removed_at = now() WHERE app_id = $1', [app])
    await client.query('COMMIT')
    const { status, json } = await installing
    expect([status, json.error_detail.code]).toEqual([404, 'APP_NOT_FOUND'])
  })

  test('of statuses there are a thousand, since one key with alerts:write makes them for all', async () => {
    const client = await connect()
    await client.query("INSERT INTO gateway.alert_statuses (key, name, colour) SELECT 'S' || n, 'S' || n, '#3B82F6' FROM generate_series(1, 999) n")
    const { json: { api_key: adminToken } } = await send('POST', '/admin/keys', { name: 'k', scopes: ['alerts:write'] })
    const make = async (name: string): Promise<Answer> => await send('POST', '/alerts/statuses', { name, colour: '#3B82F6' }, { ...gateway, adminToken })
    expect((await make('last')).status).toBe(201)
    const refused = await make('one more')
    expect([refused.status, refused.json.error]).toEqual([400, 'there are 1000 statuses, and there can be no more: remove one first'])
    expect((await send('DELETE', '/alerts/statuses/s1', undefined, { ...gateway, adminToken })).status).toBe(200)
    expect((await make('one more')).status).toBe(201)
    await client.query('DELETE FROM gateway.alert_statuses WHERE NOT built_in')
  })

  test('reset brings alerts, statuses, apps, installs and what was sent back to what they were at the start', async () => {
    const { json: key } = await send('POST', '/admin/keys', { name: 'k', scopes: ['*'] })
    const asked = async (method: string, path: string, body?: object, token = key.api_key as string): Promise<Answer> => await send(method, path, body, { ...gateway, adminToken: token })
    const app = await register()
    const { json: installed } = await install(app)
    const alert = async (body: object): Promise<string> => (await asked('POST', '/alerts/flag/bln_1', { description: 'd', ...body })).json.anomaly_id as string
    expect((await asked('POST', '/alerts/statuses', { name: 'Kept', colour: '#3B82F6' })).status).toBe(201)
    const kept = await alert({ status: 'kept', escalated_to: ['a', '"b",{'] })
    const state = async (): Promise<unknown[]> => {
      const admins = await Promise.all(['/admin/apps', '/admin/installs', '/admin/apps/deliveries'].map(async (path) => (await send('GET', path)).text))
      return [...admins, (await asked('GET', '/alerts')).text, (await asked('GET', '/alerts/statuses')).text]
    }
    const resettable = await startGateway({ settings: { ...settings, PORT: '0' } })
    try {
      const before = await state()
      expect(before.join()).toContain(kept)
      await asked('PUT', `/alerts/flag/${kept}`, { status: 'RESOLVED', title: 'later' })
      await alert({})
      expect((await asked('DELETE', '/alerts/statuses/kept')).status).toBe(200)
      expect((await asked('POST', '/alerts/statuses', { name: 'Later', colour: '#3B82F6' })).status).toBe(201)
      const later = await register()
      const { json: second } = await install(later)
      expect((await send('DELETE', `/admin/installs/${installed.installed_app_id as string}`)).status).toBe(200)
      expect((await send('PUT', `/admin/apps/${app}`, { display_name: 'Later' })).status).toBe(200)
      expect(await state()).not.toEqual(before)

      await resettable.reset()
      expect(await state()).toEqual(before)
      const keys = async (): Promise<number[]> => await Promise.all([installed, second].map(async (one) => (await asked('GET', '/alerts', undefined, one.api_key as string)).status))
      await expect.poll(keys, { timeout: 10_000 }).toEqual([200, 401])
      // Its secret is the same too: what it is sent can be signed.
      expect((await send('POST', `/admin/installs/${installed.installed_app_id as string}/launch`)).json).toEqual({ portal_url: 'https://a.example/' })
    } finally {
      await resettable.close()
    }
  })
})
