import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openConnections } from '../../src/data/connections.js'
import { encodeRow, type Row } from '../../src/data/encode.js'
import { RESOURCES, type Resource } from '../../src/data/resources.js'
import { createSource } from '../../src/data/source.js'
import { pageStatement } from '../../src/data/statements.js'
import { openDatabase, type Database } from '../../src/lib/postgres.js'
import { copyRows, makeCoreSchema } from '../support/core-database.js'
import { testDatabase } from '../support/database.js'
import { run, workFolder as makeFolder } from '../house/command.js'
import { admin, call } from '../support/gateway.js'
import { installedServers, postgresServer, type PostgresServer } from '../support/postgres-server.js'
import { filledSandbox } from './rows.js'

const resources: readonly Resource[] = Object.values(RESOURCES)
const { db, schema: coreSchema } = testDatabase(2)
const workFolder = makeFolder()
let sandbox: Awaited<ReturnType<typeof filledSandbox>>

beforeAll(async () => {
  sandbox = await filledSandbox()
  await makeCoreSchema(db, coreSchema)
  await copyRows({ db, schema: sandbox.schema }, { db, schema: coreSchema })
})
afterAll(async () => {
  await db.query(`DROP SCHEMA ${coreSchema} CASCADE`)
  await db.close()
})

test('a sandbox has the columns of a Core that the Data API reads, of the same types', async () => {
  const columns = async (schema: string, { table, columns }: Resource): Promise<object[]> => (await db.query(
    `SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = $2 AND column_name = ANY($3) ORDER BY 1`, [schema, table, Object.keys(columns)])).rows
  for (const resource of resources) {
    const ofACore = await columns(coreSchema, resource)
    expect(ofACore).toHaveLength(Object.keys(resource.columns).length)
    expect(await columns(sandbox.schema, resource)).toEqual(ofACore)
  }
})

test.each(resources)('$name are the same records out of a Core\'s tables, by the same statements', async (resource) => {
  const read = async (schema: string): Promise<{ text: string, records: string[] }> => {
    let text = ''
    const source = createSource(async (statement, values) => {
      text += statement.replaceAll(schema, 'S')
      return (await db.query(statement, values)).rows as never
    }, schema)
    const rows = await source.read<Row>(resource, (from) => pageStatement(from, { filters: { filters: [], logicalOperator: 'and' }, order: { by: resource.sort, direction: 'desc' }, limit: 100 }))
    return { text, records: rows.map((row) => encodeRow(row, resource)) }
  }
  const ofACore = await read(coreSchema)
  expect(ofACore.records.length).toBeGreaterThan(0)
  expect(ofACore).toEqual(await read(sandbox.schema))
})

const server = process.env['TEST_DATABASE_URL']
const targets = server === undefined ? [] : installedServers()
if (server === undefined) console.log('skipped: a Core\'s database through the gateway is for npm run test:postgres (TEST_DATABASE_URL)')
else if (targets.length === 0) console.log('skipped: a Core\'s database on each Postgres version needs the programs of a server in /usr/lib/postgresql')
else console.log(`a Core's database on Postgres ${targets.map(({ version }) => version).join(', ')}`)

const paths = [
  ...resources.map(({ name }) => `/data/${name}`),
  '/data/transactions/txn_7', '/data/balances/bln_1', '/data/identities/idt_1', '/data/reconciliations/recon_1', '/data/matching-rules/rule_1', '/data/external-transactions/ext_1', '/data/ledgers/general_ledger_id',
  '/data/transactions?page=80', '/data/transactions?indicator_eq=@world&pageSize=7', '/data/transactions?meta_data.app.channel_eq=web&status_eq=APPLIED', '/data/transactions?created_at_gte=2026-01-01T00:01:00&order_by=amount', '/data/transactions?cursor='
]

describe.each(targets)('a Core\'s database on Postgres $version', ({ bin }) => {
  let own: PostgresServer
  let core: Database
  const urlOf = (role: string): string => own.url.replace('postgres@', `${role}@`)

  beforeAll(async () => {
    own = await postgresServer(bin)
    await own.start()
    core = openDatabase({ url: own.url }, 1)
    await makeCoreSchema(core, 'blnk')
    await copyRows({ db, schema: sandbox.schema }, { db: core, schema: 'blnk' })
    await core.query(`CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA blnk TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA blnk TO reader;
      CREATE ROLE writer LOGIN; GRANT USAGE ON SCHEMA blnk TO writer; GRANT ALL ON ALL TABLES IN SCHEMA blnk TO writer`)
  })
  afterAll(async () => {
    await core.close()
    await own.remove()
  })

  test.each(['reader', 'writer'])('answers as the sandbox does, with the role %s', async (role) => {
    const { json: instance } = await admin('POST', '/admin/instances', { name: 'core', database_url: urlOf(role) })
    const { json: key } = await admin('POST', '/admin/keys', { name: 'core', scopes: ['data:read'] })
    const get = async (path: string, instanceId: string): Promise<string> => {
      const answer = await call(`${sandbox.url}${path}${path.includes('?') ? '&' : '?'}instance_id=${instanceId}`, { headers: { Authorization: `Bearer ${key.api_key as string}` } })
      expect(answer.status).toBe(200)
      return answer.text.replace(/"next_cursor":"[^"]+"/, '"next_cursor":"…"')
    }
    for (const path of paths) expect(await get(path, instance.instance_id), path).toBe(await get(path, sandbox.instanceId))
    await admin('DELETE', `/admin/instances/${instance.instance_id as string}`)
    await admin('DELETE', `/admin/keys/${key.id as string}`)
  })

  test('is looked into by the doctor, whose output is SQL that leaves nothing to say; and what is wrong with a database is told', async () => {
    const { url, adminToken } = inject('gateway')
    const { json: instance } = await admin('POST', '/admin/instances', { name: 'core', database_url: urlOf('reader') })
    const path = `/admin/instances/${instance.instance_id as string}`
    const doctor = async (): Promise<string> => (await run(['instances', 'doctor', instance.instance_id], { cwd: workFolder, env: { BLNK_ADMIN_URL: url, BLNK_ADMIN_TOKEN: adminToken } })).stdout
    const sql = await doctor()
    expect(sql).toMatch(/^-- Postgres \d+[\d.]*; the schema is that of a Core 0\.15 or newer\.\n/)
    for (const statement of sql.split(/;\n/)) await core.query(statement)
    expect(await doctor()).toContain('Nothing to add')

    await core.query('CREATE ROLE stranger LOGIN')
    const verdictOf = async (databaseUrl: string): Promise<string> => {
      await admin('PUT', path, { database_url: databaseUrl })
      return (await admin('POST', `${path}/test`)).json.database.verdict as string
    }
    expect(await verdictOf(urlOf('reader'))).toBe('ok')
    expect(await verdictOf(urlOf('stranger'))).toBe('not_allowed')
    expect(await verdictOf(urlOf('nobody_of_this_name'))).toBe('wrong_password')
    expect(await verdictOf(own.url.replace(/postgres$/, 'nothing'))).toBe('no_such_database')
    expect(await verdictOf(own.url.replace(/postgres$/, 'template1'))).toBe('not_a_core')
    expect(await verdictOf(`${own.url}?sslmode=require`)).toBe('no_tls')
    await admin('DELETE', path)
  })

  test.each(['reader', 'writer'])('takes no write of the role %s through the gateway\'s connections', async (role) => {
    const connections = openConnections(urlOf(role), { statementMs: 10_000, connections: 1 }, () => {})
    for (const statement of ["UPDATE blnk.balances SET balance = '1'", 'CREATE TABLE blnk.mine (a int)', 'DELETE FROM blnk.transactions', 'SELECT nextval(\'blnk.ledgers_id_seq\')']) {
      const refused = await connections.run(statement, []).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(pg.DatabaseError)
      // read_only_sql_transaction, or insufficient_privilege
      expect(['25006', '42501']).toContain((refused as pg.DatabaseError).code)
    }
    await connections.close()
  })
})

test('the run\'s Postgres is named', async () => {
  const { rows: [row] } = await db.query<{ server_version: string }>('SHOW server_version')
  console.log(`a Core's tables in the run's own Postgres: ${row?.server_version ?? ''}${'url' in inject('postgres') ? '' : ' (embedded)'}`)
  expect(Number.parseInt(row?.server_version ?? '', 10)).toBeGreaterThanOrEqual(15)
})
