import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notBuiltRows, rows } from '../../routes/index.js'
import type { Row } from '../../src/gateway/row.js'
import { flaggable } from '../alerts/ask.js'
import { testDatabase } from '../support/database.js'
import { admin, call, ownInstance, type Own } from '../support/gateway.js'

/** Rows with a credential that need no instance_id: how each keeps to the instances of its key. A new one needs a line here. */
const BY_ITSELF: Readonly<Record<string, 'refuses another instance_id'>> = Object.fromEntries(['', '/cloud'].flatMap((root) => [
  'POST /alerts/flag/:id', 'PUT /alerts/flag/:id', 'GET /alerts', 'GET /alerts/statuses', 'POST /alerts/statuses', 'PUT /alerts/statuses/:key', 'DELETE /alerts/statuses/:key', 'GET /alerts/:alert_id'
].map((route) => [route.replace(' ', ` ${root}`), 'refuses another instance_id'])))

const nameOf = ({ method, path }: Row): string => `${method} ${path}`
const bound = rows.filter(({ scope }) => scope !== 'public' && scope !== 'admin')
const notBuilt = new Set(notBuiltRows)

test('every row with a credential needs an instance, or has a line that says how it is bound', () => {
  expect(bound.filter((row) => row.instance === 'none' && !notBuilt.has(row)).map(nameOf).sort()).toEqual(Object.keys(BY_ITSELF).sort())
})

interface Side { own: Own, ids: Awaited<ReturnType<typeof flaggable>>, alert: string, keys: Record<string, string> }
const { db } = testDatabase(1)
let apps: ReturnType<typeof createServer>
let a: Side
let b: Side

const send = async (key: string, method: string, path: string, more: { body?: unknown, headers?: Record<string, string> } = {}) => await call(a.own.url + path, {
  method,
  headers: { Authorization: `Bearer ${key}`, ...(method === 'POST' || method === 'PUT' ? { 'Content-Type': 'application/json' } : {}), ...more.headers },
  ...(method === 'POST' || method === 'PUT' ? { body: JSON.stringify(more.body ?? {}) } : {})
})

/** An instance with records, an alert, an app that is installed on it, and a bound key of all scopes. */
async function side (callback: string): Promise<Side> {
  const own = await ownInstance()
  const ids = await flaggable(own)
  const alert = (await call(`${own.url}/alerts/flag/${ids.balance}`, { method: 'POST', headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json' }, body: '{"description":"d"}' })).json.anomaly_id as string
  const { json: app } = await admin('POST', '/admin/apps', { display_name: 'Bounds', description: 'x', callback_url: callback, portal_generator_url: callback, permissions: ['data:read', 'data:write', 'alerts:read', 'alerts:write'] })
  const installed = await admin('POST', `/admin/apps/${app.app_id}/installs`, { instance_id: own.instanceId, reveal_key: true })
  expect(installed.status, installed.text).toBe(201)
  return { own, ids, alert, keys: { app: installed.json.api_key as string, key: own.apiKey } }
}

beforeAll(async () => {
  apps = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => { apps.listen(0, '127.0.0.1', resolve) })
  const callback = `http://127.0.0.1:${(apps.address() as AddressInfo).port}/callback`
  a = await side(callback)
  b = await side(callback)
})
afterAll(async () => {
  await db.close()
  apps.closeAllConnections()
  await new Promise((resolve) => { apps.close(resolve) })
})

/** Everything that an instance has: its ledger's rows, and its alerts. */
async function held ({ own: { instanceId } }: Side): Promise<string> {
  const { rows: [found] } = await db.query<{ schema: string }>('SELECT sandbox_schema AS schema FROM gateway.instances WHERE instance_id = $1', [instanceId])
  const { rows: tables } = await db.query<{ name: string }>("SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE'", [found!.schema])
  expect(tables.length).toBeGreaterThan(5)
  const each = tables.map(({ name }) => `SELECT '${name}' AS name, count(*)::text AS rows, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS hash FROM ${name} t`)
  const { rows: counted } = await db.query([...each, "SELECT 'alerts', count(*)::text, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM gateway.alerts t WHERE instance_id = $1"].join(' UNION ALL ') + ' ORDER BY 1', [instanceId])
  return JSON.stringify(counted)
}

/** A path with the other's ids in it, of the kind that the row is about. */
function pathInto (row: Row, { ids, alert }: Side): string {
  const id = row.path.includes('transaction') ? ids.transaction : row.path.includes('identit') ? ids.identity : row.path.includes('alert') && !row.path.includes('/flag') ? alert : row.method === 'PUT' && row.path.includes('/flag') ? alert : ids.balance
  return row.path.replace(/:(\w+)/g, (_, name: string) => name === 'key' ? 'FLAGGED' : name === 'field' ? 'FirstName' : name === 'collection' ? 'balances' : name === 'indicator' ? '@World' : name === 'currency' ? 'USD' : id)
}

/** What would do something, were it let through. */
const BODY = { name: 'let through', description: 'let through', currency: 'USD', meta_data: { let: 'through' }, status: 'void', amount: 1, precision: 100, source: '@World', destination: '@Through', allow_overdraft: true, skip_queue: true, colour: '#3B82F6', reference: 'let-through' }

const built = bound.filter((row) => !notBuilt.has(row))
/** Of what is not open the route is refused before the instance is looked at. */
const closed = (row: Row): boolean => row.tier !== undefined && row.tier !== 'documented'

test.each(['app', 'key'])('neither %s reads or writes the other instance by any row', async (kind) => {
  const before = [await held(a), await held(b)]
  const wrong: string[] = []
  for (const [mine, theirs] of kind === 'app' ? [[a, b], [b, a]] as const : [[a, b]] as const) {
    for (const row of built) {
      const path = pathInto(row, theirs)
      const { status, text, json } = await send(mine.keys[kind] as string, row.method, `${path}?instance_id=${theirs.own.instanceId}`, { body: BODY })
      const code = json?.error_detail?.code as string
      const expected = closed(row) ? ['ROUTE_NOT_OPEN', 'INSTANCE_FORBIDDEN', 'AUTH_INSUFFICIENT_SCOPE'] : ['INSTANCE_FORBIDDEN']
      if (!expected.includes(code) || text.includes(theirs.ids.balance) || text.includes(theirs.alert)) wrong.push(`${nameOf(row)} answered ${status} ${text.slice(0, 200)}`)
    }
  }
  expect(wrong).toEqual([])
  expect([await held(a), await held(b)]).toEqual(before)
})

test.each(['app', 'key'])('the ids of the other instance lead %s nowhere in its own', async (kind) => {
  const before = await held(b)
  const wrong: string[] = []
  for (const row of built.filter((one) => one.path.includes(':') && !closed(one) && !/:(key|collection|indicator)/.test(one.path))) {
    const { status, text } = await send(a.keys[kind] as string, row.method, `${pathInto(row, b)}?instance_id=${a.own.instanceId}`, { body: BODY })
    // An inflight part that is not there, and a body that is not right, are 400 of the Core's.
    if (status < 400 || status >= 500) wrong.push(`${nameOf(row)} answered ${status} ${text.slice(0, 200)}`)
  }
  expect(wrong).toEqual([])
  expect(await held(b)).toBe(before)
})

describe('other spellings of instance_id', () => {
  const SPELLINGS: ReadonlyArray<readonly [string, (mine: string, theirs: string) => readonly [query: string, more?: { body?: unknown, headers?: Record<string, string> }]]> = [
    ['twice', (mine, theirs) => [`instance_id=${mine}&instance_id=${theirs}`]],
    ['twice, theirs first', (mine, theirs) => [`instance_id=${theirs}&instance_id=${mine}`]],
    ['twice, one encoded', (mine, theirs) => [`instance_id=${mine}&instance%5Fid=${theirs}`]],
    ['encoded', (_mine, theirs) => [`%69nstance_id=${theirs}`]],
    ['its value encoded', (_mine, theirs) => [`instance_id=%69${theirs.slice(1)}`]],
    ['in capitals', (mine, theirs) => [`instance_id=${mine}&INSTANCE_ID=${theirs}&instanceId=${theirs}`]],
    ['as a list', (mine, theirs) => [`instance_id=${mine}&instance_id[]=${theirs}`]],
    ['in headers', (mine, theirs) => [`instance_id=${mine}`, { headers: { 'X-Instance-Id': theirs, instance_id: theirs } }]],
    ['in the body', (mine, theirs) => [`instance_id=${mine}`, { body: { instance_id: theirs, filters: [] } }]]
  ]
  const ROUTES = [['GET', '/data/balances'], ['GET', '/proxy/balances/ID'], ['POST', '/balances/filter'], ['GET', '/alerts'], ['GET', '/alerts/ALERT'], ['PUT', '/alerts/flag/ALERT'], ['POST', '/alerts/flag/ID']] as const

  test.each(SPELLINGS)('%s', async (_name, spelled) => {
    const before = await held(b)
    const [query, more] = spelled(a.own.instanceId, b.own.instanceId)
    for (const [method, path] of ROUTES) {
      const { text } = await send(a.keys['app'] as string, method, `${path.replace('ID', b.ids.balance).replace('ALERT', b.alert)}?${query}`, more)
      const own = text.replaceAll(`'${b.ids.balance}'`, '')
      expect([method, path, own.includes(b.ids.balance), own.includes(b.alert)]).toEqual([method, path, false, false])
    }
    expect(await held(b)).toBe(before)
  })
})

test('a cursor of the other instance is none of this', async () => {
  const key = b.keys['app'] as string
  const { json } = await send(key, 'GET', `/data/balances?instance_id=${b.own.instanceId}&cursor=&pageSize=1`)
  expect(json.next_cursor).toEqual(expect.any(String))
  const { status } = await send(a.keys['app'] as string, 'GET', `/data/balances?instance_id=${a.own.instanceId}&cursor=${encodeURIComponent(json.next_cursor as string)}&pageSize=1`)
  expect(status).toBe(400)
})

test('the key of an app opens nothing of the admin API', async () => {
  const wrong: string[] = []
  for (const row of rows.filter(({ scope }) => scope === 'admin')) {
    const { status } = await send(a.keys['app'] as string, row.method, row.path.replace(/:\w+/g, b.own.instanceId))
    if (status !== 401) wrong.push(`${nameOf(row)} answered ${status}`)
  }
  expect(wrong).toEqual([])
})
