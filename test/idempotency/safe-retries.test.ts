import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openDatabase, type Database } from '../../src/lib/postgres.js'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'
import { ok } from '../support/proxy.js'
import { ask } from '../support/raw-client.js'
import { startUpstream, type Answerer, type Received, type Upstream } from '../support/upstream.js'

let core: Upstream
let own: Own
let db: Database
/** What the Core does with what comes next. */
let answer: Answerer
let answered = 0

const created: Answerer = ({ body }, socket) => { socket.write(ok(`{"transaction_id":"txn_${++answered}","was":${JSON.stringify(body.toString())}}`, `X-Of-Core: ${answered}`).replace('200 OK', '201 Made')) }

beforeAll(async () => {
  core = await startUpstream((request, socket) => { answer(request, socket) })
  own = await ownInstance({ name: 'of keys', core_url: `${core.origin}/base` })
  db = openDatabase(inject('postgres'), 1)
})
afterAll(async () => {
  await core.close()
  await db.close()
})

interface Sent { readonly key?: string, readonly body?: string, readonly path?: string, readonly method?: string, readonly apiKey?: string, readonly signal?: AbortSignal }

const BODY = '{"precise_amount":1050,"currency":"USD","source":"@World","destination":"@Fees","allow_overdraft":true,"description":"once"}'

async function send ({ key, body = BODY, path = '/transactions', method = 'POST', apiKey = own.apiKey, signal }: Sent): Promise<Answer> {
  const target = `${own.url}/proxy${path}${path.includes('?') ? '&' : '?'}instance_id=${own.instanceId}`
  return await call(target, { method, headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json', ...(key !== undefined && { 'Idempotency-Key': key }) }, body, ...(signal !== undefined && { signal }) })
}

/** What reaches the Core meanwhile. */
async function reaching (work: () => Promise<void>): Promise<Received[]> {
  const from = core.received.length
  await work()
  return core.received.slice(from)
}

const referenceOf = ({ body }: Received): unknown => (JSON.parse(body.toString()) as { reference?: unknown }).reference
const codeOf = ({ status, json }: Answer): readonly [number, unknown] => [status, json?.error_detail?.code]

const rows = async (): Promise<number> => Number((await db.query<{ n: string }>('SELECT count(*) AS n FROM gateway.idempotency WHERE instance_id = $1', [own.instanceId])).rows[0]?.n)

test.each([['transactions', 'POST', '/transactions', BODY], ['ledgers', 'POST', '/ledgers', '{"name":"a"}'], ['a change', 'PUT', '/ledgers/ldg_1', '{"name":"b"}'], ['nothing in it', 'POST', '/refund-transaction/txn_1', '']])('sent twice, %s are done once, and the first answer comes again', async (_what, method, path, body) => {
  answer = created
  const key = randomUUID()
  const reached = await reaching(async () => {
    const first = await send({ key, method, path, body })
    const second = await send({ key, method, path, body })
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
    expect([second.status, second.headers.get('idempotency-replayed'), second.text]).toEqual([201, 'true', first.text])
    for (const name of ['x-of-core', 'content-type', 'x-blnk-reference']) expect(second.headers.get(name)).toBe(first.headers.get(name))
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
  })
  expect(reached).toHaveLength(1)
})

test('a string in quotes and a bare token are the same key', async () => {
  answer = created
  const key = randomUUID()
  const reached = await reaching(async () => {
    await send({ key })
    expect((await send({ key: `"${key}"` })).headers.get('idempotency-replayed')).toBe('true')
  })
  expect(reached).toHaveLength(1)
})

test('of fifty at once one is sent, and the others are told to wait', async () => {
  const key = randomUUID()
  let refused = 0
  let finish = (): void => {}
  // The Core answers when all the others have their answer.
  const look = (): void => { if (refused === 49) finish() }
  answer = (request, socket) => {
    finish = () => { created(request, socket) }
    look()
  }
  const reached = await reaching(async () => {
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => {
      const got = await send({ key })
      if (got.status === 201) return got.status
      expect([...codeOf(got), got.headers.get('retry-after')]).toEqual([409, 'IDEMPOTENCY_RUNNING', '1'])
      refused++
      look()
      return got.status
    }))
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect((await send({ key })).headers.get('idempotency-replayed')).toBe('true')
  })
  expect(reached).toHaveLength(1)
})

test('with another body or query the key is refused, and with another path or method it is another', async () => {
  answer = created
  const key = randomUUID()
  const reached = await reaching(async () => {
    expect((await send({ key })).status).toBe(201)
    expect(codeOf(await send({ key, body: `${BODY} ` }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(codeOf(await send({ key, path: '/transactions?a=1' }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect((await send({ key, path: '/ledgers' })).status).toBe(201)
    expect((await send({ key, path: '/ledgers/x', method: 'PUT' })).status).toBe(201)
  })
  expect(reached).toHaveLength(3)
})

test('another credential has keys of its own, and a rotated one keeps its keys', async () => {
  answer = created
  const key = randomUUID()
  const made = (await admin('POST', '/admin/keys', { name: 'another', scopes: ['*'], instance_id: own.instanceId })).json as { id: string, api_key: string }
  const reached = await reaching(async () => {
    const first = await send({ key, apiKey: made.api_key })
    expect((await send({ key })).headers.get('idempotency-replayed')).toBeNull()
    const rotated = (await admin('POST', `/admin/keys/${made.id}/rotate`)).json as { api_key: string }
    const again = await send({ key, apiKey: rotated.api_key })
    expect([again.headers.get('idempotency-replayed'), again.text]).toEqual(['true', first.text])
  })
  expect(reached).toHaveLength(2)
  expect(new Set(reached.map(referenceOf)).size).toBe(2)
})

test.each([400, 404, 409, 422, 500, 501])('a first answer of %s is the answer', async (status) => {
  answer = (_request, socket) => { socket.write(ok('{"error":"no"}').replace('200 OK', `${status} No`)) }
  const key = randomUUID()
  const reached = await reaching(async () => {
    for (const replayed of [null, 'true']) {
      const got = await send({ key })
      expect([got.status, got.text, got.headers.get('idempotency-replayed')]).toEqual([status, '{"error":"no"}', replayed])
    }
  })
  expect(reached).toHaveLength(1)
})

test.each([401, 403, 408, 425, 429, 502, 503, 504])('after a %s it is sent again, with the same reference', async (status) => {
  let left = 1
  answer = (request, socket) => { if (left-- > 0) socket.write(ok('{}').replace('200 OK', `${status} No`)); else created(request, socket) }
  const key = randomUUID()
  const reached = await reaching(async () => {
    expect((await send({ key })).status).toBe(status)
    const second = await send({ key })
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, null])
  })
  expect(reached).toHaveLength(2)
  expect(referenceOf(reached[0]!)).toMatch(/^ref_[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  expect(referenceOf(reached[1]!)).toBe(referenceOf(reached[0]!))
})

test('an answer that is lost: what has a reference is sent again with it, and what has none is not', async () => {
  let left = 1
  answer = (request, socket) => { if (left-- > 0) socket.destroy(); else created(request, socket) }
  const key = randomUUID()
  const reached = await reaching(async () => {
    expect((await send({ key })).status).toBe(502)
    expect((await send({ key })).status).toBe(201)
  })
  expect(reached.map(referenceOf)).toEqual([referenceOf(reached[0]!), referenceOf(reached[0]!)])
  left = 1
  const others = await reaching(async () => {
    expect((await send({ key, path: '/ledgers' })).status).toBe(502)
    expect(codeOf(await send({ key, path: '/ledgers' }))).toEqual([409, 'IDEMPOTENCY_UNKNOWN'])
    expect(codeOf(await send({ key, path: '/ledgers', body: '{}' }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  })
  expect(others).toHaveLength(1)
})

test('a second try that was not begun does not undo that the first was sent: its body stays the one', async () => {
  const answers: Answerer[] = [(_request, socket) => { socket.destroy() }, (_request, socket) => { socket.write(ok('{}').replace('200 OK', '429 No')) }, created]
  answer = (request, socket) => { answers.shift()?.(request, socket) }
  const key = randomUUID()
  const reached = await reaching(async () => {
    expect((await send({ key })).status).toBe(502)
    expect((await send({ key })).status).toBe(429)
    expect(codeOf(await send({ key, body: BODY.replace('1050', '2000') }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect((await send({ key })).status).toBe(201)
  })
  expect(reached).toHaveLength(3)
})

test('a bulk that was filled and whose answer is lost is not sent again once BULK_FILL is off: nothing in it would be refused', async () => {
  answer = (_request, socket) => { socket.destroy() }
  const bulk = { key: randomUUID(), path: '/transactions/bulk', body: `{"transactions":[${BODY}]}` }
  const reached = await reaching(async () => {
    expect((await send(bulk)).status).toBe(502)
    // As BULK_FILL=true leaves it behind; here it is off.
    await db.query('UPDATE gateway.idempotency SET repeatable = true WHERE instance_id = $1 AND answer_sealed IS NULL', [own.instanceId])
    expect(codeOf(await send(bulk))).toEqual([409, 'IDEMPOTENCY_UNKNOWN'])
  })
  expect(reached).toHaveLength(1)
})

test('an answer that breaks off in the middle is none', async () => {
  answer = (_request, socket) => { socket.end('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"half":') }
  const key = randomUUID()
  const got = await send({ key })
  expect(codeOf(got)).toEqual([502, 'CORE_BROKEN_ANSWER'])
  answer = created
  expect((await send({ key })).status).toBe(201)
})

test('a Core that is not there was sent nothing: the next try is the first', async () => {
  const gone = await startUpstream('')
  const other = await ownInstance({ name: 'gone', core_url: gone.origin })
  await gone.close()
  const headers = { Authorization: `Bearer ${other.apiKey}`, 'Idempotency-Key': 'k' }
  const target = `${other.url}/proxy/ledgers?instance_id=${other.instanceId}`
  for (let i = 0; i < 2; i++) expect(codeOf(await call(target, { method: 'POST', headers, body: '{}' }))).toEqual([502, 'CORE_UNREACHABLE'])
})

test('a caller who leaves is told what came of it when it asks again', async () => {
  const key = randomUUID()
  let arrived = (_socket: Socket): void => {}
  const waits = new Promise<Socket>((resolve) => { arrived = resolve })
  let pending: Received | undefined
  answer = (request, socket) => {
    pending = request
    arrived(socket)
  }
  const reached = await reaching(async () => {
    const leaving = new AbortController()
    const left = send({ key, signal: leaving.signal }).catch((error: Error) => error.name)
    const socket = await waits
    leaving.abort()
    expect(await left).toBe('AbortError')
    expect(codeOf(await send({ key }))).toEqual([409, 'IDEMPOTENCY_RUNNING'])
    created(pending as Received, socket)
    await expect.poll(async () => (await send({ key })).headers.get('idempotency-replayed')).toBe('true')
  })
  expect(reached).toHaveLength(1)
})

test('after a day the key is new, and its reference the same', async () => {
  answer = created
  const key = randomUUID()
  const reached = await reaching(async () => {
    await send({ key })
    await db.query("UPDATE gateway.idempotency SET created_at = created_at - interval '24 hours 1 second' WHERE instance_id = $1", [own.instanceId])
    const again = await send({ key, body: BODY.replace('1050', '2000') })
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, null])
    expect((await send({ key, body: BODY.replace('1050', '2000') })).headers.get('idempotency-replayed')).toBe('true')
  })
  expect(reached).toHaveLength(2)
  expect(referenceOf(reached[1]!)).toBe(referenceOf(reached[0]!))
})

test('nothing is kept without the header, nor of a GET or DELETE', async () => {
  answer = created
  const before = await rows()
  const reached = await reaching(async () => {
    await send({})
    await send({})
    const headers = { Authorization: `Bearer ${own.apiKey}`, 'Idempotency-Key': 'of a read' }
    for (let i = 0; i < 2; i++) await call(`${own.url}/proxy/ledgers?instance_id=${own.instanceId}`, { headers: { ...headers, 'Idempotency-Key': 'read' } })
    for (let i = 0; i < 2; i++) await call(`${own.url}/proxy/balance-monitors/m?instance_id=${own.instanceId}`, { method: 'DELETE', headers: { ...headers, 'Idempotency-Key': 'read' } })
  })
  expect(reached).toHaveLength(6)
  expect(await rows()).toBe(before)
})

test('neither the key nor the body nor the answer is in the database in clear', async () => {
  answer = created
  await send({ key: 'a-key-that-nobody-reads', body: BODY.replace('@Fees', '@Somebody-Known') })
  const { rows: kept } = await db.query<{ row: string }>("SELECT encode(scope, 'escape') || encode(fingerprint, 'escape') || coalesce(encode(answer_sealed, 'escape'), '') || i::text AS row FROM gateway.idempotency i WHERE instance_id = $1", [own.instanceId])
  expect(kept.length).toBeGreaterThan(0)
  for (const { row } of kept) expect(row).not.toMatch(/a-key-that-nobody-reads|Somebody-Known|txn_/)
})

test.each([['k'.repeat(256), 'at most 255 characters'], ['two words', 'visible ASCII'], ['""', 'visible ASCII']])('a key of %j is refused, and nothing is sent', async (key, sentence) => {
  answer = created
  const reached = await reaching(async () => {
    const got = await send({ key })
    expect([...codeOf(got), got.json.error]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID', expect.stringContaining(sentence)])
  })
  expect(reached).toEqual([])
})

test('two keys on one request are refused', async () => {
  const head = `POST /proxy/transactions?instance_id=${own.instanceId} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${own.apiKey}\r\nContent-Length: 2\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n{}`
  expect((await ask(own.url, head)).status).toBe(400)
})

test('a body of 5 MiB is the longest with a key, on any route', async () => {
  answer = created
  const body = `"${'x'.repeat(5 * 1024 * 1024)}"`
  expect((await send({ key: randomUUID(), path: '/ledgers', body })).status).toBe(413)
  expect((await send({ path: '/ledgers', body })).status).toBe(201)
})

test('an answer of more than 1 MiB is passed on as it comes, and not kept', async () => {
  const long = 'x'.repeat(1024 * 1024 + 1)
  answer = (_request, socket) => { socket.write(ok(long)) }
  const key = randomUUID()
  const got = await send({ key, path: '/ledgers' })
  expect([got.status, got.text.length, got.text === long]).toEqual([200, long.length, true])
  await expect.poll(async () => codeOf(await send({ key, path: '/ledgers' }))).toEqual([409, 'IDEMPOTENCY_UNKNOWN'])
})

test('the audit log tells a repetition from what was done', async () => {
  answer = created
  const key = randomUUID()
  const first = await send({ key })
  await send({ key })
  const reference = first.headers.get('x-blnk-reference') as string
  const seen = async (): Promise<unknown> => (await admin('GET', `/admin/audit?reference=${reference}`)).json.data.map(({ reason, outcome }: { reason: string | null, outcome: string }) => [outcome, reason])
  await expect.poll(seen).toEqual([['done', 'replayed'], ['done', null]])
})

test('a try that its process has left behind is taken over once its lease is over, where Core refuses a double', async () => {
  const key = randomUUID()
  let hang: Socket | undefined
  answer = (_request, socket) => { hang = socket }
  const reached = await reaching(async () => {
    const first = send({ key })
    await expect.poll(() => hang).toBeDefined()
    await db.query("UPDATE gateway.idempotency SET leased_until = clock_timestamp() - interval '1 second' WHERE instance_id = $1 AND answer_sealed IS NULL", [own.instanceId])
    const taken = hang as unknown as Socket
    answer = created
    const second = await send({ key })
    expect(second.status).toBe(201)
    // The first one comes to its end, and changes nothing.
    taken.write(ok('{"late":true}'))
    expect((await first).text).toBe('{"late":true}')
    expect((await send({ key })).text).toBe(second.text)
  })
  expect(reached).toHaveLength(2)
  expect(referenceOf(reached[1]!)).toBe(referenceOf(reached[0]!))
})

/** Of a queued transaction Core's worker refuses the double, and of one that skips the queue the answer does (the recording duplicate-references). */
test.each([[true, 409, 'APPLIED'], [false, 201, 'QUEUED']])('with skip_queue %s a sandbox moves the money once, however often it is asked, also without its record; a reset forgets', async (skipQueue, status, first) => {
  const sandbox = await ownInstance()
  const headers = { Authorization: `Bearer ${sandbox.apiKey}`, 'Content-Type': 'application/json', 'Idempotency-Key': 'once' }
  const post = async (): Promise<Answer> => await call(`${sandbox.url}/proxy/transactions?instance_id=${sandbox.instanceId}`, { method: 'POST', headers, body: BODY.replace('{', `{"skip_queue":${skipQueue},`) })
  const all = await Promise.all(Array.from({ length: 20 }, async () => await post()))
  expect(all.filter((one) => one.status === 201 && one.headers.get('idempotency-replayed') === null).map(({ json }) => json.status)).toEqual([first])
  // As if it were lost between Core's answer and the record.
  await db.query('DELETE FROM gateway.idempotency WHERE instance_id = $1', [sandbox.instanceId])
  const again = await post()
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([status, null])
  await admin('POST', `/admin/instances/${sandbox.instanceId}/settle`)
  const fees = await call(`${sandbox.url}/data/balances?instance_id=${sandbox.instanceId}&indicator_eq=@Fees`, { headers })
  expect(fees.json.data.map(({ balance }: { balance: number }) => balance)).toEqual([1050])
  await admin('POST', `/admin/instances/${sandbox.instanceId}/reset`)
  const anew = await post()
  expect([anew.status, anew.headers.get('idempotency-replayed')]).toEqual([201, null])
})
