import { expect, inject, test } from 'vitest'
import { admin, call, ownInstance, type Answer } from '../support/gateway.js'
import { answer, startTestApp, type TestApp } from '../apps/app.js'

const own = await ownInstance()
const { url } = inject('gateway')

const status = async (app: TestApp): Promise<number> => {
  const { api_key: key } = JSON.parse(app.bodies('/cb')[0] as string) as { api_key: string }
  return (await call(`${url}/data/ledgers?instance_id=${own.instanceId}`, { headers: { Authorization: `Bearer ${key}` } })).status
}
const code = ({ status, json }: Answer): unknown[] => [status, json?.error_detail?.code]

test('an uninstall sends the documented members in their order, and 2xx revokes the key', async () => {
  const app = await startTestApp()
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  const removed = await admin('DELETE', `/admin/installs/${id}`)
  expect([removed.status, removed.json]).toMatchObject([200, { installed_app_id: id, status: 'uninstalled', error: null, uninstalled_at: expect.any(String) }])
  const { uninstalled_at: at } = JSON.parse(app.bodies('/cb')[1] as string) as { uninstalled_at: string }
  expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  expect(app.bodies('/cb')[1]).toBe(`{"installed_app_id":"${id}","app_id":"${app.appId}","instance_id":"${own.instanceId}","uninstalled_at":"${at}","idempotency_key":"uninstall:${id}"}`)
  expect(await status(app)).toBe(401)
  for (const [method, path] of [['DELETE', ''], ['POST', '/launch']] as const) expect(code(await admin(method, `/admin/installs/${id}${path}`))).toEqual([409, 'INSTALL_NOT_ACTIVE'])
  expect(app.received).toHaveLength(2)
  expect((await app.install(own.instanceId)).status).toBe(201)
})

test('an uninstall that the app does not take leaves the key alive, until it does or is forced', async () => {
  let says = 200
  const app = await startTestApp(() => answer(says))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  says = 503
  expect(code(await admin('DELETE', `/admin/installs/${id}`))).toEqual([502, 'APP_UNINSTALL_FAILED'])
  expect((await admin('GET', `/admin/installs/${id}`)).json).toMatchObject({ status: 'active', error: 'it answered 503', uninstalled_at: null })
  expect(await status(app)).toBe(200)
  expect(code(await admin('DELETE', `/admin/installs/${id}?force=yes`))).toEqual([400, 'GEN_VALIDATION_ERROR'])
  expect(code(await admin('DELETE', `/admin/installs/${id}?forced=true`))).toEqual([400, 'GEN_VALIDATION_ERROR'])
  const { json: list } = await admin('GET', `/admin/apps/deliveries?installed_app_id=${id}&limit=1`)
  expect(list).toMatchObject({ total: 2, data: [{ event: 'uninstall', verdict: 'refused', response_status: 503 }] })
  expect(code(await admin('POST', `/admin/apps/deliveries/${list.data[0].id as string}/redeliver`))).toEqual([502, 'APP_UNINSTALL_FAILED'])
  const forced = await admin('DELETE', `/admin/installs/${id}?force=true`)
  expect([forced.status, forced.json.status]).toEqual([200, 'uninstalled'])
  expect(app.bodies('/cb')).toHaveLength(4)
  expect(await status(app)).toBe(401)
})

test('an uninstall that failed is done by sending it again', async () => {
  let says = 500
  const app = await startTestApp(({ body }) => answer(body.includes('"install:') ? 200 : says))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  await admin('DELETE', `/admin/installs/${id}`)
  const deliveries = (await admin('GET', `/admin/apps/deliveries?installed_app_id=${id}`)).json.data as Array<{ id: string, event: string, request: string }>
  expect(deliveries.map(({ event }) => event)).toEqual(['uninstall', 'install'])
  says = 200
  const done = await admin('POST', `/admin/apps/deliveries/${deliveries[0]?.id ?? ''}/redeliver`)
  expect([done.status, done.json.status]).toEqual([200, 'uninstalled'])
  expect(code(await admin('POST', `/admin/apps/deliveries/${deliveries[1]?.id ?? ''}/redeliver`))).toEqual([409, 'DELIVERY_NOT_REPEATABLE'])
  expect(code(await admin('POST', '/admin/apps/deliveries/dlv_none/redeliver'))).toEqual([404, 'DELIVERY_NOT_FOUND'])
  expect(code(await admin('DELETE', '/admin/installs/instapp_none'))).toEqual([404, 'INSTALL_NOT_FOUND'])
})

test('a launch asks each time, and neither the token nor the key is kept', async () => {
  let count = 0
  const app: TestApp = await startTestApp(({ line, body }) => line.includes('/portal') ? answer(200, `{"portal_url":"http://127.0.0.1:9/s/secretpath?token=secretquery${++count}"}`) : answer(200, `{"echo":${body.toString()}}`))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  const launches = [await admin('POST', `/admin/installs/${id}/launch`), await admin('POST', `/admin/installs/${id}/launch`)]
  expect(launches.map(({ status, json }) => [status, json])).toEqual([1, 2].map((n) => [200, { portal_url: `http://127.0.0.1:9/s/secretpath?token=secretquery${n}` }]))
  expect(app.bodies('/portal')).toEqual(Array(2).fill(`{"installed_app_id":"${id}","app_id":"${app.appId}","instance_id":"${own.instanceId}"}`))
  const listed = await admin('GET', `/admin/apps/deliveries?installed_app_id=${id}`)
  expect(listed.json.data.map(({ event, verdict }: { event: string, verdict: string }) => [event, verdict])).toEqual([['launch', 'accepted'], ['launch', 'accepted'], ['install', 'accepted']])
  expect(listed.json.data[0].response).toBe('{"portal_url":"http://127.0.0.1:9/…"}')
  const { api_key: key } = JSON.parse(app.bodies('/cb')[0] as string) as { api_key: string }
  for (const secret of ['secretquery', 'secretpath', key, app.signingSecret]) expect(listed.text).not.toContain(secret)
  expect(listed.text).toContain(key.slice(0, 13))
  expect((await admin('POST', `/admin/apps/deliveries/${listed.json.data[0].id as string}/redeliver`)).json.portal_url).toContain('secretquery3')
})

test.each([
  ['{}'], ['not JSON'], ['{"portal_url":1}'], ['null'], ['"https://a.example/"'], ['{"portal_url":"/relative"}'], ['{"portal_url":"javascript:alert(1)"}'], ['{"portal_url":"https://user:pw@a.example/"}'],
  ['{"portal_url":"http://a.example/"}'], ['{"portal_url":"http://169.254.169.254/"}'], ['{"portal_url":"https://10.0.0.1/"}'], [`{"portal_url":"https://a.example/${'x'.repeat(4000)}"}`]
])('a portal is not opened with %s', async (body) => {
  const app = await startTestApp(({ line }) => answer(200, line.includes('/portal') ? body : ''))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  const launched = await admin('POST', `/admin/installs/${id}/launch`)
  expect([launched.status, launched.json.error_detail]).toMatchObject([502, { code: 'APP_LAUNCH_FAILED', details: { verdict: 'not_understood' } }])
  expect((await admin('GET', `/admin/installs/${id}`)).json.status).toBe('active')
})

test.each([
  ['https:\\u002f\\u002fa.example\\u002f?token=hush', 'https://a.example/?token=hush'], ['\\thttps://a.example/?token=hush ', 'https://a.example/?token=hush'], ['https:a.example/?token=hush', 'https://a.example/?token=hush'],
  ["https://a.example/o'x?token=hush", "https://a.example/o'x?token=hush"], ['https://a.example/a b?token=hush', 'https://a.example/a%20b?token=hush'], ['https://a.example\\\\@b.example/?token=hush', 'https://a.example/@b.example/?token=hush'],
  ['https://a.example/\\r\\nx?token=hush', 'https://a.example/x?token=hush'], ['https://b\\u00fccher.example/\\u202e\\u001b?token=hush', 'https://xn--bcher-kva.example/%E2%80%AE%1B?token=hush']
])('a portal at %s is opened as it was looked at, and its token not kept', async (portal, opened) => {
  const app = await startTestApp(({ line }) => answer(200, line.includes('/portal') ? `{"portal_url":"${portal}"}` : ''))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  expect((await admin('POST', `/admin/installs/${id}/launch`)).json).toEqual({ portal_url: opened })
  const { json: { data: [launch] } } = await admin('GET', `/admin/apps/deliveries?installed_app_id=${id}&limit=1`)
  expect(launch).toMatchObject({ verdict: 'accepted', response: `{"portal_url":"${new URL(opened).origin}/…"}` })
})

test.each([200, 500])('an uninstall during which the instance goes, and which is answered %i, says that it was ended', async (says) => {
  const { json: { instance_id: id } } = await admin('POST', '/admin/instances', { name: 'soon gone', core_url: 'http://127.0.0.1:9' })
  const app = await startTestApp(async ({ body }) => {
    if (!body.includes('"uninstall:')) return answer(200)
    await admin('DELETE', `/admin/instances/${id as string}`)
    return answer(says)
  })
  const ended = await admin('DELETE', `/admin/installs/${(await app.install(id as string)).json.installed_app_id as string}`)
  expect(code(ended)).toEqual([409, 'INSTALL_NOT_ACTIVE'])
  expect(ended.json.error).toContain('ended meanwhile')
})

test('an app that refuses a launch does not open', async () => {
  const app = await startTestApp(({ line }) => line.includes('/portal') ? answer(403, '{"portal_url":"https://a.example/"}') : answer(200))
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  expect(code(await admin('POST', `/admin/installs/${id}/launch`))).toEqual([502, 'APP_LAUNCH_FAILED'])
  expect((await admin('POST', `/admin/installs/${id}/launch`)).json.error).toContain('it answered 403')
})

test('who did what is in the audit log, what failed too', async () => {
  let says = 500
  const app = await startTestApp(() => answer(says))
  const failed = (await app.install(own.instanceId)).json.error_detail.details.installed_app_id as string
  says = 200
  const { installed_app_id: id } = (await app.install(own.instanceId)).json as { installed_app_id: string }
  await admin('POST', `/admin/installs/${id}/launch`)
  await admin('DELETE', `/admin/installs/${id}`)
  await expect.poll(async () => (await admin('GET', `/admin/audit?entity_id=${id}`)).json.data.length, { timeout: 10_000 }).toBe(3)
  const shown = async (entity: string): Promise<unknown[]> => (await admin('GET', `/admin/audit?entity_id=${entity}`)).json.data
    .map((one: { action: string, outcome: string, actor: { kind: string }, instance_id: string }) => [one.action, one.outcome, one.actor.kind, one.instance_id])
  expect((await shown(id))).toEqual([['App uninstalled', 'done', 'admin', own.instanceId], ['App launched', 'failed', 'admin', own.instanceId], ['App installed', 'done', 'admin', own.instanceId]])
  expect((await shown(failed))).toEqual([['App installed', 'failed', 'admin', own.instanceId]])
  expect((await shown(app.appId)).map((one) => (one as string[])[0])).toEqual(['App registered'])
})

test.each(['?limit=x', '?limit=501', '?offset=-1', '?limit=1&limit=2', '?status=active'])('a list with %s is refused', async (query) => {
  expect((await admin('GET', `/admin/installs${query}`)).status).toBe(400)
  expect((await admin('GET', `/admin/apps/deliveries${query}`)).status).toBe(400)
})
