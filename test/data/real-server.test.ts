import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../src/app.js'
import { openConnections } from '../../src/data/connections.js'
import { RESOURCES } from '../../src/data/resources.js'
import { makeAuthority, makeLeaf } from '../../src/lib/certificates.js'
import { openDatabase, type Database } from '../../src/lib/postgres.js'
import { buildOwnApp } from '../support/app.js'
import { makeCoreSchema } from '../support/core-database.js'
import { call, type Answer } from '../support/gateway.js'
import { keepSecrets } from '../support/kept.js'
import { postgresServer, serverPrograms, type PostgresServer } from '../support/postgres-server.js'

const isServerRun = process.env['TEST_DATABASE_URL'] !== undefined
const bin = isServerRun ? serverPrograms() : null
if (!isServerRun) console.log('skipped: the connections of the Data API to a server are for npm run test:postgres (TEST_DATABASE_URL)')
else if (bin === null) console.log('skipped: the connections of the Data API to a server need the programs of Postgres in /usr/lib/postgresql')

const runFile = promisify(execFile)

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']
const LIMIT = { timeout: 20_000, interval: 20 }
const PASSWORD = `pw_${randomBytes(9).toString('hex')}`

/** Who is let in and how. */
const RULES = `
local all all trust
host all postgres,either 127.0.0.1/32 trust
hostssl all only_tls 127.0.0.1/32 trust
hostnossl all only_plain 127.0.0.1/32 trust
host all reader,second,stranger,chief 127.0.0.1/32 scram-sha-256
`
/** Every statement, with its parameters, into a file. */
const SETTINGS = "ssl = on\nlogging_collector = on\nlog_destination = 'stderr'\nlog_directory = 'log'\nlog_filename = 'statements.log'\nlog_statement = 'all'\nlog_line_prefix = '%u: '\n"
const ROLES = `
CREATE ROLE either LOGIN; CREATE ROLE only_tls LOGIN; CREATE ROLE only_plain LOGIN;
CREATE ROLE stranger LOGIN PASSWORD '${PASSWORD}';
CREATE ROLE chief SUPERUSER LOGIN PASSWORD '${PASSWORD}';
CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}';
CREATE ROLE second LOGIN PASSWORD '${PASSWORD}';
GRANT USAGE ON SCHEMA blnk TO reader, second;
GRANT SELECT ON ALL TABLES IN SCHEMA blnk TO reader, second`

describe.skipIf(bin === null)('a Postgres server with TLS', () => {
  let folder: string
  let server: PostgresServer
  let db: Database
  const file = (name: string): string => join(folder, name)
  const urlOf = (role: string, query = '', host = 'localhost'): string => server.url.replace('postgres@127.0.0.1', `${role}@${host}`) + query
  const withPassword = (role: string, query = ''): string => urlOf(`${role}:${PASSWORD}`, query)

  beforeAll(async () => {
    keepSecrets(PASSWORD)
    folder = mkdtempSync(join(tmpdir(), 'blnk-real-server-'))
    const authority = await makeAuthority('authority of a test')
    const leaf = await makeLeaf(authority, ['localhost'])
    writeFileSync(file('right.pem'), authority.cert)
    writeFileSync(file('wrong.pem'), (await makeAuthority('another')).cert)
    server = await postgresServer(bin as string, { 'pg_hba.conf': RULES, 'postgresql.auto.conf': SETTINGS, 'server.crt': leaf.cert, 'server.key': leaf.key })
    await server.start()
    db = openDatabase({ url: server.url }, 1)
    await makeCoreSchema(db, 'blnk')
    await db.query(ROLES)
  })
  afterAll(async () => {
    await db?.close()
    await server?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const SSL = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'

  async function ours (url: string): Promise<string> {
    try {
      const connections = openConnections(url, { statementMs: 10_000, connections: 1 }, () => {})
      try {
        const [row] = await connections.run<{ ssl: boolean }>(SSL, [])
        return row?.ssl === true ? 'tls' : 'plain'
      } finally {
        await connections.close()
      }
    } catch {
      return 'refused'
    }
  }

  /** What libpq does, without the certificates of whoever runs this. */
  async function libpqs (url: string): Promise<string> {
    const said = await runFile(join(bin as string, 'psql'), ['-X', '-w', '-A', '-t', '-d', url, '-c', SSL], { env: { HOME: folder } }).catch((error: { code?: unknown }) => {
      // Its status for a connection that could not be opened.
      if (error.code !== 2) throw error
      return { stdout: 'refused' }
    })
    return { t: 'tls', f: 'plain' }[said.stdout.trim()] ?? said.stdout
  }

  async function compare (cases: ReadonlyArray<readonly [name: string, url: string]>): Promise<Record<string, string>> {
    const [expected, found] = await Promise.all([libpqs, ours].map(async (way) => await Promise.all(cases.map(async ([, url]) => await way(url))))) as [string[], string[]]
    const table = (outcomes: readonly string[]): Record<string, string> => Object.fromEntries(cases.map(([name], i) => [name, outcomes[i] as string]))
    expect(table(found)).toEqual(table(expected))
    return table(found)
  }

  const casesOf = (role: string, authority: string, host: string): Array<readonly [string, string]> => MODES.map((mode) =>
    [`${role} ${authority} ${host} ${mode}`, urlOf(role, `?sslmode=${mode}${authority === 'none' ? '' : `&sslrootcert=${file(`${authority}.pem`)}`}`, host)])

  test.each([['none', 'localhost'], ['right', 'localhost'], ['right', '127.0.0.1'], ['wrong', 'localhost']])('each sslmode ends as with libpq: %s authority, host %s', async (authority, host) => {
    const outcomes = await compare(['either', 'only_tls', 'only_plain'].flatMap((role) => casesOf(role, authority, host)))
    expect(outcomes).toMatchObject({
      [`either ${authority} ${host} disable`]: 'plain',
      [`only_plain ${authority} ${host} allow`]: 'plain',
      [`only_plain ${authority} ${host} require`]: 'refused',
      [`either ${authority} ${host} verify-full`]: authority === 'right' && host === 'localhost' ? 'tls' : 'refused'
    })
  })

  /** Of connections that are opened from now on. */
  async function setTls (value: 'on' | 'off'): Promise<void> {
    await db.query(`ALTER SYSTEM SET ssl = ${value}`)
    await db.query('SELECT pg_reload_conf()')
    await expect.poll(async () => (await db.query<{ ssl: string }>('SHOW ssl')).rows[0]?.ssl, LIMIT).toBe(value)
  }

  test('without sslmode it is prefer, and a server that has no TLS any more ends as with libpq', async () => {
    const none: Array<readonly [string, string]> = ['either', 'only_tls', 'only_plain'].map((role) => [role, urlOf(role)])
    expect(await compare(none)).toEqual({ either: 'tls', only_tls: 'tls', only_plain: 'plain' })
    await setTls('off')
    try {
      expect(await compare([...none, ...casesOf('either', 'right', 'localhost'), ...casesOf('only_plain', 'none', 'localhost')])).toMatchObject({ either: 'plain', only_tls: 'refused', only_plain: 'plain' })
    } finally {
      await setTls('on')
    }
  })

  test.each(['either', 'postgres'])('nothing is written through the connections, whatever the URL of %s says', async (role) => {
    const connections = openConnections(urlOf(role, '?options=-c%20default_transaction_read_only%3Doff'), { statementMs: 10_000, connections: 1 }, () => {})
    for (const statement of ['CREATE TABLE public.mine (a int)', "INSERT INTO blnk.ledgers (name, ledger_id) VALUES ('a', 'b')", 'DROP SCHEMA blnk CASCADE', 'CREATE ROLE mine']) {
      const code = await connections.run(statement, []).then(() => 'done', (error: unknown) => (error as pg.DatabaseError).code)
      // A role that may not read is told that first.
      expect(role === 'postgres' ? ['25006'] : ['25006', '42501'], statement).toContain(code)
    }
    await connections.close()
  })

  describe('behind a gateway', () => {
    let app: App
    let gateway: { url: string, adminToken: string, apiKey: string }
    let told = ''

    const ask = async (path: string, { token = gateway.apiKey, method = 'GET', body }: { token?: string, method?: string, body?: object } = {}): Promise<Answer> => {
      const answer = await call(gateway.url + path, { method, headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) }, ...(body !== undefined && { body: JSON.stringify(body) }) })
      told += answer.text
      return answer
    }
    const admin = async (method: string, path: string, body?: object): Promise<Answer> => await ask(path, { token: gateway.adminToken, method, ...(body !== undefined && { body }) })
    const instanceOf = async (body: object): Promise<string> => (await admin('POST', '/admin/instances', { name: 'of a test', ...body })).json.instance_id as string
    const data = async (name: string, instanceId: string): Promise<Answer> => await ask(`/data/${name}?instance_id=${instanceId}`)

    /** What of a role's is on the server. */
    const activity = async (role: string): Promise<Array<{ state: string, in_transaction: boolean, query_start: string }>> =>
      (await db.query(`SELECT state, xact_start IS NOT NULL AS in_transaction, query_start::text FROM pg_stat_activity WHERE usename = '${role}'`)).rows as never

    beforeAll(async () => {
      const adminToken = randomBytes(32).toString('hex')
      const log = pino({ level: 'trace', base: null }, { write: (line: string) => { told += line } })
      app = await buildOwnApp({ DATABASE_URL: server.url, SANDBOX: 'off', BLNK_ENCRYPTION_KEY: randomBytes(32).toString('hex'), BLNK_ADMIN_TOKEN: adminToken, DATA_TIMEOUT_MS: '700', DATA_CONNECTIONS: '2' }, log)
      await app.listen()
      gateway = { url: (await app.started).url, adminToken, apiKey: '' }
      gateway.apiKey = (await admin('POST', '/admin/keys', { name: 'of a test', scopes: ['data:read'] })).json.api_key as string
      keepSecrets(adminToken, gateway.apiKey)
      told = ''
    })
    afterAll(async () => { await app?.close() })

    test('a role that can only SELECT serves every list, over TLS', async () => {
      const id = await instanceOf({ database_url: withPassword('reader', `?sslmode=verify-full&sslrootcert=${file('right.pem')}`) })
      for (const { name } of Object.values(RESOURCES)) expect(await data(name, id)).toMatchObject({ status: 200, json: { data: [], total: 0 } })
      const { rows } = await db.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'reader'")
      expect(new Set(rows.map(({ ssl }) => ssl))).toEqual(new Set([true]))
    })

    test.each([
      ['a role that may not read', () => withPassword('stranger'), 'INSTANCE_DATABASE_NOT_A_CORES', "The database of this instance has no table blnk.ledgers that its role may read: check its database_url and the role's grants"],
      ['a wrong password', () => withPassword('reader').replace(PASSWORD, `${PASSWORD}x`), 'INSTANCE_DATABASE_UNREACHABLE', 'The database of this instance was reached and cannot be used: the server does not let this role in'],
      ['no such database', () => withPassword('reader').replace(/postgres$/, 'nothing'), 'INSTANCE_DATABASE_UNREACHABLE', 'The database of this instance was reached and cannot be used: the server has no database of this name'],
      ['an authority that is not its', () => withPassword('reader', `?sslmode=verify-full&sslrootcert=${file('wrong.pem')}`), 'INSTANCE_DATABASE_UNREACHABLE', "The database of this instance was reached and cannot be used: the server's certificate is not trusted"]
    ])('%s is one sentence', async (_, url, code, message) => {
      expect(await data('ledgers', await instanceOf({ database_url: url() }))).toMatchObject({ status: 502, json: { error_detail: { code, message } } })
    })

    test('what a request says is in parameters alone, as the log of the server has it', async () => {
      const id = await instanceOf({ database_url: withPassword('reader') })
      const mark = `zq${randomBytes(6).toString('hex')}`
      const hostile = encodeURIComponent(`${mark}'; DROP TABLE blnk.ledgers; --`)
      const asked = [
        `reference_eq=${hostile}`, `status_in=${hostile},x`, `description_ilike=%25${hostile}`, `balance_id_eq=${hostile}`, `indicator_eq=${hostile}`, `meta_data.${mark}_eq=${hostile}`,
        `meta_data.a.${mark}_exists=`, `order_by=${hostile}`, `${hostile}=1`, `created_at_gte=2026-01-01&reference_ne=${hostile}&logical_operator=or`
      ]
      for (const query of asked) expect((await ask(`/data/transactions?instance_id=${id}&${query}`)).status, query).toBe(200)
      expect((await ask(`/data/transactions/${hostile}?instance_id=${id}`)).status).toBe(404)
      const filters = [{ field: 'reference', operator: 'like', value: `${mark}'--` }, { field: `meta_data.${mark}`, operator: 'in', values: [`${mark}"`, mark] }]
      expect((await ask(`/transactions/filter?instance_id=${id}&stats=true`, { method: 'POST', body: { filters } })).status).toBe(200)
      const { rows: [log] } = await db.query<{ text: string }>("SELECT pg_read_file('log/statements.log') AS text")
      const lines = (log?.text ?? '').split('\n').filter((line) => line.includes(mark))
      expect(lines.length).toBeGreaterThan(asked.length - 3)
      expect(lines.filter((line) => !/^reader: DETAIL: {2}parameters: /.test(line))).toEqual([])
    })

    test('an instance without database URL is 409; a changed one is used at once, and the old connections end', async () => {
      const id = await instanceOf({ core_url: 'http://127.0.0.1:1' })
      expect(await data('ledgers', id)).toMatchObject({ status: 409, json: { error_detail: { code: 'INSTANCE_WITHOUT_DATABASE' } } })
      // A URL that no other instance has.
      await admin('PUT', `/admin/instances/${id}`, { database_url: withPassword('second') })
      expect((await data('ledgers', id)).status).toBe(200)
      expect(await activity('second')).not.toEqual([])
      await admin('PUT', `/admin/instances/${id}`, { database_url: withPassword('reader') })
      expect((await data('ledgers', id)).status).toBe(200)
      await expect.poll(async () => await activity('second'), LIMIT).toEqual([])
      expect(await activity('reader')).not.toEqual([])
    })

    test('a statement that takes too long is 504, and runs no longer', async () => {
      await db.query('ALTER TABLE blnk.matching_rules RENAME TO few_rules')
      await db.query("INSERT INTO blnk.few_rules (rule_id, created_at, updated_at, name, description, criteria) VALUES ('rule_1', now(), now(), 'a', 'b', '[]')")
      await db.query('CREATE VIEW blnk.matching_rules AS SELECT few.* FROM blnk.few_rules few, generate_series(1, 1000000000)')
      await db.query('GRANT SELECT ON blnk.matching_rules TO second')
      const id = await instanceOf({ database_url: withPassword('second') })
      const running = async (): Promise<boolean> => (await activity('second')).some(({ state }) => state === 'active')
      const answer = data('matching-rules', id)
      await expect.poll(running, LIMIT).toBe(true)
      expect(await answer).toMatchObject({ status: 504, json: { error_detail: { code: 'DATA_TIMEOUT' } } })
      await expect.poll(running, LIMIT).toBe(false)
      // The connection is as good as before.
      expect((await data('ledgers', id)).status).toBe(200)
    })

    test('while a reader of an export is slow, nothing of it is open or running on the server', async () => {
      const count = 3000
      await db.query(`INSERT INTO blnk.ledgers (name, ledger_id, created_at) SELECT repeat('x', 10000), 'ldg_' || n, now() FROM generate_series(1, ${count}) n`)
      const id = await instanceOf({ database_url: withPassword('second') })
      const { hostname, port } = new URL(gateway.url)
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      socket.write(`GET /data/ledgers?instance_id=${id} HTTP/1.1\r\nHost: a.test\r\nAccept: application/x-ndjson\r\nConnection: close\r\nAuthorization: Bearer ${gateway.apiKey}\r\n\r\n`)
      await once(socket, 'readable')
      // It reads no more, and so the gateway stops to ask.
      let before = ''
      await expect.poll(async () => {
        const now = JSON.stringify(await activity('second'))
        const isStill = now === before && !now.includes('active')
        before = now
        return isStill
      }, { timeout: 20_000, interval: 200 }).toBe(true)
      for (const backend of await activity('second')) expect(backend).toMatchObject({ state: 'idle', in_transaction: false })
      let text = ''
      for await (const chunk of socket) text += (chunk as Buffer).toString('latin1')
      expect(text.split('"xxxxx').length - 1).toBe(count)
      expect(JSON.stringify(await activity('second')), 'no statement came after it: the reader was not slow').not.toBe(before)
    })

    test('a server that stops is a sentence, and one that is back is read from again', async () => {
      const id = await instanceOf({ database_url: withPassword('reader') })
      expect((await data('balances', id)).status).toBe(200)
      await db.close()
      await server.stop()
      expect(await data('balances', id)).toMatchObject({ status: 502, json: { error_detail: { code: 'INSTANCE_DATABASE_UNREACHABLE', message: 'The database of this instance cannot be reached with its database_url: `blnk-gateway instances test` says why' } } })
      await server.start()
      db = openDatabase({ url: server.url }, 1)
      expect((await data('balances', id)).status).toBe(200)
    })

    test('nothing of a password was answered or logged', () => {
      expect(told).toContain('INSTANCE_DATABASE_UNREACHABLE')
      expect(told).not.toContain(PASSWORD)
    })
  })
})
