import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { admin, ownInstance, type Own } from '../support/gateway.js'
import { asking, flaggable, type Ask } from './ask.js'

let own: Own
let other: Own
let ids: Awaited<ReturnType<typeof flaggable>>
let ask: Ask
/** Of the workspace: bound to nothing. */
let everywhere: Ask
beforeAll(async () => {
  [own, other] = await Promise.all([ownInstance(), ownInstance()])
  ids = await flaggable(own)
  ask = asking(own.apiKey)
  everywhere = asking(inject('gateway').apiKey)
})

const keyWith = async (change: object): Promise<Ask> => asking((await admin('POST', '/admin/keys', { name: 'of a test', scopes: ['alerts:read'], ...change })).json.api_key as string)
const flag = async (body: object = {}, id = ids.balance): Promise<string> => (await ask('POST', `/alerts/flag/${id}`, { description: 'd', ...body })).json.anomaly_id as string
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

describe('flagging', () => {
  test.each([['balance', 'Balance', 'affected_balances'], ['transaction', 'Transaction', 'affected_transactions'], ['identity', 'Identity', 'affected_identities']] as const)('a %s', async (kind, type, list) => {
    const { status, json } = await ask('POST', `/alerts/flag/${ids[kind]}`, { title: 't', description: 'd' })
    expect(status).toBe(201)
    expect(json).toEqual({
      anomaly_id: expect.stringMatching(/^ano_[0-9a-f-]{36}$/), title: 't', description: 'd', type, assigned_to: null, escalated_to: [], status: 'FLAGGED', created_at: expect.stringMatching(TIME), updated_at: expect.stringMatching(TIME), affected_balances: [], affected_identities: [], affected_transactions: [], instance_id: own.instanceId, [list]: [ids[kind]]
    })
    // The documented order, and what is ours behind it.
    expect(Object.keys(json)).toEqual(['anomaly_id', 'title', 'description', 'type', 'assigned_to', 'escalated_to', 'status', 'created_at', 'updated_at', 'affected_balances', 'affected_identities', 'affected_transactions', 'instance_id'])
    expect((await ask('GET', `/alerts/${json.anomaly_id}`)).json).toEqual(json)
  })

  test('what the console lets people choose is taken, the status in any case', async () => {
    const { json } = await ask('POST', `/alerts/flag/${ids.balance}`, { description: 'd', status: 'investigating', assigned_to: 'Jane', escalated_to: ['user_1', 'user_2'] })
    expect(json).toMatchObject({ title: null, status: 'INVESTIGATING', assigned_to: 'Jane', escalated_to: ['user_1', 'user_2'] })
  })

  test('several alerts are about one record', async () => {
    const both = [await flag({}, ids.identity), await flag({}, ids.identity)]
    const { json } = await ask('GET', `/alerts?affected=${ids.identity}`)
    expect(json.data.map((one: { anomaly_id: string }) => one.anomaly_id)).toEqual(expect.arrayContaining(both))
  })

  const missing = `bln_${randomBytes(8).toString('hex')}`
  test.each<[string, string, unknown, number, string]>([
    ['no description', '', {}, 400, 'description is required'],
    ['an empty one', '', { description: ' ' }, 400, 'description is required'],
    ['no body', '', undefined, 400, 'body: must be object'],
    ['a text that is none', '', { description: 5 }, 400, 'description: must be string'],
    ['a list for a body', '', [], 400, 'body: must be object'],
    ['no JSON', '', '{', 400, 'The body of this request is not JSON: send a JSON object with Content-Type: application/json'],
    ['an unknown status', '', { description: 'd', status: 'Nope' }, 400, 'invalid status: Nope'],
    ['a prefix that is none', 'ldg_1', { description: 'd' }, 400, 'The id must be of a balance (bln_…), a transaction (txn_…) or an identity (idt_…)'],
    ['an id as a path', 'bln_..%2f..%2fhooks', { description: 'd' }, 400, 'The id must be of a balance (bln_…), a transaction (txn_…) or an identity (idt_…)'],
    ['a long id', `bln_${'0123456789'.repeat(11)}`, { description: 'd' }, 400, 'The id must be of a balance (bln_…), a transaction (txn_…) or an identity (idt_…)'],
    ['an id of nothing', missing, { description: 'd' }, 404, 'balance not found: an alert is about a balance, transaction or identity of an instance that this credential reaches']
  ])('%s is refused', async (_what, id, body, status, error) => {
    const answer = await ask('POST', `/alerts/flag/${id === '' ? ids.balance : id}`, body)
    expect([answer.status, answer.json.error]).toEqual([status, error])
  })
})

describe('changing', () => {
  test('what is sent changes, the rest stays, and what is there now comes back', async () => {
    const id = await flag({ title: 't', assigned_to: 'Jane', escalated_to: ['a'] })
    const change = async (body: object): Promise<object> => (await ask('PUT', `/alerts/flag/${id}`, body)).json as object
    const before = (await ask('GET', `/alerts/${id}`)).json
    expect(await change({ status: 'resolved' })).toEqual({ ...before, status: 'RESOLVED', updated_at: expect.stringMatching(TIME) })
    expect(await change({ title: null, description: 'e' })).toMatchObject({ title: null, description: 'e', status: 'RESOLVED', assigned_to: 'Jane' })
    expect(await change({ assigned_to: null, escalated_to: [] })).toMatchObject({ assigned_to: null, escalated_to: [], description: 'e', created_at: before.created_at })
    const after = (await ask('GET', `/alerts/${id}`)).json
    expect(after.updated_at > before.updated_at).toBe(true)
    expect(await change({})).toMatchObject({ title: null, description: 'e', status: 'RESOLVED' })
  })

  test.each([['/alerts/flag/ano_none', {}, 404], ['/alerts/flag/x', {}, 404], ['', { description: '' }, 400], ['', { status: 'NOPE' }, 400], ['', { status: '' }, 400], ['', { escalated_to: 'a' }, 400]])('%s with %j is refused with %i', async (path, body, status) => {
    expect((await ask('PUT', path === '' ? `/alerts/flag/${await flag()}` : path, body)).status).toBe(status)
  })
})

test('lists are the newest first, in pages, and by what is asked for', async () => {
  const { balance, transaction } = await flaggable(other)
  const theirs = asking(other.apiKey)
  const made: string[] = []
  for (const [id, body] of [[balance, {}], [transaction, { assigned_to: 'Jane' }], [balance, { status: 'RESOLVED' }]] as const) made.push((await theirs('POST', `/alerts/flag/${id}`, { description: 'd', ...body })).json.anomaly_id as string)
  const [first, second, third] = made
  const list = async (query: string, by = everywhere): Promise<unknown> => {
    const { json } = await by('GET', `/alerts?${query}`)
    return [json.data.map((one: { anomaly_id: string }) => one.anomaly_id), json.total]
  }
  const here = `instance_id=${other.instanceId}`
  expect(await list(here)).toEqual([[third, second, first], 3])
  expect(await list('', theirs)).toEqual([[third, second, first], 3])
  expect(await list('pageSize=2', theirs)).toEqual([[third, second], 3])
  expect(await list('pageSize=2&page=2', theirs)).toEqual([[first], 3])
  expect(await list('pageSize=0&page=x', theirs)).toEqual([[third, second, first], 3])
  expect(await list('page=999999999999&pageSize=100', theirs)).toEqual([[], 3])
  expect(await list('status=resolved', theirs)).toEqual([[third], 1])
  expect(await list('type=transaction', theirs)).toEqual([[second], 1])
  expect(await list('assigned_to=Jane', theirs)).toEqual([[second], 1])
  expect(await list(`affected=${balance}&status=FLAGGED`, theirs)).toEqual([[first], 1])
  expect((await theirs('GET', '/alerts?status=a&status=b')).status).toBe(400)
})

test('a bound key sees its instance alone, a key of the workspace finds what is flagged in any', async () => {
  const id = await flag()
  const theirs = asking(other.apiKey)
  expect((await everywhere('GET', `/alerts/${id}`)).json.instance_id).toBe(own.instanceId)
  expect((await everywhere('GET', `/alerts/${id}?instance_id=${other.instanceId}`)).status).toBe(404)
  expect((await everywhere('PUT', `/alerts/flag/${id}?instance_id=${other.instanceId}`, { title: 'x' })).status).toBe(404)
  expect((await everywhere('POST', `/alerts/flag/${ids.balance}?instance_id=${other.instanceId}`, { description: 'd' })).status).toBe(404)
  expect((await theirs('GET', `/alerts/${id}`)).status).toBe(404)
  expect((await theirs('PUT', `/alerts/flag/${id}`, { title: 'x' })).status).toBe(404)
  expect((await theirs('POST', `/alerts/flag/${ids.balance}`, { description: 'd' })).status).toBe(404)
  expect((await theirs('GET', `/alerts?instance_id=${own.instanceId}`)).status).toBe(403)
  expect((await everywhere('GET', '/alerts?instance_id=inst_none')).status).toBe(404)
  expect((await ask('GET', `/alerts?instance_id=${own.instanceId}&instance%5Fid=${other.instanceId}`)).json.error_detail.code).toBe('INSTANCE_ID_REPEATED')
})

test('reading needs alerts:read, the rest alerts:write', async () => {
  const [reads, writes, none] = await Promise.all([keyWith({}), keyWith({ scopes: ['alerts:write'] }), keyWith({ scopes: ['data:read', 'data:write', 'proxy:write'] })])
  const id = await flag()
  const asked = async (by: Ask): Promise<number[]> => [
    await by('GET', '/alerts?pageSize=1'), await by('GET', `/alerts/${id}`), await by('GET', '/alerts/statuses'),
    await by('PUT', `/alerts/flag/${id}`, { title: 'x' }), await by('POST', `/alerts/flag/${ids.balance}`, {}), await by('POST', '/alerts/statuses', {}), await by('PUT', '/alerts/statuses/FLAGGED', {}), await by('DELETE', '/alerts/statuses/FLAGGED')
  ].map(({ status }) => status)
  expect(await asked(reads)).toEqual([200, 200, 200, 403, 403, 403, 403, 403])
  expect(await asked(writes)).toEqual([403, 403, 403, 200, 400, 400, 400, 404])
  expect(await asked(none)).toEqual(Array(8).fill(403))
  expect((await asking('blnk_wrong')('GET', '/alerts')).status).toBe(401)
})

test('/cloud/alerts is /alerts', async () => {
  const { status, json } = await ask('POST', `/cloud/alerts/flag/${ids.balance}`, { description: 'd' })
  expect(status).toBe(201)
  expect((await ask('PUT', `/cloud/alerts/flag/${json.anomaly_id}`, { title: 'x' })).json.title).toBe('x')
  expect((await ask('GET', `/cloud/alerts/${json.anomaly_id}`)).json.title).toBe('x')
  expect((await ask('GET', '/cloud/alerts')).text).toBe((await ask('GET', '/alerts')).text)
  expect((await ask('GET', '/cloud/alerts/statuses')).json).toEqual((await ask('GET', '/alerts/statuses')).json)
})

test('the audit log has each change, with who made it and where', async () => {
  const id = await flag()
  await ask('PUT', `/alerts/flag/${id}`, { title: 'x' })
  const rows = async (): Promise<unknown[]> => (await admin('GET', `/admin/audit?entity_kind=anomaly&entity_id=${id}`)).json.data as unknown[]
  await expect.poll(async () => (await rows()).length, { timeout: 20_000 }).toBe(2)
  const common = { outcome: 'done', instance_id: own.instanceId, entity: { kind: 'anomaly', id }, actor: { kind: 'key', name: 'of a test', prefix: own.apiKey.slice(0, 13) } }
  expect(await rows()).toMatchObject([{ action: 'Anomaly updated', ...common }, { action: 'Anomaly created', ...common }])
})

// Texts that are no ordinary ones.
const ODD = ['\u0000', '\ud800', '💥'.repeat(200), '\'; DROP TABLE gateway.alerts; --']
test('odd values are answered, and never as a mistake of ours', async () => {
  const id = await flag()
  for (const odd of ODD) {
    const inUrl = encodeURIComponent(Buffer.from(odd).toString())
    const answers = await Promise.all([
      ...['title', 'description', 'status', 'assigned_to'].map(async (member) => await ask('PUT', `/alerts/flag/${id}`, { [member]: odd })),
      ask('PUT', `/alerts/flag/${id}`, { escalated_to: [odd] }),
      ask('POST', `/alerts/flag/bln_${inUrl}`, { description: 'd' }),
      ask('PUT', `/alerts/flag/${inUrl}`, {}), ask('GET', `/alerts/${inUrl}`), ask('PUT', `/alerts/statuses/${inUrl}`, { name: 'x' }), ask('DELETE', `/alerts/statuses/${inUrl}`),
      ...['status', 'type', 'assigned_to', 'affected', 'page', 'pageSize', 'instance_id'].map(async (name) => await ask('GET', `/alerts?${name}=${inUrl}`)),
      ask('POST', '/alerts/statuses', { name: odd, colour: odd }), ask('POST', '/alerts/statuses', { name: 'x', key: odd, colour: '#000000' })
    ])
    expect(answers.map(({ status }) => status).filter((status) => status >= 500), JSON.stringify(odd)).toEqual([])
  }
  expect((await ask('GET', `/alerts/${id}`)).status).toBe(200)
})
