import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/lib/postgres.js'
import { admin, ownInstance } from '../support/gateway.js'

const db = openDatabase(inject('postgres'), 1)
afterAll(async () => { await db.close() })

async function stub (answer: (key: string | undefined, path: string) => readonly [number, string]): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.headers['x-blnk-key'] as string | undefined, request.url ?? '')
    response.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => { server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('secrets are stored sealed and never shown again', async () => {
  const body = { name: 'real', core_url: 'http://127.0.0.1:9/base/', core_key: 's3cr3t-core-key', database_url: 'postgres://u:s3cr3t-db@h/d' }
  const made = await admin('POST', '/admin/instances', body)
  expect(made.status).toBe(201)
  const id = made.json.instance_id as string
  expect(made.json).toMatchObject({ kind: 'core', has_core_key: true, has_database_url: true, core_url: body.core_url })
  const changed = await admin('PUT', `/admin/instances/${id}`, { core_key: 's3cr3t-other' })
  for (const answer of [made, changed, await admin('GET', `/admin/instances/${id}`), await admin('GET', '/admin/instances')]) expect(answer.text).not.toContain('s3cr3t')
  const { rows } = await db.query<{ row: string }>('SELECT row_to_json(i)::text AS row FROM gateway.instances i WHERE instance_id = $1', [id])
  expect(rows[0]?.row).not.toContain('s3cr3t')
  expect(rows[0]?.row).not.toContain(Buffer.from('s3cr3t').toString('hex'))
  expect((await admin('DELETE', `/admin/instances/${id}`)).status).toBe(204)
  expect((await admin('GET', `/admin/instances/${id}`)).status).toBe(404)
})

test('an id of one\'s own is kept, and taken once', async () => {
  expect((await admin('POST', '/admin/instances', { name: 'a', instance_id: 'inst_mine' })).json.instance_id).toBe('inst_mine')
  expect((await admin('POST', '/admin/instances', { name: 'b', instance_id: 'inst_mine' })).status).toBe(409)
  expect((await admin('POST', '/admin/instances', { name: 'b', sandbox: true, instance_id: 'inst_mine' })).status).toBe(409)
  await admin('DELETE', '/admin/instances/inst_mine')
})

test.each([
  [{ core_url: 'http://h' }, "required property 'name'"],
  [{ name: 'x', core_url: 'ftp://h' }, 'core_url'],
  [{ name: 'x', core_url: 'http://u:p@h' }, 'core_url'],
  [{ name: 'x', core_url: 'http://h/?a=b' }, 'core_url'],
  [{ name: 'x', core_key: 'a\r\nX-Evil: 1' }, 'core_key'],
  [{ name: 'x', database_url: 'mysql://h' }, 'database_url'],
  [{ name: 'x', instance_id: 'a b' }, 'instance_id'],
  [{ name: 'x', sandbox: true, core_url: 'http://h' }, 'sandbox']
])('a body that is not right is a 400 that names the member: %o', async (body, named) => {
  const answer = await admin('POST', '/admin/instances', body)
  expect(answer.status).toBe(400)
  expect(answer.json.error).toContain(named)
})

test('a look at a Core says what is wrong with it', async () => {
  const core = await stub((key, path) => path !== '/base/ledgers?limit=1' ? [404, 'nothing'] : key === 'right' ? [200, '[]'] : [401, '{}'])
  const verdict = async (instance: object): Promise<string> => {
    const { json } = await admin('POST', '/admin/instances', { name: 'looked at', ...instance })
    const found = await admin('POST', `/admin/instances/${json.instance_id}/test`)
    const listed = (await admin('GET', '/admin/instances')).json.data.find((one: { instance_id: string }) => one.instance_id === json.instance_id)
    expect(listed.reachability.verdict).toBe(found.json.verdict)
    await admin('DELETE', `/admin/instances/${json.instance_id}`)
    return found.json.verdict as string
  }
  expect(await verdict({ core_url: `${core}/base`, core_key: 'right' })).toBe('ok')
  expect(await verdict({ core_url: `${core}/base/`, core_key: 'right' })).toBe('ok')
  expect(await verdict({ core_url: `${core}/base`, core_key: 'wrong' })).toBe('wrong_key')
  expect(await verdict({ core_url: `${core}/base` })).toBe('wrong_key')
  expect(await verdict({ core_url: core, core_key: 'right' })).toBe('not_a_core')
  expect(await verdict({ core_url: 'http://127.0.0.1:9' })).toBe('not_reachable')
  expect(await verdict({})).toBe('no_core_url')
})

test('two sandboxes do not see each other', async () => {
  const [a, b] = [await ownInstance(), await ownInstance()]
  expect((await a.proxy('POST', '/ledgers', { name: 'of a' })).status).toBe(201)
  expect((await a.proxy('GET', '/ledgers')).json.map((ledger: { name: string }) => ledger.name)).toContain('of a')
  expect((await b.proxy('GET', '/ledgers')).text).not.toContain('of a')
  await admin('POST', `/admin/instances/${a.instanceId}/reset`)
  expect((await a.proxy('GET', '/ledgers')).text).not.toContain('of a')
})

test('a removed instance takes its bound keys with it', async () => {
  const own = await ownInstance()
  expect((await own.proxy('GET', '/ledgers')).status).toBe(200)
  await admin('DELETE', `/admin/instances/${own.instanceId}`)
  expect((await own.proxy('GET', '/ledgers')).status).toBe(401)
})

test('only a sandbox is reset', async () => {
  const { json } = await admin('POST', '/admin/instances', { name: 'real' })
  expect((await admin('POST', `/admin/instances/${json.instance_id}/reset`)).status).toBe(400)
  await admin('DELETE', `/admin/instances/${json.instance_id}`)
})

test('many sandboxes at once each get a schema of their own', async () => {
  const made = await Promise.all(Array.from({ length: 6 }, async () => (await admin('POST', '/admin/instances', { name: 'one of many', sandbox: true })).json))
  const { rows } = await db.query<{ sandbox_schema: string }>('SELECT sandbox_schema FROM gateway.instances WHERE instance_id = ANY ($1)', [made.map((one) => one.instance_id)])
  expect(new Set(rows.map((row) => row.sandbox_schema)).size).toBe(6)
  await Promise.all(made.map(async (one) => { expect((await admin('DELETE', `/admin/instances/${one.instance_id}`)).status).toBe(204) }))
})
