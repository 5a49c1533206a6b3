import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App, Started } from '../../src/app.js'
import { startOwnApp } from '../support/app.js'
import { call, type Answer } from '../support/gateway.js'

const server = process.env['TEST_DATABASE_URL']
if (server === undefined) console.log('skipped: several replicas on one server need TEST_DATABASE_URL')

describe.skipIf(server === undefined)('several replicas on one server', () => {
  const name = `test_${randomBytes(6).toString('hex')}`
  const token = randomBytes(32).toString('hex')
  let replicas: Array<{ app: App, started: Started }>

  const onServer = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  const admin = async (replica: number, method: string, path: string, body?: object): Promise<Answer> => await call(`${replicas[replica]?.started.url}/admin${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const ledgers = async (replica: number, key: string, instanceId: string, init: object = {}): Promise<Answer> =>
    await call(`${replicas[replica]?.started.url}/proxy/ledgers?instance_id=${instanceId}`, { headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, ...init })

  beforeAll(async () => {
    await onServer(`CREATE DATABASE ${name}`)
    const url = new URL(server as string)
    url.pathname = `/${name}`
    const settings = { DATABASE_URL: url.href, SANDBOX: 'on', BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: token, DATABASE_CONNECTIONS: '4', SEED: 'examples/seeds/wallet.yaml' }
    replicas = await Promise.all([startOwnApp(settings), startOwnApp(settings), startOwnApp(settings)])
  })
  afterAll(async () => {
    await Promise.all(replicas.map(async ({ app }) => { await app.close() }))
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`)
  })

  test('they start at once, with one sandbox between them and no key made by itself', async () => {
    expect(new Set(replicas.map(({ started }) => started.instanceId)).size).toBe(1)
    expect(replicas.map(({ started }) => started.apiKey)).toEqual([null, null, null])
    expect((await admin(0, 'GET', '/keys')).json.total).toBe(0)
  })

  test('a key, an instance and a revocation of one are known to the others', async () => {
    const { json: instance } = await admin(0, 'POST', '/instances', { name: 'shared', sandbox: true })
    const { json: key } = await admin(1, 'POST', '/keys', { name: 'shared', scopes: ['*'] })
    await expect.poll(async () => (await ledgers(2, key.api_key, instance.instance_id)).status, { timeout: 10_000 }).toBe(200)
    expect((await ledgers(0, key.api_key, instance.instance_id, { method: 'POST', body: '{"name":"seen by all"}' })).status).toBe(201)
    expect((await ledgers(2, key.api_key, instance.instance_id)).text).toContain('seen by all')
    await admin(2, 'DELETE', `/keys/${key.id}`)
    await expect.poll(async () => (await ledgers(0, key.api_key, instance.instance_id)).status, { timeout: 10_000 }).toBe(401)
  })

  test('an OAuth token that one gave is known to the others, and refused by them once its client is revoked', async () => {
    const { json: client } = await admin(0, 'POST', '/oauth/clients', { name: 'shared', scopes: ['data:read'] })
    const database = new pg.Client({ connectionString: (replicas[0]?.started.database as { url: string }).url })
    await database.connect()
    // As if somebody had allowed it: a person's part is tested elsewhere.
    await database.query("INSERT INTO gateway.oauth_grants (id, client_id, subject, scopes, expires_at) VALUES ('grant_r', $1, 'admin', '{data:read}', now() + interval '1 day')", [client.client_id])
    await database.query("INSERT INTO gateway.oauth_codes (hash, grant_id, redirect_uri, redirect_uri_given, expires_at) VALUES (sha256('code'), 'grant_r', 'https://a/', false, now() + interval '1 minute')")
    const sent = async (path: string, fields: Record<string, string>): Promise<Answer> => await call(`${replicas[1]?.started.url}/oauth/${path}`, {
      method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...fields, client_id: client.client_id, client_secret: client.client_secret }).toString()
    })
    const version = async (): Promise<number> => Number((await database.query("SELECT version FROM gateway.changes WHERE what = 'tokens'")).rows[0].version)
    const before = await version()
    const { json: first } = await sent('token', { grant_type: 'authorization_code', code: 'code' })
    const { json: tokens } = await sent('token', { grant_type: 'refresh_token', refresh_token: first.refresh_token })
    // What is given needs no word to the others.
    expect(await version()).toBe(before)
    expect((await ledgers(0, first.access_token, 'none')).status).toBe(404)
    await sent('revoke', { token: first.access_token })
    expect(await version()).toBeGreaterThan(before)
    await database.end()
    await expect.poll(async () => (await ledgers(0, first.access_token, 'none')).status, { timeout: 10_000 }).toBe(401)
    expect((await Promise.all([0, 1, 2].map(async (replica) => (await ledgers(replica, tokens.access_token, 'none')).status)))).toEqual([404, 404, 404])
    await admin(2, 'DELETE', `/oauth/clients/${client.client_id}`)
    for (const replica of [0, 1, 2]) await expect.poll(async () => (await ledgers(replica, tokens.access_token, 'none')).status, { timeout: 10_000 }).toBe(401)
  })

  test('one of them has applied the seed, and a reset by any applies it again', async () => {
    const seeds = await Promise.all([0, 1, 2].map(async (replica) => (await admin(replica, 'GET', '/seed')).text))
    expect(new Set(seeds).size).toBe(1)
    const { balances } = JSON.parse(seeds[0] as string) as { balances: Record<string, string> }
    const sandbox = replicas[0]?.started as Started
    const alice = async (): Promise<number> => (await call(`${sandbox.sandboxCoreUrl}/balances/${balances['alice_usd']}`, { headers: { 'X-Blnk-Key': sandbox.sandboxCoreKey as string } })).json.balance
    expect(await alice()).toBe(58450)
    const resets = await Promise.all([1, 2].map(async (replica) => await admin(replica, 'POST', `/instances/${sandbox.instanceId}/reset`)))
    expect(resets.map(({ status }) => status)).toEqual([204, 204])
    expect(await alice()).toBe(58450)
    expect((await admin(0, 'GET', '/seed')).text).toBe(seeds[0])
  })
})
