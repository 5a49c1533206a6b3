import { expect, test } from 'vitest'
import { admin, ownInstance } from '../support/gateway.js'
import { startTestApp } from './app.js'

const own = await ownInstance()
const manifest = { display_name: 'A', description: 'd', callback_url: 'http://127.0.0.1:9/cb', portal_generator_url: 'http://localhost:9/p', permissions: ['data:read'] }

test('a registered app is shown and listed as it was sent, without what its requests are signed with', async () => {
  const made = await admin('POST', '/admin/apps', manifest)
  expect([made.status, made.json]).toEqual([201, {
    app_id: expect.stringMatching(/^app_[0-9a-f-]{36}$/),
    ...manifest,
    logo_url: null,
    developer_name: null,
    launch_access: null,
    require_reauth: false,
    created_at: expect.any(String),
    updated_at: expect.any(String),
    signing_secret: expect.stringMatching(/^whsec_[\w-]{43}$/)
  }])
  const { signing_secret: secret, ...shown } = made.json as { app_id: string, signing_secret: string }
  expect((await admin('GET', `/admin/apps/${shown.app_id}`)).json).toEqual(shown)
  const listed = await admin('GET', '/admin/apps')
  expect(listed.json.data).toContainEqual(shown)
  expect(listed.text).not.toContain(secret)
})

test('all members are kept', async () => {
  const whole = { ...manifest, logo_url: 'https://a.example/l.svg', developer_name: 'Me', launch_access: ['ann@a.example'], require_reauth: true, permissions: ['data:read', 'data:write', 'alerts:read', 'alerts:write'] }
  expect((await admin('POST', '/admin/apps', whole)).json).toMatchObject(whole)
})

test.each(['display_name', 'description', 'callback_url', 'portal_generator_url', 'permissions'])('%s must be there', async (name) => {
  const answer = await admin('POST', '/admin/apps', { ...manifest, [name]: undefined })
  expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
  expect(answer.text).toContain(name)
})

test.each([
  [{ permissions: [] }], [{ permissions: ['proxy:read'] }], [{ permissions: ['*'] }], [{ permissions: ['data:read', 'data:read'] }], [{ more: 1 }], [{ display_name: '' }], [{ display_name: 'x'.repeat(101) }],
  [{ callback_url: 'nowhere' }], [{ callback_url: 'ftp://127.0.0.1/' }], [{ callback_url: 'http://user:pass@127.0.0.1/' }], [{ callback_url: 'http://10.0.0.1/' }], [{ callback_url: 'https://10.0.0.1/' }],
  [{ callback_url: 'http://example.com/' }], [{ callback_url: 'http://169.254.169.254/' }], [{ portal_generator_url: 'https://169.254.169.254/' }], [{ portal_generator_url: 'https://[fe80::1]/' }],
  [{ callback_url: 'http://2852039166/' }], [{ callback_url: 'http://[::ffff:169.254.169.254]/' }], [{ logo_url: 'javascript:alert(1)' }], [{ logo_url: 'x' }], [{ require_reauth: 'yes' }]
])('%j is refused', async (member) => {
  const answer = await admin('POST', '/admin/apps', { ...manifest, ...member })
  expect([answer.status, answer.json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
})

test('a public address by https is taken without being asked', async () => {
  expect((await admin('POST', '/admin/apps', { ...manifest, callback_url: 'https://app.example.com/cb' })).status).toBe(201)
})

test('a change is checked like a new one, and an install keeps what it was granted', async () => {
  const app = await startTestApp()
  const { json: install } = await app.install(own.instanceId)
  const changed = await admin('PUT', `/admin/apps/${app.appId}`, { permissions: ['alerts:read'], display_name: 'B' })
  expect([changed.status, changed.json.permissions, changed.json.description]).toEqual([200, ['alerts:read'], 'of a test'])
  expect((await admin('GET', `/admin/installs/${install.installed_app_id}`)).json.granted_permissions).toEqual(['data:read', 'data:write', 'alerts:write'])
  for (const wrong of [{}, { permissions: [] }, { callback_url: 'http://10.0.0.1/' }, { app_id: 'app_x' }]) expect((await admin('PUT', `/admin/apps/${app.appId}`, wrong)).status, JSON.stringify(wrong)).toBe(400)
  expect((await admin('PUT', '/admin/apps/app_none', { display_name: 'x' })).json.error_detail.code).toBe('APP_NOT_FOUND')
})

test('an app is removed once it is installed nowhere, and its installs stay listed', async () => {
  const app = await startTestApp()
  const { json: install } = await app.install(own.instanceId)
  const refused = await admin('DELETE', `/admin/apps/${app.appId}`)
  expect([refused.status, refused.json.error_detail.code]).toEqual([409, 'APP_INSTALLED'])
  await admin('DELETE', `/admin/installs/${install.installed_app_id}`)
  expect((await admin('DELETE', `/admin/apps/${app.appId}`)).status).toBe(204)
  for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/installs']] as const) {
    expect((await admin(method, `/admin/apps/${app.appId}${path}`, method === 'POST' ? { instance_id: own.instanceId } : undefined)).json.error_detail.code).toBe('APP_NOT_FOUND')
  }
  expect((await admin('GET', `/admin/installs?app_id=${app.appId}`)).json).toMatchObject({ total: 1, data: [{ status: 'uninstalled', display_name: 'Test App' }] })
})
