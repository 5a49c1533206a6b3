import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { valuesOf } from '../../src/audit/row.js'
import { textOf } from '../house/source-files.js'
import { startOwnApp } from '../support/app.js'
import { call } from '../support/gateway.js'

const server = process.env['TEST_DATABASE_URL']
if (server === undefined) console.log('skipped: roles of a server need TEST_DATABASE_URL')

describe.skipIf(server === undefined)('with the table given to another role, as docs/audit.md says', () => {
  const tag = randomBytes(6).toString('hex')
  const [name, role, owner, password] = [`test_${tag}`, `gateway_${tag}`, `audit_owner_${tag}`, randomBytes(16).toString('hex')]
  const token = randomBytes(32).toString('hex')
  const recipe = /```sql\n([\s\S]*?)```/.exec(textOf('docs/audit.md'))![1]!.replaceAll('audit_owner', owner).replace(/TO gateway;/g, `TO ${role};`)
  let own: pg.Client
  let app: Awaited<ReturnType<typeof startOwnApp>>

  const asSuperuser = async (database: string | undefined, ...statements: string[]): Promise<void> => {
    const url = new URL(server as string)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    for (const sql of statements) await client.query(sql)
    await client.end()
  }

  beforeAll(async () => {
    await asSuperuser(undefined, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`, `CREATE DATABASE ${name} OWNER ${role}`)
    const url = new URL(server as string)
    Object.assign(url, { pathname: `/${name}`, username: role, password })
    const settings = { DATABASE_URL: url.href, BLNK_ENCRYPTION_KEY: 'ab'.repeat(32), BLNK_ADMIN_TOKEN: token }
    await (await startOwnApp(settings)).app.close()
    await asSuperuser(name, recipe)
    app = await startOwnApp(settings)
    own = new pg.Client({ connectionString: url.href })
    await own.connect()
  })
  afterAll(async () => {
    await own?.end()
    await app?.app.close()
    await asSuperuser(undefined, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `DROP ROLE IF EXISTS ${owner}`, `DROP ROLE IF EXISTS ${role}`)
  })

  test('the gateway starts, writes and reads', async () => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const made = await call(`${app.started.url}/admin/keys`, { method: 'POST', headers, body: '{"name":"a","scopes":["*"]}' })
    expect(made.status).toBe(201)
    await expect.poll(async () => (await call(`${app.started.url}/admin/audit?entity_id=${made.json.id}`, { headers })).json.data.length, { timeout: 20_000 }).toBe(1)
  })

  test.each([
    "UPDATE gateway.audit_log SET action = 'x'", 'DELETE FROM gateway.audit_log', 'TRUNCATE gateway.audit_log', 'DROP TABLE gateway.audit_log', 'DROP SCHEMA gateway CASCADE',
    'ALTER TABLE gateway.audit_log DISABLE TRIGGER ALL', 'DROP TRIGGER audit_log_rows ON gateway.audit_log', 'ALTER TABLE gateway.audit_log RENAME TO other',
    "CREATE OR REPLACE FUNCTION gateway.audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'", "BEGIN; SET LOCAL gateway.audit_forgets TO 'on'; DELETE FROM gateway.audit_log; COMMIT"
  ])('its role cannot: %s', async (sql) => {
    await expect(own.query(sql)).rejects.toMatchObject({ code: '42501' })
    await own.query('ROLLBACK')
  })

  test('retention works all the same, for what is old alone', async () => {
    const row = [...valuesOf({ at: Date.UTC(2001), actor: { kind: 'none' }, action: 'Old', outcome: 'done' }, randomUUID(), 1), '00']
    await own.query('SELECT gateway.audit_add($1)', [JSON.stringify([row])])
    expect((await own.query('SELECT gateway.audit_forget(365, 100) AS gone')).rows).toEqual([{ gone: 1 }])
    expect((await own.query('SELECT count(*)::int AS n FROM gateway.audit_log')).rows[0].n).toBeGreaterThan(0)
  })
})
