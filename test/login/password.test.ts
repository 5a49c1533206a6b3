import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App, Started } from '../../src/app.js'
import { openDatabase, type Database } from '../../src/lib/postgres.js'
import { startOwnApp } from '../support/app.js'
import { browser, type Browser } from '../support/browser.js'
import { call, type Answer } from '../support/gateway.js'
import { connect } from '../support/raw-client.js'

const PUBLIC = 'https://ledger.example.com'
const PASSWORD = 'correct horse battery'
const COOKIE = '__Host-blnk_session'

let app: App
let started: Started
let db: Database

beforeAll(async () => {
  ({ app, started } = await startOwnApp({ EPHEMERAL: 'true', PUBLIC_URL: PUBLIC, SANDBOX: 'off', RATE_LIMIT_FAILED_AUTH: '6/1h' }))
  db = openDatabase(started.database, 1)
})
afterAll(async () => {
  await db.close()
  await app.close()
})

const admin = async (method: string, path: string, body?: object): Promise<Answer> => await call(started.url + path, {
  method,
  headers: { Authorization: `Bearer ${started.adminToken}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})

async function logIn (password: string): Promise<Browser & { answer: Answer }> {
  const one = browser(started.url, PUBLIC)
  const { fields } = await one.get('/login')
  return { ...one, answer: await one.post('/login', { ...fields, password }) }
}

const isIn = async (one: Browser): Promise<boolean> => (await one.get('/login')).text.includes('You are logged in')

test('by https, cookies and the host name are kept to it', async () => {
  const { answer, get } = await logIn(started.adminToken)
  expect(answer.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Host-blnk_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    '__Host-blnk_login=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0'
  ])
  expect((await get('/login')).headers.get('strict-transport-security')).toBe(null)
  const client = await connect(started.url)
  client.send('GET /login HTTP/1.1\r\nHost: ledger.example.com\r\nConnection: close\r\n\r\n')
  const shown = await client.answer()
  expect([shown.status, shown.header('strict-transport-security')]).toEqual([200, 'max-age=31536000'])
})

test('a form of another address than PUBLIC_URL is refused, and one of this machine is not', async () => {
  const one = browser(started.url, PUBLIC)
  const { fields } = await one.get('/login')
  expect((await one.post('/login', { ...fields, password: started.adminToken }, { Origin: 'https://elsewhere.example.com' })).status).toBe(403)
  expect((await one.post('/login', { ...fields, password: started.adminToken }, { Origin: started.url })).status).toBe(303)
})

test('a password takes the place of the admin token, and ends all sessions; without one it is as before', async () => {
  const before = await logIn(started.adminToken)
  expect(await isIn(before)).toBe(true)
  expect((await admin('PUT', '/admin/password', { password: 'too short' })).json.error_detail.code).toBe('GEN_VALIDATION_ERROR')
  expect((await admin('PUT', '/admin/password', { password: PASSWORD })).status).toBe(204)
  expect(await isIn(before)).toBe(false)
  expect((await logIn(started.adminToken)).answer.status).toBe(401)
  const after = await logIn(PASSWORD)
  expect([after.answer.status, await isIn(after)]).toEqual([303, true])

  const { rows: [stored] } = await db.query<{ user_name: string, password: string }>('SELECT * FROM gateway.passwords')
  expect(stored).toMatchObject({ user_name: 'admin', password: expect.stringMatching(/^\$scrypt\$ln=15,r=8,p=3\$/) })
  const { rows: [session] } = await db.query<{ hash: Buffer }>('SELECT hash FROM gateway.sessions')
  expect(session?.hash.equals(createHash('sha256').update(after.cookies.get(COOKIE) as string).digest())).toBe(true)

  expect((await admin('PUT', '/admin/password', { password: `${PASSWORD} staple` })).status).toBe(204)
  expect(await isIn(after)).toBe(false)
  expect((await admin('DELETE', '/admin/password')).status).toBe(204)
  expect(await isIn(await logIn(started.adminToken))).toBe(true)
})

test('a session that was opened with what is no longer the password opens nothing', async () => {
  const one = await logIn(started.adminToken)
  // As of a login that overlaps with a change of the password: its row comes after all others were taken away.
  await db.query("INSERT INTO gateway.passwords (user_name, password) VALUES ('admin', '$scrypt$ln=4,r=8,p=1$AAAA$AAAA')")
  expect(await isIn(one)).toBe(false)
  await db.query('DELETE FROM gateway.passwords')
  expect(await isIn(one)).toBe(true)
})

test.each([
  ['an hour without a page', "seen_at = now() - interval '61 minutes'"],
  ['twelve hours', "created_at = now() - interval '12 hours 1 minute'"]
])('a session ends after %s', async (_name, change) => {
  const one = await logIn(started.adminToken)
  await db.query("UPDATE gateway.sessions SET seen_at = now() - interval '59 minutes', created_at = now() - interval '11 hours 59 minutes'")
  expect(await isIn(one)).toBe(true)
  // A page that was shown counts.
  await db.query("UPDATE gateway.sessions SET seen_at = seen_at - interval '59 minutes'")
  expect(await isIn(one)).toBe(true)
  await db.query(`UPDATE gateway.sessions SET ${change}`)
  expect(await isIn(one)).toBe(false)
  await logIn(started.adminToken)
  expect((await db.query('SELECT 1 FROM gateway.sessions')).rowCount).toBe(1)
})

// The last: this address waits afterwards.
test('a wrong password is said on the form, and too many are made to wait', async () => {
  const one = browser(started.url, PUBLIC)
  const { fields } = await one.get('/login?next=/somewhere')
  const wrong = await one.post('/login', { ...fields, password: 'not the password, whatever it is' })
  expect([wrong.status, wrong.headers.get('content-type'), wrong.fields]).toEqual([401, 'text/html; charset=utf-8', fields])
  expect(wrong.text).toContain('<p class="alert" role="alert" id="wrong">This is not the admin token.</p>')
  expect(wrong.text).not.toContain('not the password, whatever it is')
  // At once, as a program does it: each counts before it is known to be wrong.
  const more = await Promise.all(Array.from({ length: 20 }, async () => await one.post('/login', { ...fields, password: 'a wrong one' })))
  expect(more.filter(({ status }) => status === 401)).toHaveLength(4)
  const refused = more.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(16)
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(refused[0]?.text).toMatch(/Too many wrong tries: try again in (a second|\d+ seconds)\./)
  // One before, and five here: the limit of refused credentials counts them as it does those of the API.
  expect((await call(`${started.url}/admin/keys`, { headers: { Authorization: 'Bearer not-the-admin-token' } })).status).toBe(429)
  // Who has the token is let in by the API all the while.
  expect((await admin('GET', '/admin/keys')).status).toBe(200)
})
