import { randomUUID } from 'node:crypto'
import { beforeAll, expect, inject, test } from 'vitest'
import type { RequestEntry, RequestSummary } from '../../src/requests/entry.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'

let own: Own
beforeAll(async () => { own = await ownInstance() })

/** A call of the proxy with an X-Request-Id and headers of the test's own. */
async function send (method: string, path: string, { body, headers = {} }: { body?: string, headers?: Record<string, string> } = {}): Promise<{ answer: Answer, requestId: string }> {
  const requestId = randomUUID()
  const answer = await call(`${own.url}${path}${path.includes('?') ? '&' : '?'}instance_id=${own.instanceId}`, {
    method, headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json', 'X-Request-Id': requestId, ...headers }, ...(body === undefined ? {} : { body })
  })
  return { answer, requestId }
}

const list = async (query: string): Promise<RequestSummary[]> => (await admin('GET', `/admin/requests?${query}`)).json.data as RequestSummary[]

/** The entry of an X-Request-Id: it is there a moment after the answer. */
async function entryOf (requestId: string): Promise<RequestEntry> {
  await expect.poll(async () => (await list(`request_id=${requestId}`)).length, { timeout: 20_000 }).toBe(1)
  const [{ id }] = await list(`request_id=${requestId}`) as [RequestSummary]
  return (await admin('GET', `/admin/requests/${id}`)).json as RequestEntry
}

const TRANSACTION = '{"amount": 7.50, "currency": "USD", "source": "@World", "destination": "@Log", "description": "x", "allow_overdraft": true, "skip_queue": true, "meta_data": {"client_secret": "hunter2"}}'

test('a filled transaction: what it was, what was added, both bodies, no secret', async () => {
  const { answer, requestId } = await send('POST', '/proxy/transactions', { body: TRANSACTION, headers: { 'X-Blnk-Key': 'core-key', Cookie: 'session=abc' } })
  const entry = await entryOf(requestId)
  expect(entry).toMatchObject({
    id: expect.stringMatching(/^req_\w{4}_\d+$/),
    request_id: requestId,
    method: 'POST',
    path: '/proxy/transactions',
    query: `instance_id=${own.instanceId}`,
    row: '/proxy/transactions',
    status: 201,
    end: 'answered',
    forwarded: true,
    instance_id: own.instanceId,
    key: { name: 'of a test', prefix: own.apiKey.slice(0, 13) },
    filled: ['precision', 'reference'],
    reference: answer.headers.get('x-blnk-reference'),
    refusal: null,
    reason: null,
    address: '127.0.0.1'
  })
  expect(entry.request.whole).toBe(true)
  expect(entry.request.body).toEqual({ bytes: TRANSACTION.length, text: TRANSACTION.replace('hunter2', '[removed]'), truncated: false, redacted: true, omitted: null })
  expect(entry.response?.body.text).toBe(answer.text.replace('hunter2', '[removed]'))
  const headers = new Map(entry.request.headers.map(([name, value]) => [name.toLowerCase(), value]))
  expect([headers.get('authorization'), headers.get('x-blnk-key'), headers.get('cookie'), headers.get('content-type')]).toEqual(['[removed]', '[removed]', '[removed]', 'application/json'])
  expect(JSON.stringify(entry)).not.toMatch(new RegExp(`${own.apiKey.slice(5)}|core-key|session=abc|hunter2`))
})

test.each(['/nowhere/KEY', '/proxy/identities/KEY', '/proxy/nowhere?instance_id=KEY'])('a key that was put in the place of something else is not kept: %s', async (path) => {
  const key = `blnk_${randomUUID()}`
  const { requestId } = await send('GET', path.replace('KEY', key))
  expect(JSON.stringify(await entryOf(requestId))).not.toContain(key.slice(13))
})

test('a query that names no filter of ours', async () => {
  for (const name of ['constructor', '__proto__', 'nothing']) expect([name, (await admin('GET', `/admin/requests?${name}=1`)).status]).toEqual([name, 400])
})

test('a refusal says why, and its body, which was not read, is not whole', async () => {
  const { requestId } = await send('POST', '/proxy/transactions', { body: '{"a":1}', headers: { Authorization: 'Bearer blnk_of_nobody_at_all_whatever' } })
  expect(await entryOf(requestId)).toMatchObject({ status: 401, forwarded: false, key: null, refusal: { code: 'AUTH_INVALID' }, reason: 'unknown_credential', request: { whole: false, body: { bytes: 0 } }, response: { body: { text: expect.stringContaining('AUTH_INVALID') } } })
})

test('a long body is cut, a secret that the cut goes through with it', async () => {
  const body = `{"name":"a","meta_data":{"note":"${'x'.repeat(16_300)}","password":"${'S3CR'.repeat(100)}"}}`
  const entry = await entryOf((await send('POST', '/proxy/ledgers', { body })).requestId)
  expect(entry.request.body).toMatchObject({ bytes: body.length, truncated: true, redacted: true })
  expect(entry.request.body.text?.length).toBeLessThanOrEqual(16_384)
  expect(entry.request.body.text).not.toContain('S3CR')
})

test('uploads and binary bodies are not kept', async () => {
  const upload = await send('POST', '/proxy/reconciliation/upload', { body: '--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nstripe\r\n--b--\r\n', headers: { 'Content-Type': 'multipart/form-data; boundary=b' } })
  expect((await entryOf(upload.requestId)).request.body).toMatchObject({ text: null, omitted: 'multipart' })
  const binary = await send('POST', '/proxy/ledgers', { body: 'a\u0000b' })
  expect((await entryOf(binary.requestId)).request.body).toMatchObject({ bytes: 3, text: null, omitted: 'binary' })
})

test('the bodies of the admin API are not kept, and reading the log leaves no trace', async () => {
  const since = new Date().toISOString()
  const { json } = await admin('POST', '/admin/keys', { name: 'noted', scopes: ['proxy:read'], instance_id: own.instanceId })
  await expect.poll(async () => (await list(`since=${since}&path=/admin/keys&method=POST`)).length, { timeout: 20_000 }).toBeGreaterThan(0)
  const all = await list(`since=${since}&path=/admin/keys&method=POST`)
  for (const { id } of all) {
    const { text, json: entry } = await admin('GET', `/admin/requests/${id}`)
    expect(text).not.toContain((json.api_key as string).slice(5))
    expect(entry.request.body.omitted).toBe('admin')
  }
  expect(await list('path=/admin/requests')).toEqual([])
  expect(await list('path=/health')).toEqual([])
})

test('filters, and paging from the newest on', async () => {
  const ids = []
  for (let i = 0; i < 3; i++) ids.push((await entryOf((await send('GET', '/proxy/ledgers/ldg_none')).requestId)).id)
  const mine = `instance_id=${own.instanceId}&row=/proxy/ledgers/:id`
  expect((await list(mine)).map(({ id }) => id)).toEqual([...ids].reverse())
  const { json: page } = await admin('GET', `/admin/requests?${mine}&limit=2`)
  expect([page.data.map(({ id }: RequestSummary) => id), page.more]).toEqual([[ids[2], ids[1]], true])
  const { json: next } = await admin('GET', `/admin/requests?${mine}&limit=2&before=${ids[1]}`)
  expect([next.data.map(({ id }: RequestSummary) => id), next.more]).toEqual([[ids[0]], false])
  for (const yes of ['method=get', 'status=404', 'status=4xx', 'path=/proxy/led', 'refused=false', 'min_ms=0', 'key=of a test', `key=${own.apiKey.slice(0, 13)}`]) expect([yes, (await list(`${mine}&${yes}`)).length]).toEqual([yes, 3])
  for (const no of ['method=POST', 'status=200', 'status=5xx', 'refused=true', 'min_ms=999999', 'reason=insufficient_scope', 'reference=ref_1', `since=${new Date(Date.now() + 60_000).toISOString()}`]) expect([no, (await list(`${mine}&${no}`)).length]).toEqual([no, 0])
})

test.each(['status=9', 'refused=maybe', 'since=yesterday', 'min_ms=-1', 'limit=501', 'follow=perhaps', 'stauts=404', 'method=GET&method=PUT', 'follow=true&before=req_a_1'])('%s is refused with a sentence', async (query) => {
  const { status, json } = await admin('GET', `/admin/requests?${query}`)
  expect([status, json.error_detail.code]).toEqual([400, 'GEN_VALIDATION_ERROR'])
})

test('an id that is not there', async () => {
  expect((await admin('GET', '/admin/requests/req_none_1')).json.error_detail.code).toBe('REQUEST_NOT_FOUND')
})

test('a stream of requests as they end', async () => {
  const { url, adminToken } = inject('gateway')
  const gone = new AbortController()
  const { headers, body } = await fetch(`${url}/admin/requests?follow=true&instance_id=${own.instanceId}&path=/proxy/balances`, { headers: { Authorization: `Bearer ${adminToken}` }, signal: gone.signal })
  expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
  const { requestId } = await send('GET', '/proxy/balances')
  let text = ''
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString()
    if (text.trim().includes('}')) break
  }
  gone.abort()
  expect(text.trim().split('\n').map((line) => (JSON.parse(line) as RequestSummary).request_id)).toEqual([requestId])
})
