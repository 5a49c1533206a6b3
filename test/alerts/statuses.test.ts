import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { keyOf } from '../../src/alerts/status.js'
import { admin, ownInstance } from '../support/gateway.js'
import { asking, flaggable, type Ask } from './ask.js'

let ask: Ask
let balance: string
beforeAll(async () => {
  const own = await ownInstance()
  ask = asking(own.apiKey)
  balance = (await flaggable(own)).balance
})

const COLOURS = '#3B82F6 #10B981 #F59E0B #EF4444 #8B5CF6 #EC4899 #06B6D4 #84CC16 #F97316 #6366F1 #14B8A6 #A855F7 #E11D48 #64748B #0EA5E9'.split(' ')
const colour = '#3B82F6'

/** Statuses are those of all instances: a name that no other test has. */
const fresh = (): string => `Of test ${randomBytes(5).toString('hex')}`
async function made (): Promise<{ key: string, name: string }> {
  const { status, json } = await ask('POST', '/alerts/statuses', { name: fresh(), colour })
  expect(status).toBe(201)
  return json as { key: string, name: string }
}

test.each([['Pending Review', 'PENDING_REVIEW'], ['  a--b__c  ', 'A_B_C'], ['1st (low)!', '1ST_LOW'], ['Überprüft', 'ÜBERPRÜFT'], ['!?', ''], ['', '']])('%j gives the key %j', (name, key) => {
  expect(keyOf(name)).toBe(key)
})

test('one is made of a name and a colour, and listed with all colours, in the documented order', async () => {
  const name = fresh()
  const { status, json } = await ask('POST', '/alerts/statuses', { name: ` ${name} `, colour: '#a855f7' })
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  expect([status, json]).toEqual([201, { organization_id: expect.stringMatching(/^org_[0-9A-F]{32}$/), key: keyOf(name), name, colour: '#A855F7', created_at: time, updated_at: time }])
  expect(Object.keys(json)).toEqual(['organization_id', 'key', 'name', 'colour', 'created_at', 'updated_at'])
  const { json: listed } = await ask('GET', '/alerts/statuses')
  expect(Object.keys(listed)).toEqual(['data', 'allowed_colours'])
  expect(listed.data).toContainEqual(json)
  expect(listed.allowed_colours).toEqual(COLOURS)
  expect(listed.data.map((one: { key: string }) => one.key)).not.toEqual(expect.arrayContaining(['FLAGGED']))
  expect((await ask('POST', `/alerts/flag/${balance}`, { description: 'd', status: json.key.toLowerCase() })).json.status).toBe(json.key)
})

describe('making one', () => {
  const NOT_A_COLOUR = 'colour must be one of the allowed colours'
  test.each<[object, number, string]>([
    [{ colour }, 400, 'name is required'],
    [{ name: ' ', colour }, 400, 'name is required'],
    [{ name: 'x' }, 400, 'colour is required'],
    [{ name: 'x', colour: '#000000' }, 400, NOT_A_COLOUR],
    [{ name: 'x', colour: 'blue' }, 400, NOT_A_COLOUR],
    [{ name: '!?', colour }, 400, 'key cannot be made of this: send one with letters, digits and _'],
    [{ name: 'x'.repeat(101), colour }, 400, 'key must have at most 100 characters: send one with a shorter key'],
    [{ name: 'Flagged', colour }, 409, 'status key already exists'],
    [{ name: 'x', key: 'resolved', colour }, 409, 'status key already exists'],
    [{ name: 5, colour }, 400, 'name: must be string'],
    [{ name: ['x'], colour }, 400, 'name: must be string']
  ])('%j is refused', async (body, status, error) => {
    const answer = await ask('POST', '/alerts/statuses', body)
    expect([answer.status, answer.json.error]).toEqual([status, error])
  })

  test('keys are unique; names are where the key is made of them, and there alone', async () => {
    const { name, key } = await made()
    const sent = fresh()
    const post = async (body: object): Promise<unknown> => {
      const { status, json } = await ask('POST', '/alerts/statuses', { colour, ...body })
      return [status, json.error ?? json.key]
    }
    expect(await post({ name: 'other', key: key.toLowerCase() })).toEqual([409, 'status key already exists'])
    expect(await post({ name })).toEqual([409, 'status key already exists'])
    expect(await post({ name, key: sent })).toEqual([201, keyOf(sent)])
    const another = fresh()
    expect(await post({ name: another, key: `${another} 2` })).toEqual([201, keyOf(`${another} 2`)])
    expect(await post({ name: another.toUpperCase() })).toEqual([409, 'status name already exists'])
  })
})

describe('changing one', () => {
  test('by its key in any case: its name, its colour or both; the key stays', async () => {
    const before = await made()
    const put = async (body: object): Promise<object> => (await ask('PUT', `/alerts/statuses/${before.key.toLowerCase()}`, body)).json as object
    const name = fresh()
    expect(await put({ name })).toEqual({ ...before, name, updated_at: expect.any(String) })
    expect(await put({ colour: '#0ea5e9' })).toEqual({ ...before, name, colour: '#0EA5E9', updated_at: expect.any(String) })
    expect(await put({ name: 'Both', colour, key: 'ANOTHER' })).toMatchObject({ key: before.key, name: 'Both', colour })
  })

  test.each<[string, object, number]>([['', {}, 400], ['', { name: '' }, 400], ['', { colour: '#000' }, 400], ['NONE_SUCH', { name: 'x' }, 404], ['flagged', { name: 'x' }, 404]])('%s with %j is refused with %i', async (key, body, status) => {
    expect((await ask('PUT', `/alerts/statuses/${key === '' ? (await made()).key : key}`, body)).status).toBe(status)
  })
})

describe('removing one', () => {
  test('that nothing uses, in any case', async () => {
    const { key } = await made()
    const { status, json } = await ask('DELETE', `/alerts/statuses/${key.toLowerCase()}`)
    expect([status, json]).toEqual([200, { message: 'Status deleted' }])
    expect((await ask('DELETE', `/alerts/statuses/${key}`)).status).toBe(404)
    expect((await ask('POST', `/alerts/flag/${balance}`, { description: 'd', status: key })).json.error).toBe(`invalid status: ${key}`)
  })

  test('that alerts use is refused with their number, until they have another', async () => {
    const { key } = await made()
    const alerts = await Promise.all([1, 2, 3].map(async () => (await ask('POST', `/alerts/flag/${balance}`, { description: 'd', status: key })).json.anomaly_id as string))
    const { status, json } = await ask('DELETE', `/alerts/statuses/${key}`)
    expect([status, json.error]).toEqual([409, 'cannot delete status: 3 alert(s) use this status - reassign them to another status first'])
    for (const id of alerts) await ask('PUT', `/alerts/flag/${id}`, { status: 'RESOLVED' })
    expect((await ask('DELETE', `/alerts/statuses/${key}`)).status).toBe(200)
  })

  test.each(['FLAGGED', 'investigating', 'Resolved', 'NONE_SUCH'])('%s is not there to be removed', async (key) => {
    expect((await ask('DELETE', `/alerts/statuses/${key}`)).status).toBe(404)
  })

  test('while alerts take it: one of the two is refused, and none has a status that is gone', async () => {
    const rounds = await Promise.all(Array.from({ length: 3 }, async () => {
      const { key } = await made()
      const [removed, ...flagged] = await Promise.all([
        ask('DELETE', `/alerts/statuses/${key}`),
        ...[1, 2, 3].map(async () => await ask('POST', `/alerts/flag/${balance}`, { description: 'd', status: key }))
      ])
      const took = flagged.filter(({ status }) => status === 201).length
      const { json: { total } } = await ask('GET', `/alerts?status=${key}`)
      const isThere = (await ask('GET', '/alerts/statuses')).json.data.some((one: { key: string }) => one.key === key)
      return [removed.status === 200 ? 0 : removed.status === 409 ? took : -1, isThere ? took : 0, flagged.every(({ status }) => status === 201 || status === 400)].concat(total === took && isThere === (took > 0))
    }))
    for (const [expected, took, answered, agrees] of rounds) expect([took, answered, agrees]).toEqual([expected, true, true])
  })
})

test('the audit log has each change, with its key as it is stored', async () => {
  const { key } = await made()
  await ask('PUT', `/alerts/statuses/${key.toLowerCase()}`, { colour })
  await ask('DELETE', `/alerts/statuses/${key.toLowerCase()}`)
  const actions = async (): Promise<unknown[]> => (await admin('GET', `/admin/audit?entity_kind=alert_status&entity_id=${key}`)).json.data.map(({ action, actor }: { action: string, actor: { kind: string } }) => [action, actor.kind])
  await expect.poll(actions, { timeout: 20_000 }).toEqual([['Alert status deleted', 'key'], ['Alert status updated', 'key'], ['Alert status created', 'key']])
})
