import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, inject, test } from 'vitest'
import { admin, call, ownInstance, type Answer } from '../support/gateway.js'
import { answer, startTestApp, type TestApp } from '../apps/app.js'

const own = await ownInstance()
const { url } = inject('gateway')

const ledgers = async (key: string, init: object = {}, instanceId = own.instanceId): Promise<Answer> =>
  await call(`${url}/proxy/ledgers?instance_id=${instanceId}`, { headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, ...init })
const keyOf = (app: TestApp, at = 0): string => (JSON.parse(app.bodies('/cb')[at] as string) as { api_key: string }).api_key
const keysOf = async (installId: string): Promise<Answer> => await admin('GET', `/admin/keys?search=${encodeURIComponent(installId)}`)
  .then(async ({ json }) => json.total === 0 ? await admin('GET', `/admin/keys?instance_id=${own.instanceId}&limit=500`) : await admin('GET', `/admin/keys/${json.data[0].id as string}`))

test('the callback gets the documented members in their order, with a key that works before it answers', async () => {
  let before: Promise<Answer> | undefined
  const app: TestApp = await startTestApp(async ({ body }) => {
    before = ledgers((JSON.parse(body.toString()) as { api_key: string }).api_key)
    await before
    return answer(200)
  })
  const made = await app.install(own.instanceId, { permissions: ['data:write', 'data:read'] })
  const { installed_app_id: id, api_key_prefix: prefix } = made.json as { installed_app_id: string, api_key_prefix: string }
  const key = keyOf(app)
  expect([made.status, made.json]).toEqual([201, {
    installed_app_id: expect.stringMatching(/^instapp_/),
    app_id: app.appId,
    display_name: 'Test App',
    instance_id: own.instanceId,
    api_key_prefix: key.slice(0, 13),
    granted_permissions: ['data:write', 'data:read'],
    status: 'active',
    error: null,
    created_at: expect.any(String),
    installed_at: expect.any(String),
    uninstalled_at: null
  }])
  expect(key).toMatch(/^blnk_[\w-]{43}$/)
  expect(app.bodies('/cb')).toEqual([`{"installed_app_id":"${id}","app_id":"${app.appId}","instance_id":"${own.instanceId}","api_key":"${key}","api_key_prefix":"${prefix}","granted_permissions":["data:write","data:read"],"idempotency_key":"install:${id}"}`])
  const headers = new Map(app.received[0]?.headers.map(([name, value]) => [name.toLowerCase(), value]))
  expect([headers.get('content-type'), headers.get('user-agent')]).toEqual(['application/json', expect.stringMatching(/^blnk-gateway\/\d/)])
  expect(headers.get('x-blnk-signature')).toBe(createHmac('sha256', app.signingSecret).update(`${headers.get('x-blnk-timestamp') ?? ''}.`).update(app.received[0]?.body ?? '').digest('hex'))
  expect((await before)?.status).toBe(200)
  // data:read and data:write admit what proxy:read and proxy:write do.
  expect((await ledgers(key)).status).toBe(200)
  expect((await ledgers(key, { method: 'POST', body: '{"name":"of an app"}' })).status).toBe(201)
  const alerts = await call(`${url}/alerts`, { headers: { Authorization: `Bearer ${key}` } })
  expect([alerts.status, alerts.json.error_detail.code]).toEqual([403, 'AUTH_INSUFFICIENT_SCOPE'])
  expect((await ledgers(key, {}, inject('gateway').instanceId)).json.error_detail.code).toBe('INSTANCE_FORBIDDEN')
  expect((await keysOf(id)).json).toMatchObject({ kind: 'app', instance_id: own.instanceId, scopes: ['data:write', 'data:read'], api_key_prefix: prefix, expires_at: null })
})

test('what was granted cannot be changed, and the key not rotated; revoking it leaves the install', async () => {
  const app = await startTestApp()
  const { json: install } = await app.install(own.instanceId)
  const { json: key } = await keysOf(install.installed_app_id as string)
  for (const [method, path, body] of [['PUT', '', { scopes: ['*'] }], ['POST', '/rotate', {}]] as const) {
    expect((await admin(method, `/admin/keys/${key.id as string}${path}`, body)).json.error_detail.code).toBe('KEY_OF_APP')
  }
  expect((await admin('PUT', `/admin/installs/${install.installed_app_id as string}`, {})).status).toBe(405)
  expect((await ledgers(keyOf(app))).status).toBe(200)
  expect((await admin('DELETE', `/admin/keys/${key.id as string}`)).json.status).toBe('revoked')
  expect((await ledgers(keyOf(app))).status).toBe(401)
  expect((await admin('GET', `/admin/installs/${install.installed_app_id as string}`)).json.status).toBe('active')
})

test.each([
  [{ permissions: ['alerts:read'] }, 'alerts:read', 400], [{ permissions: [] }, '', 400], [{ permissions: ['*'] }, '', 400], [{ more: 1 }, '', 400], [{ instance_id: 'inst_none' }, 'instance', 404]
])('an install with %j is refused, and the app hears nothing', async (asked, part, status) => {
  const app = await startTestApp()
  const refused = await app.install(own.instanceId, asked)
  expect([refused.status, app.connections()]).toEqual([status, 0])
  expect(refused.json.error).toContain(part)
  expect((await admin('GET', `/admin/installs?app_id=${app.appId}`)).json.total).toBe(0)
})

test('of ten installs at once one wins, the others answer 409 and leave no key', async () => {
  const app = await startTestApp()
  const before = (await admin('GET', `/admin/keys?instance_id=${own.instanceId}`)).json.total as number
  const answers = await Promise.all(Array.from({ length: 10 }, async () => await app.install(own.instanceId)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)])
  expect(answers.filter(({ status }) => status === 409).map(({ json }) => json.error_detail.code)).toEqual(Array(9).fill('APP_INSTALLED_ALREADY'))
  expect((await admin('GET', `/admin/keys?instance_id=${own.instanceId}`)).json.total).toBe(before + 1)
  expect(app.bodies('/cb')).toHaveLength(1)
  expect((await app.install(own.instanceId)).status).toBe(409)
})

test.each([
  ['500', (): string => answer(500, 'boom'), 'refused', 'it answered 500'],
  ['401', (): string => answer(401), 'refused', 'it answered 401'],
  ['a redirection', (): string => answer(307, '', 'Location: https://example.com/\r\n'), 'refused', 'it answered 307'],
  ['a closed connection', (): string => '', 'not_reached', '127.0.0.1 closed the connection before it answered (ECONNRESET)'],
  ['no HTTP', (): string => 'what?\r\n\r\n', 'not_reached', '127.0.0.1 could not be reached']
] as const)('%s cancels the install and revokes its key; another try has another id and key', async (_name, says, verdict, error) => {
  let isWell = false
  const app = await startTestApp(() => isWell ? answer(204, '') : says())
  const refused = await app.install(own.instanceId)
  expect([refused.status, refused.json.error_detail]).toMatchObject([502, { code: 'APP_INSTALL_FAILED', details: { verdict, installed_app_id: expect.stringMatching(/^instapp_/) } }])
  expect(refused.json.error).toContain(error)
  const key = keyOf(app)
  expect(refused.text).not.toContain(key)
  expect((await ledgers(key)).status).toBe(401)
  const { installed_app_id: first } = refused.json.error_detail.details as { installed_app_id: string }
  expect((await admin('GET', `/admin/installs/${first}`)).json).toMatchObject({ status: 'failed', error: expect.stringContaining(error), installed_at: null })
  expect(app.bodies('/cb')).toHaveLength(1)
  isWell = true
  const made = await app.install(own.instanceId)
  expect([made.status, made.json.installed_app_id === first, keyOf(app, 1) === key]).toEqual([201, false, false])
})

test('an app that is not there is a 502', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const app = await startTestApp(undefined, { callback_url: `http://127.0.0.1:${port}/cb` })
  const refused = await app.install(own.instanceId)
  expect([refused.status, refused.json.error_detail.details.verdict]).toEqual([502, 'not_reached'])
})

test('reveal_key shows the key to who develops the app', async () => {
  const app = await startTestApp()
  const made = await app.install(own.instanceId, { reveal_key: true })
  expect(made.json.api_key).toBe(keyOf(app))
})

test('an instance that is deleted takes installs and keys along, also one whose install is under way', async () => {
  const { json: instance } = await admin('POST', '/admin/instances', { name: 'soon gone', core_url: 'http://127.0.0.1:9' })
  const id = instance.instance_id as string
  const app = await startTestApp()
  const { json: install } = await app.install(id)
  const slow = await startTestApp(async () => {
    expect((await admin('DELETE', `/admin/instances/${id}`)).status).toBe(204)
    return answer(200)
  })
  const ended = await slow.install(id)
  expect([ended.status, ended.json.error_detail.code]).toEqual([502, 'APP_INSTALL_FAILED'])
  expect((await admin('GET', `/admin/installs/${install.installed_app_id as string}`)).json.error_detail.code).toBe('INSTALL_NOT_FOUND')
  for (const one of [app, slow]) expect((await ledgers(keyOf(one), {}, id)).status).toBe(401)
  expect((await admin('DELETE', `/admin/apps/${app.appId}`)).status).toBe(204)
})
