import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { startTracing, type Tracing } from '../../src/tracing/otlp.js'
import { importsOf } from '../house/import-list.js'
import { ROOT, sources } from '../house/source-files.js'
import { startReceiver } from '../sandbox/deliveries/receiver.js'
import { CORE_KEY, INSTANCE, KEY, ok, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'

vi.setConfig({ testTimeout: 60_000 })

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

interface SpanJson { traceId: string, spanId: string, parentSpanId?: string, name: string, kind: number, status: { code?: number }, attributes: Array<{ key: string, value: Record<string, unknown> }> }
interface Body { resourceSpans: Array<{ resource: { attributes: SpanJson['attributes'] }, scopeSpans: Array<{ spans: SpanJson[] }> }> }

/** A collector of OTLP/HTTP, and tracing that sends to it. */
async function startCollector (...reply: Parameters<typeof startReceiver>) {
  const collector = await startReceiver(...reply)
  const said: string[] = []
  const log = pino({ base: null }, { write: (line) => { said.push(line) } })
  const tracing = startTracing({ url: collector.url, service: 'a gateway', version: '1.2.3', flushMs: 2_000, log })
  const spans = (): SpanJson[] => collector.received.flatMap(({ json }) => (json as unknown as Body).resourceSpans).flatMap((one) => one.scopeSpans).flatMap((one) => one.spans)
  return { collector, tracing, said, spans }
}

const attributes = (span: SpanJson | undefined): Record<string, unknown> => Object.fromEntries(span?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? [])

/** One request through a traced proxy, to its end. */
async function ask (tracing: Tracing | undefined, path: string, ...fields: string[]): Promise<{ core: string, status: number }> {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => { end = resolve })
  const both = await startBoth(ok('{}'), { observers: [...(tracing === undefined ? [] : [tracing.observer]), { ended: () => { end() } }] })
  const client = await connect(both.url)
  client.send(`${both.head('GET', path, ...fields)}\r\n`)
  const { status } = await client.answer()
  await ended
  return { core: both.core.received[0]?.headers.map(([name, value]) => `${name}: ${value}`).join('\n') ?? '', status }
}

test('a request is a span of the caller\'s trace, and the Core is told of the one below it', async () => {
  const { tracing, collector, spans } = await startCollector()
  const { core } = await ask(tracing, '/transactions/reference/ref-of-a-caller', `traceparent: 00-${TRACE}-${PARENT}-01`, 'tracestate: vendor=1')
  await tracing.close()
  const server = spans().find((span) => span.kind === 2)
  const client = spans().find((span) => span.kind === 3)
  expect([server?.traceId, server?.parentSpanId]).toEqual([TRACE, PARENT])
  expect([client?.traceId, client?.parentSpanId]).toEqual([TRACE, server?.spanId])
  expect(core.match(/^trace(?:parent|state): .*$/gm)).toEqual(['tracestate: vendor=1', `traceparent: 00-${TRACE}-${client?.spanId}-01`])

  expect(server?.name).toBe('GET /proxy/transactions/reference/:reference')
  expect(attributes(server)).toMatchObject({ 'http.request.method': 'GET', 'http.route': '/proxy/transactions/reference/:reference', 'http.response.status_code': 200, 'url.scheme': 'http', 'blnk.instance_id': INSTANCE })
  expect(attributes(client)).toMatchObject({ 'http.request.method': 'GET', 'url.template': '/transactions/reference/:reference', 'server.address': '127.0.0.1', 'http.response.status_code': 200 })
  const [sent] = collector.received
  expect(sent?.headers['content-type']).toBe('application/json')
  expect(attributes({ attributes: (sent?.json as unknown as Body).resourceSpans[0]?.resource.attributes } as SpanJson)).toMatchObject({ 'service.name': 'a gateway', 'service.version': '1.2.3' })
  for (const secret of [KEY, CORE_KEY, 'of-a-caller']) expect(sent?.body).not.toContain(secret)
})

test('without a caller\'s trace, or with one that cannot be read, it begins one', async () => {
  const { tracing, spans } = await startCollector()
  const unreadable = ['00-zz-00f067aa0ba902b7-01', `ff-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01-more`, `00-${'0'.repeat(32)}-${PARENT}-01`]
  for (const value of unreadable) {
    const { core } = await ask(tracing, '/ledgers', `traceparent: ${value}`, 'tracestate: vendor=1')
    expect(core).not.toContain(value)
    expect(core).not.toContain('tracestate')
    expect(core).toMatch(/^traceparent: 00-[\da-f]{32}-[\da-f]{16}-01$/m)
  }
  await tracing.close()
  const servers = spans().filter((span) => span.kind === 2)
  expect(servers.length).toBe(unreadable.length)
  for (const span of servers) expect([span.parentSpanId ?? '', span.traceId === TRACE]).toEqual(['', false])
})

test('what the caller does not sample is not sampled, and goes on so', async () => {
  const { tracing, collector } = await startCollector()
  const { core } = await ask(tracing, '/ledgers', `traceparent: 00-${TRACE}-${PARENT}-00`)
  expect(core).toMatch(new RegExp(`^traceparent: 00-${TRACE}-(?!${PARENT})[\\da-f]{16}-00$`, 'm'))
  await tracing.close()
  expect(collector.received).toEqual([])
})

test('without tracing, the caller\'s header goes to the Core as it is', async () => {
  const { core } = await ask(undefined, '/ledgers', `traceparent: 00-${TRACE}-${PARENT}-01`)
  expect(core).toContain(`traceparent: 00-${TRACE}-${PARENT}-01`)
})

test('a collector that refuses is told of in one line, and requests do not notice', async () => {
  const { tracing, said } = await startCollector(() => ({ status: 400, body: 'what the collector says' }))
  for (let i = 0; i < 2; i++) expect((await ask(tracing, '/ledgers')).status).toBe(200)
  await tracing.close()
  expect(said.map((line) => (JSON.parse(line) as { level: number, msg: string }))).toEqual([{ level: 40, time: expect.any(Number) as number, msg: 'the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no spans: Bad Request' }])
})

test('a collector that never answers holds up neither a request nor the stop', async () => {
  const collector = await startReceiver(() => 'hang')
  const tracing = startTracing({ url: collector.url, service: 'a gateway', version: '1', flushMs: 50, log: pino({ level: 'silent' }) })
  expect((await ask(tracing, '/ledgers')).status).toBe(200)
  await tracing.close()
  await expect.poll(() => collector.received.length, { timeout: 20_000 }).toBe(1)
})

test('the packages are loaded where an endpoint is set, and only then', async () => {
  const collector = await startReceiver()
  const script = `
    import { createRequire } from 'node:module'
    const { buildApp } = await import('./dist/src/app.js')
    const { readConfig } = await import('./dist/src/config.js')
    const { createLog } = await import('./dist/src/gateway/log.js')
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => /@opentelemetry.(?!api\\b)/.test(path)).length
    const NO_DATABASE = { DATABASE_URL: 'postgres://127.0.0.1:1/none', BLNK_ENCRYPTION_KEY: 'a'.repeat(64), BLNK_ADMIN_TOKEN: 'a'.repeat(32) }
    const start = async (environment) => {
      const app = buildApp(readConfig({ PORT: '0', ...NO_DATABASE, ...environment }), createLog('silent', false))
      return { app, url: await app.listen() }
    }
    await start({})
    const before = loaded()
    const { app, url } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: process.argv[1], OTEL_SERVICE_NAME: 'named' })
    await (await fetch(url + '/health/live')).text()
    await app.close()
    process.stdout.write(JSON.stringify([before, loaded()]))
    process.exit(0)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, new URL(collector.url).origin], { cwd: ROOT })
  const [before, after] = JSON.parse(stdout) as [number, number]
  // prom-client loads the interfaces, @opentelemetry/api.
  expect(before).toBe(0)
  expect(after).toBeGreaterThan(50)
  expect(collector.received.map(({ body }) => body).join()).toMatch(/"stringValue":"named".*"GET \/health\/live"/)
  const users = sources().filter((path) => importsOf(path).some(({ to }) => to.startsWith('@opentelemetry/')))
  expect(users.every((path) => path.startsWith('src/tracing/')), users.join()).toBe(true)
})
