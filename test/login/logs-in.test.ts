import { describe, expect, inject, test } from 'vitest'
import { browser } from '../support/browser.js'
import { admin, call } from '../support/gateway.js'
import { connect } from '../support/raw-client.js'

const { url, adminToken } = inject('gateway')

test('the admin token logs in where no password is set, and the session ends with the logout', async () => {
  const { get, post, cookies } = browser()
  const form = await get('/login?next=/oauth/authorize%3Fclient_id%3Da%26state%3D%22b')
  expect(form.status).toBe(200)
  expect(form.text).toContain('Admin token')
  expect(form.fields['next']).toBe('/oauth/authorize?client_id=a&state="b')
  const done = await post('/login', { ...form.fields, password: adminToken })
  expect([done.status, done.headers.get('location'), done.headers.get('cache-control')]).toEqual([303, '/oauth/authorize?client_id=a&state="b', 'no-store'])
  expect([...cookies.keys()]).toEqual(['blnk_session'])
  expect(done.headers.getSetCookie()[0]).toMatch(/^blnk_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)

  const inside = await get('/login')
  expect(inside.text).toContain('You are logged in')
  expect((await get('/login?next=/elsewhere')).headers.get('location')).toBe('/elsewhere')
  const id = cookies.get('blnk_session') as string
  const out = await post('/logout', inside.fields)
  expect([out.status, out.headers.get('location'), cookies.size]).toEqual([303, '/login', 0])
  // Not only the browser has forgotten it.
  cookies.set('blnk_session', id)
  expect((await get('/login')).text).toContain('Admin token')
})

test('a login gives a new id, and ends the session before it', async () => {
  const { get, post, cookies } = browser()
  const first = await get('/login')
  const planted = 'A'.repeat(43)
  cookies.set('blnk_session', planted)
  await post('/login', { ...first.fields, password: adminToken })
  const one = cookies.get('blnk_session') as string
  expect(one).not.toBe(planted)
  const other = browser()
  const second = await other.get('/login')
  other.cookies.set('blnk_session', one)
  await other.post('/login', { ...second.fields, password: adminToken })
  expect((await get('/login')).text).toContain('Admin token')
  expect((await other.get('/login')).text).toContain('You are logged in')
})

describe('a form that another page sends is refused', () => {
  const attempt = async (headers: Record<string, string>, change: (fields: Record<string, string>) => Record<string, string> = (fields) => fields): Promise<readonly [number, string]> => {
    const { get, post } = browser()
    const { fields } = await get('/login')
    const { status, text } = await post('/login', { ...change(fields), password: adminToken }, headers)
    return [status, text]
  }
  const own = { Origin: url }

  test.each<[string, Record<string, string>]>([
    ['of another origin', { Origin: 'http://localhost:3000' }],
    ['of an opaque origin', { Origin: 'null' }],
    ['of the same host by another scheme', { Origin: url.replace('http:', 'https:') }],
    ['of another site, by what the browser says', { ...own, 'Sec-Fetch-Site': 'cross-site' }],
    ['of another port of this machine', { ...own, 'Sec-Fetch-Site': 'same-site' }],
    ['that does not say where it comes from', {}]
  ])('%s', async (_name, headers) => {
    const [status, text] = await attempt(headers)
    expect(status).toBe(403)
    expect(text).toContain('FORM_REFUSED')
  })

  test.each<[string, (fields: Record<string, string>) => Record<string, string>]>([
    ['without its token', ({ csrf_token: _, ...fields }) => fields],
    ['with another token', (fields) => ({ ...fields, csrf_token: 'A'.repeat(43) })]
  ])('%s', async (_name, change) => {
    expect((await attempt(own, change))[0]).toBe(403)
  })

  test('and one with a token of another browser, or without a cookie', async () => {
    const { fields } = await browser().get('/login')
    const other = browser()
    expect((await other.post('/login', { ...fields, password: adminToken })).status).toBe(403)
    await other.get('/login')
    expect((await other.post('/login', { ...fields, password: adminToken })).status).toBe(403)
    expect(other.cookies.has('blnk_session')).toBe(false)
  })

  test('which goes for the logout too', async () => {
    const { get, post } = browser()
    const { fields } = await get('/login')
    await post('/login', { ...fields, password: adminToken })
    expect((await post('/logout', {})).status).toBe(403)
    expect((await post('/logout', fields)).status).toBe(403)
    expect((await get('/login')).text).toContain('You are logged in')
  })
})

test('a session opens no API', async () => {
  const { get, post, cookies } = browser()
  await post('/login', { ...(await get('/login')).fields, password: adminToken })
  const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const path of ['/admin/keys', '/proxy/ledgers', '/metrics']) expect((await call(url + path, { headers: { Cookie, Origin: url } })).status, path).toBe(401)
})

test('a login takes forms alone, of a size that forms have', async () => {
  const { status, headers, text } = await call(`${url}/login`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
  expect([status, headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
  expect(text).toContain('send Content-Type: application/x-www-form-urlencoded')
  expect((await browser().post('/login', { next: 'next '.repeat(14_000) })).status).toBe(413)
})

test('what takes JSON takes no form', async () => {
  const { status } = await call(`${url}/admin/keys`, { method: 'POST', headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'name=a&scopes=*&scopes=*' })
  expect(status).toBe(400)
})

test('a browser on another machine logs in by https alone', async () => {
  const raw = async (host: string): Promise<[number, string]> => {
    const client = await connect(url)
    client.send(`GET /login HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    const { status, body } = await client.answer()
    return [status, body.toString()]
  }
  expect((await raw('localhost:4100'))[0]).toBe(200)
  for (const host of ['10.0.0.7:4100', 'ledger.example.com', 'localhost.example.com']) {
    const [status, text] = await raw(host)
    expect(status, host).toBe(403)
    expect(text).toContain('or PUBLIC_URL to the https address before it')
  }
})

test('pages of other origins may not read the login', async () => {
  for (const path of ['/login', '/%6Cogin', '/login?next=/a']) {
    expect((await call(url + path, { headers: { Origin: 'http://localhost:3000' } })).headers.get('access-control-allow-origin'), path).toBe(null)
  }
})

test('the request log has neither the password nor what a form is known by', async () => {
  const { get, post } = browser()
  const form = await get('/login?next=/of-the-request-log')
  await post('/login', { ...form.fields, password: adminToken })
  const { json } = await admin('GET', '/admin/requests?path=/login&limit=100')
  const entries = await Promise.all((json.data as Array<{ id: string }>).map(async ({ id }) => (await admin('GET', `/admin/requests/${id}`)).text))
  expect(entries.some((text) => text.includes('of-the-request-log'))).toBe(true)
  for (const text of entries) for (const secret of [adminToken, form.fields['csrf_token'] as string]) expect(text.includes(secret)).toBe(false)
})
