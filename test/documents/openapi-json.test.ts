import * as postman from 'openapi-to-postmanv2'
import { expect, inject, test } from 'vitest'
import { documentRows, rows } from '../../routes/index.js'
import { describe as describeLive, type OpenApi } from '../../src/documents/openapi.js'
import { specPath } from '../surface/row-spelling.js'
import { connect } from '../support/raw-client.js'
import { call } from '../support/gateway.js'

const { url, instanceId } = inject('gateway')
const served = await call(`${url}/openapi.json`)

test('it is the description of this gateway', () => {
  expect([served.status, served.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  expect(served.json.servers).toEqual([{ url }])
  expect(served.json.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(served.json.components.parameters.InstanceId).toMatchObject({ example: instanceId, schema: { default: instanceId } })
  expect(Object.keys(served.json.paths).sort()).toEqual([...new Set(rows.map(specPath))].sort())
})

test('every operation has what a generated client needs', () => {
  for (const [path, methods] of Object.entries(served.json.paths as Record<string, Record<string, { operationId: string, tags: string[], summary: string, responses: object }>>)) {
    for (const [method, operation] of Object.entries(methods)) {
      expect(operation.operationId, `${method} ${path}`).toMatch(/^[a-z][A-Za-z0-9]+$/)
      expect(operation.tags, `${method} ${path}`).toHaveLength(1)
      expect(served.json.tags.map(({ name }: { name: string }) => name)).toContain(operation.tags[0])
      expect(operation.summary.length).toBeGreaterThan(5)
    }
  }
})

const askedAs = async (host: string): Promise<OpenApi> => {
  const client = await connect(url)
  client.send(`GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const answer = await client.answer()
  client.socket.destroy()
  return JSON.parse(answer.body.toString()) as OpenApi
}

test('a Host that is not of this machine is not repeated, and learns no instance', async () => {
  for (const host of ['evil.example.com', '127.0.0.1.example.com', 'localhost@example.com', '0.0.0.0:1']) {
    const document = await askedAs(host)
    expect(document.servers, host).toEqual([{ url: '/' }])
    expect(JSON.stringify(document)).not.toContain(instanceId)
  }
  expect((await askedAs('localhost:8080')).servers).toEqual([{ url: 'http://localhost:8080' }])
  expect((await askedAs('[::1]:1')).servers).toEqual([{ url: 'http://[::1]:1' }])
})

test('without an admin API, it describes none', () => {
  const { paths, tags } = describeLive(served.json as OpenApi, { url: '/', instanceId: undefined, hasAdmin: false })
  expect(Object.keys(paths).filter((path) => path.startsWith('/admin'))).toEqual([])
  expect(Object.keys(paths).length).toBeGreaterThan(50)
  expect(tags.filter(({ name }) => name.startsWith('Admin'))).toEqual([])
})

test.each(documentRows.map((row) => row.path))('%s is asked for again with its tag', async (path) => {
  const first = await fetch(url + path)
  expect([first.status, first.headers.get('cache-control'), first.headers.get('x-content-type-options')]).toEqual([200, 'no-cache', 'nosniff'])
  expect((await first.arrayBuffer()).byteLength).toBeGreaterThan(10)
  const tag = first.headers.get('etag') as string
  const again = await fetch(url + path, { headers: { 'If-None-Match': `"other", W/${tag}` } })
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag])
  expect((await fetch(url + path, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
})

interface Entry { item?: Entry[], name: string, request?: { method: string, url: { path: string[], query?: Array<{ key: string, value: string }> }, auth?: { type: string } | null } }
interface Collection { item: Entry[], auth: { type: string, bearer: Array<{ key: string, value: string }> }, variable: Array<{ key: string, value: string }> }
interface Converted { result: boolean, reason?: string, output: Array<{ data: Collection }> }

const requestsOf = (entries: readonly Entry[]): Entry[] => entries.flatMap((entry) => entry.item === undefined ? [entry] : requestsOf(entry.item))

test('Postman imports it: every operation, with the bearer key and instance_id', async () => {
  const { convertV2 } = postman as unknown as { convertV2: (input: object, options: object, done: (error: Error | null, converted: Converted) => void) => void }
  const { result, reason, output } = await new Promise<Converted>((resolve, reject) => {
    convertV2({ type: 'string', data: served.text }, { folderStrategy: 'Tags' }, (error, converted) => { if (error === null) resolve(converted); else reject(error) })
  })
  expect([result, reason]).toEqual([true, undefined])
  const collection = output[0]!.data
  expect(collection.auth.type).toBe('bearer')
  expect(collection.variable.find(({ key }) => key === 'baseUrl')?.value).toBe(url)
  const requests = new Map(requestsOf(collection.item).map((entry) => [`${entry.request!.method} /${entry.request!.url.path.join('/')}`, entry.request!]))
  expect([...requests.keys()].sort()).toEqual(rows.map((row) => `${row.method} ${row.path}`).sort())
  for (const row of rows) {
    const request = requests.get(`${row.method} ${row.path}`)!
    const type = request.auth === undefined || request.auth === null ? collection.auth.type : request.auth.type
    // The converter sends the key to public routes as well, which do not look at it.
    expect(type, row.path).toBe('bearer')
    if (row.instance === 'required') expect(request.url.query?.find(({ key }) => key === 'instance_id')?.value, row.path).toBe(instanceId)
  }
})
