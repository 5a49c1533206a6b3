import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { RESOURCES, type Resource } from '../../src/data/resources.js'
import { admin, call } from '../support/gateway.js'
import { LARGE, makeRecords, type Records } from './records.js'

// spec/02 2.1, 2.5, 2.6 and spec/03 3.1, 3.4: what the routes are and what they answer.
let records: Records
let scopeless: string
beforeAll(async () => {
  records = await makeRecords()
  scopeless = (await admin('POST', '/admin/keys', { name: 'no data', scopes: ['proxy:read', 'proxy:write', 'data:write', 'alerts:read'] })).json.api_key
})

interface Described { readonly required: string[], readonly properties: Record<string, { type: string | string[], format?: string }> }
const { schemas } = (parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')) as { components: { schemas: Record<string, Described> } }).components

const kindOf = (value: unknown): string => value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/

/** Its members are those of the description, in their order, and of its types. */
function expectDescribed (record: Record<string, unknown>, schema: string): void {
  const { required, properties } = schemas[schema] as Described
  expect(Object.keys(record)).toEqual(required)
  for (const [name, value] of Object.entries(record)) {
    const { type, format } = properties[name] as { type: string, format?: string }
    expect([type].flat().map((one) => one === 'integer' ? 'number' : one), `${schema}.${name}`).toContain(kindOf(value))
    if (format === 'date-time' && value !== null) expect(value, `${schema}.${name}`).toMatch(TIME)
  }
}

const PATHS = [
  ['/data/ledgers', 'Ledger', RESOURCES.ledgers, 'savings'],
  ['/data/balances', 'Balance', RESOURCES.balances, 'usd'],
  ['/data/transactions', 'Transaction', RESOURCES.transactions, 'rent'],
  ['/data/identities', 'Identity', RESOURCES.identities, 'jane'],
  ['/data/reconciliations', 'Reconciliation', RESOURCES.reconciliations, 'recon'],
  ['/data/matching-rules', 'MatchingRule', RESOURCES.matchingRules, 'rule'],
  ['/data/external-transactions', 'ExternalTransaction', RESOURCES.externalTransactions, undefined]
] as const satisfies ReadonlyArray<readonly [string, string, Resource, keyof Records['ids'] | undefined]>

describe.each(PATHS)('%s', (path, schema, resource, name) => {
  const id = (): string => name === undefined ? 'ext_1' : records.ids[name]

  test('is a list of its rows, each with all columns in their order', async () => {
    const { status, json, headers } = await records.get(path)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(Object.keys(json)).toEqual(['data', 'total'])
    expect(json.total).toBe(json.data.length)
    expect(json.data.length).toBeGreaterThan(0)
    for (const row of json.data) expectDescribed(row, `Data${schema}`)
    expect(json.data.map((row: Record<string, string>) => row[resource.id])).toContain(id())
  })

  test('a detail is the row alone, and page parameters mean nothing to it', async () => {
    const list = await records.get(path, { [`${resource.id}_eq`]: id() })
    expect(list.json.total).toBe(1)
    const detail = await records.get(`${path}/${id()}`, { page: '7', pageSize: '3' })
    expect(detail.status).toBe(200)
    expect(list.text).toBe(`{"data":[${detail.text}],"total":1}`)
  })

  test('a detail that is not there is a 404', async () => {
    const { status, json } = await records.get(`${path}/none`)
    expect([status, json.error, json.error_detail.code]).toEqual([404, `${resource.singular} not found`, 'RECORD_NOT_FOUND'])
  })

  test('an empty list has a total of 0', async () => {
    expect((await records.get(path, { [`${resource.id}_eq`]: 'none' })).text).toBe('{"data":[],"total":0}')
  })

  test('nothing else can be done to it: 405', async () => {
    for (const [method, each] of [['POST', path], ['DELETE', `${path}/${id()}`]] as const) {
      const answer = await call(`${records.own.url}${each}?instance_id=${records.own.instanceId}`, { method, headers: { Authorization: `Bearer ${records.own.apiKey}` } })
      expect([answer.status, answer.json.error_detail.code]).toEqual([405, 'ROUTE_METHOD_NOT_ALLOWED'])
    }
  })
})

test.each(['%20', 'x'.repeat(300), "'", '%00', '%F0%9F%8F%A6'])('no ledger has the id %s', async (absent) => {
  expect((await records.get(`/data/ledgers/${absent}`)).json.error).toBe('ledger not found')
})

test.each([
  ['GET', '/data/ledgers/none'], ['GET', '/data/balances/none'], ['GET', '/data/transactions/none'], ['GET', '/data/identities/none'],
  ['GET', '/data/reconciliations/none'], ['GET', '/data/matching-rules/none'], ['GET', '/data/external-transactions/none'],
  ['GET', '/data/ledgers'], ['GET', '/data/balances'], ['GET', '/data/transactions'], ['GET', '/data/identities'],
  ['GET', '/data/reconciliations'], ['GET', '/data/matching-rules'], ['GET', '/data/external-transactions'],
  ['POST', '/ledger/filter'], ['POST', '/balances/filter'], ['POST', '/transactions/filter'], ['POST', '/identities/filter'], ['POST', '/reconciliation/filter']
])('%s %s needs data:read', async (method, path) => {
  const { url, instanceId } = records.own
  const { status, json } = await call(`${url}${path}?instance_id=${instanceId}`, { method, headers: { Authorization: `Bearer ${scopeless}` } })
  expect([status, json.error_detail.code]).toEqual([403, 'AUTH_INSUFFICIENT_SCOPE'])
})

test.each([['GET', '/data/balances'], ['POST', '/balances/filter']])('%s %s needs a credential and an instance', async (method, path) => {
  const ask = async (query: string, key?: string): Promise<unknown[]> => {
    const { status, json } = await call(`${records.own.url}${path}${query}`, { method, headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } })
    return [status, json.error_detail.code]
  }
  expect(await ask(`?instance_id=${records.own.instanceId}`)).toEqual([401, 'AUTH_REQUIRED'])
  expect(await ask('', records.own.apiKey)).toEqual([400, 'INSTANCE_ID_REQUIRED'])
  expect(await ask('?instance_id=inst_none', inject('gateway').apiKey)).toEqual([404, 'INSTANCE_NOT_FOUND'])
})

test.each([
  ['/ledger/filter', ['data', 'total'], 'Ledger'],
  ['/balances/filter', ['data', 'total', 'stats'], 'Balance'],
  ['/transactions/filter', ['data', 'total', 'stats', 'total_is_estimate', 'total_source'], 'Transaction'],
  ['/identities/filter', ['data', 'total', 'stats'], 'Identity'],
  ['/reconciliation/filter', ['data', 'total', 'stats'], 'Reconciliation']
])('POST %s answers %j', async (path, members, schema) => {
  const { status, json } = await records.post(path, { filters: [] })
  expect(status).toBe(200)
  expect(Object.keys(json)).toEqual(members)
  expect(json.total).toBe(json.data.length)
  for (const row of json.data) expectDescribed(row, `Data${schema}`)
  if (members.includes('stats')) expect(json.stats).toEqual({})
  if (members.includes('total_source')) expect([json.total_is_estimate, json.total_source]).toEqual([false, 'exact'])
})

test.each([
  'POST /ledgers/filter', 'POST /reconciliations/filter', 'POST /matching-rules/filter', 'POST /external-transactions/filter', 'POST /data/ledgers/filter',
  'GET /data/ledger', 'GET /data/identity', 'GET /data/reconciliation', 'GET /data/matching_rules', 'GET /data/external_transactions', 'GET /data/accounts', 'GET /data'
])('%s is no route', async (route) => {
  const [method = '', path = ''] = route.split(' ')
  const answer = await call(`${records.own.url}${path}?instance_id=${records.own.instanceId}`, { method, headers: { Authorization: `Bearer ${records.own.apiKey}` } })
  expect([404, 405]).toContain(answer.status)
})

test('numbers keep their digits, and metadata its members and their types', async () => {
  const { text } = await records.get(`/data/transactions/${records.ids.large}`)
  expect(text).toContain(`"precise_amount":${LARGE},`)
  expect(text).toContain(`"amount":${LARGE.slice(0, -2)}.9,`)
  expect((await records.get(`/data/balances/${records.ids.eur}`)).text).toContain(`"balance":${LARGE},`)
  const { json } = await records.get(`/data/ledgers/${records.ids.savings}`)
  expect(json.meta_data).toEqual({ tier: 'gold', app: { channel: 'web', level: 3, beta: null }, since: '2026-03-02T10:30:00+01:00' })
  expect((await records.get(`/data/ledgers/${records.ids.loans}`)).json.name).toBe('Loans 100% \\ _ ünï 🏦')
})

test('columns of the chain and the rate are not told, and a date of birth is a time', async () => {
  const { text } = await records.get('/data/transactions')
  expect(text).not.toMatch(/chain_|"rate"/)
  expect((await records.get(`/data/identities/${records.ids.jane}`)).json.dob).toBe('1990-05-17T00:00:00Z')
  expect((await records.get(`/data/transactions/${records.ids.rent}`)).json.effective_date).toBe('2025-01-31T10:00:30.25Z')
})
