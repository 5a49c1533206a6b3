import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notBuiltRows, rows } from '../../routes/index.js'
import type { Row } from '../../src/gateway/row.js'
import { openDatabase, type Database } from '../../src/lib/postgres.js'
import { flaggable } from '../alerts/ask.js'
import { startOwnApp } from '../support/app.js'
import { call, type Answer, type Own } from '../support/gateway.js'
import { keepSecrets } from '../support/kept.js'

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

const built = bound.filter((row) => !notBuilt.has(row))
const TIERS = ['documented', 'core', 'any'] as const

interface Side { own: Own, ids: Awaited<ReturnType<typeof flaggable>> & Record<'account' | 'hook' | 'coreKey' | 'alert', string>, keys: Record<'app' | 'key', string> }

/** Of which kind the id in a path is. */
const KINDS = [['transaction', 'transaction'], ['identit', 'identity'], ['account', 'account'], ['hooks', 'hook'], ['api-keys', 'coreKey'], ['alerts/:', 'alert']] as const

/** A path with the other's ids in it, of the kind that the row is about. */
function pathInto ({ method, path }: Row, { ids }: Side): string {
  const id = method === 'PUT' && path.includes('/flag') ? ids.alert : ids[KINDS.find(([part]) => path.includes(part))?.[1] ?? 'balance']
  return path.replace(/:(\w+)/g, (_, name: string) => name === 'key' ? 'FLAGGED' : name === 'field' ? 'FirstName' : name === 'collection' ? 'balances' : name === 'indicator' ? '@World' : name === 'currency' ? 'USD' : id)
}

/** What would do something, were it let through. */
const BODY = { name: 'let through', description: 'let through', currency: 'USD', meta_data: { let: 'through' }, status: 'void', amount: 1, precision: 100, source: '@World', destination: '@Through', allow_overdraft: true, skip_queue: true, colour: '#3B82F6', reference: 'let-through' }

// As it starts by itself, and with all that it can open.
describe.each(['core', 'any'] as const)('with PROXY_ROUTES=%s', (routes) => {
  let gateway: Awaited<ReturnType<typeof startOwnApp>>
  let db: Database
  let apps: ReturnType<typeof createServer>
  let a: Side
  let b: Side

  const send = async (key: string, method: string, path: string, more: { body?: unknown, headers?: Record<string, string> } = {}) => await call(gateway.started.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(method === 'POST' || method === 'PUT' ? { 'Content-Type': 'application/json' } : {}), ...more.headers },
    ...(method === 'POST' || method === 'PUT' ? { body: JSON.stringify(more.body ?? {}) } : {})
  })

  async function made (method: string, path: string, body: object, key = gateway.started.adminToken): Promise<Answer['json']> {
    const { status, text, json } = await send(key, method, path, { body })
    if (status !== 201) throw new Error(`${method} ${path} answered ${status} ${text}`)
    keepSecrets(json.api_key, json.signing_secret, json.key)
    return json
  }

  /** An instance with records, an alert, an app that is installed on it, and a bound key of all scopes. */
  async function side (callback: string): Promise<Side> {
    const { instance_id: instanceId } = await made('POST', '/admin/instances', { name: 'of a test', sandbox: true })
    const { api_key: key } = await made('POST', '/admin/keys', { name: 'of a test', scopes: ['*'], instance_id: instanceId })
    const proxy = async (method: string, path: string, body?: unknown): Promise<Answer> => await send(key, method, `/proxy${path}?instance_id=${instanceId}`, { body })
    const own: Own = { url: gateway.started.url, instanceId, apiKey: key, proxy }
    const flagged = await flaggable(own)
    const { anomaly_id: alert } = await made('POST', `/alerts/flag/${flagged.balance}`, { description: 'd' }, key)
    // What PROXY_ROUTES=any opens the way to.
    const [account, hook, coreKey] = routes === 'core'
      ? ['', '', '']
      : await Promise.all([['accounts', 'account_id', { name: 'a', bank_name: 'b', number: '1', balance_id: flagged.balance, identity_id: flagged.identity }], ['hooks', 'id', { name: 'h', url: callback, type: 'PRE_TRANSACTION', active: false, timeout: 1 }],
        ['api-keys', 'api_key_id', { name: 'k', owner: 'o', scopes: ['ledgers:read'], expires_at: '2099-01-01T00:00:00Z' }]].map(async ([path, id, body]) => (await made('POST', `/proxy/${path as string}?instance_id=${instanceId}`, body as object, key))[id as string] as string))
    const app = await made('POST', '/admin/apps', { display_name: 'Bounds', description: 'x', callback_url: callback, portal_generator_url: callback, permissions: ['data:read', 'data:write', 'alerts:read', 'alerts:write'] })
    const installed = await made('POST', `/admin/apps/${app.app_id as string}/installs`, { instance_id: instanceId, reveal_key: true })
    return { own, ids: { ...flagged, alert, account: account ?? '', hook: hook ?? '', coreKey: coreKey ?? '' }, keys: { app: installed.api_key, key } }
  }

  beforeAll(async () => {
    apps = createServer((request, response) => {
      request.resume()
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => { apps.listen(0, '127.0.0.1', resolve) })
    const callback = `http://127.0.0.1:${(apps.address() as AddressInfo).port}/callback`
    gateway = await startOwnApp({ EPHEMERAL: 'true', PROXY_ROUTES: routes })
    db = openDatabase(gateway.started.database, 1)
    a = await side(callback)
    b = await side(callback)
  })
  afterAll(async () => {
    await db?.close()
    await gateway?.app.close()
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

  /** Of what is not open the route is refused before the instance is looked at. */
  const closed = (row: Row): boolean => row.tier !== undefined && TIERS.indexOf(row.tier) > TIERS.indexOf(routes)

  test.each(['app', 'key'] as const)('neither %s reads or writes the other instance by any row', async (kind) => {
    const before = [await held(a), await held(b)]
    const wrong: string[] = []
    for (const [mine, theirs] of kind === 'app' ? [[a, b], [b, a]] as const : [[a, b]] as const) {
      for (const row of built) {
        const path = pathInto(row, theirs)
        const { status, text, json } = await send(mine.keys[kind], row.method, `${path}?instance_id=${theirs.own.instanceId}`, { body: BODY })
        const code = json?.error_detail?.code as string
        const expected = closed(row) ? 'ROUTE_NOT_OPEN' : kind === 'app' && row.scope === '*' ? 'AUTH_INSUFFICIENT_SCOPE' : 'INSTANCE_FORBIDDEN'
        if (code !== expected || text.includes(theirs.ids.balance) || text.includes(theirs.ids.alert)) wrong.push(`${nameOf(row)} answered ${status} ${text.slice(0, 200)}`)
      }
    }
    expect(wrong).toEqual([])
    expect([await held(a), await held(b)]).toEqual(before)
  })

  test.each(['app', 'key'] as const)('the ids of the other instance lead %s nowhere in its own', async (kind) => {
    const before = await held(b)
    const wrong: string[] = []
    for (const row of built.filter((one) => one.path.includes(':') && !closed(one) && !/:(key|collection|indicator)/.test(one.path))) {
      const { status, text } = await send(a.keys[kind], row.method, `${pathInto(row, b)}?instance_id=${a.own.instanceId}`, { body: BODY })
      // An inflight part that is not there, and a body that is not right, are 400 of the Core's; a list has nothing.
      if ((status < 400 || status >= 500) && text !== 'null') wrong.push(`${nameOf(row)} answered ${status} ${text.slice(0, 200)}`)
    }
    expect(wrong).toEqual([])
    expect(await held(b)).toBe(before)
  })

  test.each(['app', 'key'] as const)('whatever %s does in its own instance, the other stays as it is', async (kind) => {
    const { own, ids } = b
    const before = await held(b)
    const seen: string[] = []
    for (const row of built.filter((one) => !closed(one))) {
      const body = { ...BODY, source: ids.balance, destination: ids.balance, balance_id: ids.balance, identity_id: ids.identity, instance_id: own.instanceId, owner: 'o', scopes: ['*'], expires_at: '2099-01-01T00:00:00Z' }
      const { text } = await send(a.keys[kind], row.method, `${pathInto(row, a)}?instance_id=${a.own.instanceId}`, { body })
      if (text.includes(ids.alert) || text.includes(b.keys.key.slice(0, 13))) seen.push(`${nameOf(row)}: ${text.slice(0, 200)}`)
    }
    expect(seen).toEqual([])
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
        const { text } = await send(a.keys.app, method, `${path.replace('ID', b.ids.balance).replace('ALERT', b.ids.alert)}?${query}`, more)
        const own = text.replaceAll(`'${b.ids.balance}'`, '')
        expect([method, path, own.includes(b.ids.balance), own.includes(b.ids.alert)]).toEqual([method, path, false, false])
      }
      expect(await held(b)).toBe(before)
    })
  })

  test('a cursor of the other instance is none of this', async () => {
    const key = b.keys.app
    const { json } = await send(key, 'GET', `/data/balances?instance_id=${b.own.instanceId}&cursor=&pageSize=1`)
    expect(json.next_cursor).toEqual(expect.any(String))
    const { status } = await send(a.keys.app, 'GET', `/data/balances?instance_id=${a.own.instanceId}&cursor=${encodeURIComponent(json.next_cursor as string)}&pageSize=1`)
    expect(status).toBe(400)
  })

  test('the key of an app opens nothing of the admin API', async () => {
    const wrong: string[] = []
    for (const row of rows.filter(({ scope }) => scope === 'admin')) {
      const { status } = await send(a.keys.app, row.method, row.path.replace(/:\w+/g, b.own.instanceId))
      if (status !== 401) wrong.push(`${nameOf(row)} answered ${status}`)
    }
    expect(wrong).toEqual([])
  })
})
