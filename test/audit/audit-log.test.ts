import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { rowOf, valuesOf, type AuditValues } from '../../src/audit/row.js'
import { testDatabase } from '../support/database.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'

interface Shown { id: string, at: string, action: string, outcome: string, actor: Record<string, string | null>, entity: { kind: string, id: string | null } | null, [member: string]: unknown }

let own: Own
beforeAll(async () => { own = await ownInstance() })
const { db } = testDatabase(1)
afterAll(async () => { await db.close() })

const list = async (query: string): Promise<Shown[]> => (await admin('GET', `/admin/audit?${query}`)).json.data as Shown[]

/** The rows of a filter, once there are so many of them. */
async function told (query: string, count = 1): Promise<Shown[]> {
  await expect.poll(async () => (await list(query)).length, { timeout: 20_000 }).toBe(count)
  return await list(query)
}

async function send (method: string, path: string, body: object | undefined, headers: Record<string, string> = {}): Promise<{ answer: Answer, requestId: string }> {
  const requestId = randomUUID()
  const answer = await call(`${own.url}/proxy${path}?instance_id=${own.instanceId}`, {
    method, headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json', 'X-Request-Id': requestId, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return { answer, requestId }
}

const HOLD = { amount: 1, currency: 'USD', source: '@World', destination: '@Held', description: 'x', allow_overdraft: true, inflight: true, skip_queue: true, reference: 'of-the-caller' }

test('who made what, when and from where, with the id that Core gave', async () => {
  const { answer, requestId } = await send('POST', '/ledgers', { name: 'audited', meta_data: { ledger_id: 'not this' } })
  const [row] = await told(`request_id=${requestId}`)
  expect(row).toMatchObject({
    action: 'Ledger created',
    outcome: 'done',
    status: 201,
    entity: { kind: 'ledger', id: answer.json.ledger_id },
    actor: { kind: 'key', name: 'of a test', prefix: own.apiKey.slice(0, 13), id: expect.stringMatching(/^key_/) },
    instance_id: own.instanceId,
    route: 'POST /proxy/ledgers',
    address: '127.0.0.1',
    reason: null,
    count: 1
  })
  expect(Date.parse(row!.at)).toBeGreaterThan(Date.now() - 60_000)
})

test('an OAuth client is found by its id, which is no secret', async () => {
  const { json } = await admin('POST', '/admin/oauth/clients', { name: 'audited', scopes: ['proxy:read'] })
  const id = json.client_id as string
  expect((await admin('DELETE', `/admin/oauth/clients/${id}`)).status).toBe(200)
  expect((await told(`entity_id=${id}`, 2)).map(({ action }) => action)).toEqual(['OAuth client revoked', 'OAuth client created'])
})

test('a transaction has its reference, and a hold says how it was settled', async () => {
  const { answer, requestId } = await send('POST', '/transactions', HOLD)
  const id = answer.json.transaction_id as string
  expect(await told(`request_id=${requestId}`)).toMatchObject([{ action: 'Transaction created', entity: { kind: 'transaction', id }, reference: 'of-the-caller' }])
  await send('PUT', `/transactions/inflight/${id}`, { status: 'commit', skip_queue: true })
  expect((await told(`entity_id=${id}`, 2)).map(({ action, outcome }) => [action, outcome])).toEqual([['Transaction committed', 'done'], ['Transaction created', 'done']])
  const generated = await send('POST', '/transactions', { ...HOLD, reference: undefined })
  expect(await told(`request_id=${generated.requestId}`)).toMatchObject([{ reference: generated.answer.headers.get('x-blnk-reference') }])
  const again = await send('POST', '/transactions', HOLD)
  expect(await told(`request_id=${again.requestId}`)).toMatchObject([{ outcome: 'refused', status: 409, entity: { kind: 'transaction', id: null }, reason: null }])
})

test('a refusal has its reason, of a read too, and a read that is answered leaves nothing', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: 'reads', scopes: ['proxy:read'], instance_id: own.instanceId })
  const headers = { Authorization: `Bearer ${key.api_key}` }
  const write = await send('POST', '/balances', {}, headers)
  const read = await send('GET', '/hooks', undefined, headers)
  const fine = await send('GET', '/ledgers', undefined, headers)
  expect(await told(`request_id=${write.requestId}`)).toMatchObject([{ action: 'Balance created', outcome: 'refused', status: 403, reason: 'insufficient_scope', actor: { name: 'reads' } }])
  expect(await told(`request_id=${read.requestId}`)).toMatchObject([{ action: 'Request refused', outcome: 'refused', status: 404, reason: 'route_not_open', actor: { name: 'reads' }, entity: null }])
  expect(fine.answer.status).toBe(200)
  expect(await list(`request_id=${fine.requestId}`)).toEqual([])
})

test('acts of the admin token are there, and what was made is never shown', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: '=1+1', scopes: ['*'], instance_id: own.instanceId })
  await admin('DELETE', `/admin/keys/${key.id}`)
  const rows = await told(`entity_id=${key.id}`, 2)
  expect(rows.map(({ action, actor: { kind } }) => [action, kind])).toEqual([['API key revoked', 'admin'], ['API key created', 'admin']])
  await admin('POST', `/admin/instances/${own.instanceId}/clock`, { frozen: false })
  expect(await told(`entity_kind=instance&action=Instance clock set&instance_id=${own.instanceId}`)).toMatchObject([{ entity: { id: own.instanceId } }])
  const { rows: [all] } = await db.query<{ text: string }>('SELECT json_agg(l)::text AS text FROM gateway.audit_log l')
  expect(all?.text).toContain(key.id)
  expect(all?.text).not.toContain((key.api_key as string).slice(13))
  expect(all?.text).not.toContain(own.apiKey.slice(13))
  expect(all?.text).not.toContain(inject('gateway').adminToken)
})

test('pages follow one another, back by a cursor and on after a row', async () => {
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.push((await send('POST', '/ledgers', { name: `page ${i}` })).answer.json.ledger_id as string)
  await told(`entity_id=${ids[2]}`)
  const query = `instance_id=${own.instanceId}&entity_kind=ledger`
  const first = (await admin('GET', `/admin/audit?${query}&limit=2`)).json
  const second = (await admin('GET', `/admin/audit?${query}&limit=2&cursor=${first.next_cursor}`)).json
  expect([...first.data, ...second.data].map(({ entity }) => entity.id).slice(0, 3)).toEqual([...ids].reverse())
  expect(first.more).toBe(true)
  const since = (await admin('GET', `/admin/audit?${query}&after=${first.data[1].id}`)).json
  expect(since).toMatchObject({ data: [{ id: first.data[0].id }], more: false, next_cursor: null })
})

test.each([
  ['colour=red', /colour is no filter/], ['limit=0', /limit must be/], ['limit=1001', /limit must be/], ['cursor=x', /cursor must be/], ['outcome=maybe', /outcome must be one of/],
  ['since=yesterday', /since must be/], ['entity_kind=x', /entity_kind must be/], ['action=a&action=b', /more than once/], ['limit=1&limit=2', /more than once/], ['after=1&cursor=x', /exclude/], ['format=xml', /format must be/], ['status=9xx', /status must be/], ['actor=%00', /no row/]
])('a list of %s is refused', async (query, sentence) => {
  const { status, json } = await admin('GET', `/admin/audit?${query}`)
  expect([status, json.error]).toEqual([400, expect.stringMatching(sentence)])
})

test('as CSV it is whole, formulas are none, and the export is an act of its own', async () => {
  const { json: key } = await admin('POST', '/admin/keys', { name: '=HYPERLINK("http://example.com")', scopes: ['*'], instance_id: own.instanceId })
  await call(`${own.url}/proxy/ledgers?instance_id=${own.instanceId}`, { method: 'POST', headers: { Authorization: `Bearer ${key.api_key}`, 'Content-Type': 'application/json' }, body: '{"name":"by a formula"}' })
  await told(`actor=${key.id}`)
  const { adminToken, url } = inject('gateway')
  const answer = await call(`${url}/admin/audit?actor=${key.id}`, { headers: { Authorization: `Bearer ${adminToken}`, Accept: 'text/csv' } })
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(parse(answer.text, { columns: true })).toMatchObject([{ action: 'Ledger created', actor_name: '\'=HYPERLINK("http://example.com")', status: '201', instance_id: own.instanceId }])
  expect((await admin('GET', `/admin/audit?format=csv&entity_kind=anomaly&instance_id=${own.instanceId}`)).text.trim().split('\n')).toHaveLength(1)
  await told('action=Audit log exported&limit=1')
})

test('a value that the database does not take is refused as CSV too, and is no file that breaks off', async () => {
  expect((await admin('GET', '/admin/audit?format=csv&since=0000-01-01T00:00:00Z')).json.error_detail.code).toBe('GEN_VALIDATION_ERROR')
})

test('/health/ready tells how many rows wait and were lost', async () => {
  expect((await call(`${own.url}/health/ready`)).json.audit).toEqual({ queued: expect.any(Number), lost: 0 })
})

test('nothing of it is changed or removed', async () => {
  for (const sql of ["UPDATE gateway.audit_log SET action = 'x'", 'DELETE FROM gateway.audit_log', 'TRUNCATE gateway.audit_log', 'SELECT gateway.audit_forget(0, 1)']) {
    await expect(db.query(sql), sql).rejects.toThrow(/only added to|last day/)
  }
})

/** As audit_add() takes it, of a time that retention lets go of. */
const oldRow = (writer: string, seq: number): AuditValues => [...valuesOf({ at: Date.UTC(2001, seq - 1), actor: { kind: 'none' }, action: 'Old', outcome: 'done' }, writer, seq), '00']

test('a replica of the version before, whose rows are objects, can still write', async () => {
  const row = { ...rowOf(valuesOf({ at: Date.UTC(2001), actor: { kind: 'none' }, action: 'Older', outcome: 'done' }, randomUUID(), 1)), mac_hex: '00' }
  await db.query('SELECT gateway.audit_append($1)', [JSON.stringify([row])])
  expect(await list('action=Older')).toHaveLength(1)
  await db.query('SELECT gateway.audit_forget(365, 2)')
})

test('retention removes what is old, in parts, and nothing else', async () => {
  const writer = randomUUID()
  const rows = JSON.stringify([1, 2, 3].map((seq) => oldRow(writer, seq)))
  await db.query('SELECT gateway.audit_add($1)', [rows])
  await db.query('SELECT gateway.audit_add($1)', [rows])
  expect(await list('action=Old')).toHaveLength(3)
  const newest = (await list(`limit=1&instance_id=${own.instanceId}`))[0]?.id
  const forget = async (): Promise<number> => (await db.query<{ gone: number }>('SELECT gateway.audit_forget(365, 2) AS gone')).rows[0]!.gone
  expect([await forget(), await forget(), await forget()]).toEqual([2, 1, 0])
  expect(await list('action=Old')).toEqual([])
  expect((await list(`limit=1&instance_id=${own.instanceId}`))[0]?.id).toBe(newest)
})
