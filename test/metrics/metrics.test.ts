import { expect, inject, test } from 'vitest'
import { createMetrics, type Metrics } from '../../src/metrics/metrics.js'
import { metricsTable } from '../../src/metrics/table.js'
import { textOf } from '../house/source-files.js'
import { admin, call, ownInstance } from '../support/gateway.js'
import { CORE_KEY, INSTANCE, KEY, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'

const OK = 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}'

/** Lines of one metric, by its labels as they are written. */
const lines = (text: string, name: string): Record<string, number> =>
  Object.fromEntries([...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value]) => [labels, Number(value)]))

/** Asks until a figure is there: a request is counted once its connection is done with it, which a client may see earlier. */
async function until (metrics: Metrics, name: string, labels: string, value: number): Promise<string> {
  await expect.poll(async () => lines(await metrics.text(), name)[labels], { timeout: 20_000 }).toBe(value)
  return await metrics.text()
}

test('requests by row, instance and status, what was filled, and how long the Core took', async () => {
  const both = await startBoth(OK)
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 13')}\r\n{"amount": 1}`)
  await client.answer()
  const labels = `row="POST /proxy/transactions",instance_id="${INSTANCE}",status="2xx"`
  const text = await until(both.metrics, 'blnk_gateway_requests_total', labels, 1)
  expect(lines(text, 'blnk_gateway_request_duration_seconds_count')).toEqual({ [labels]: 1 })
  expect(lines(text, 'blnk_gateway_request_duration_seconds_bucket')[`le="+Inf",${labels}`]).toBe(1)
  const core = lines(text, 'blnk_gateway_core_duration_seconds_sum')[`instance_id="${INSTANCE}"`] as number
  expect(core).toBeGreaterThan(0)
  expect(core).toBeLessThanOrEqual(lines(text, 'blnk_gateway_request_duration_seconds_sum')[labels] as number)
  expect(lines(text, 'blnk_gateway_fills_total')).toEqual({ 'member="precision"': 1, 'member="reference"': 1 })
  expect(lines(text, 'blnk_gateway_core_connections')).toEqual({ [`instance_id="${INSTANCE}"`]: 1 })
  expect(lines(text, 'blnk_gateway_requests_in_flight')).toEqual({ '': 0 })
})

test('no series has what a caller wrote: a key, a path, a reference, an instance that is not there', async () => {
  const both = await startBoth(OK)
  const client = await connect(both.url)
  const ask = async (head: string): Promise<void> => {
    client.send(`${head}\r\n\r\n`)
    await client.answer()
  }
  await ask(both.head('GET', '/transactions/reference/ref-of-a-caller').trimEnd())
  await ask(`GET /proxy/ledgers?instance_id=made-up HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}`)
  await ask('GET /proxy/ledgers?instance_id=made-up HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer blnk_nobody-has-this-key')
  await ask('GET /a-path-of-a-caller HTTP/1.1\r\nHost: a')
  const text = await until(both.metrics, 'blnk_gateway_requests_total', 'row="unknown",instance_id="",status="4xx"', 1)
  expect(lines(text, 'blnk_gateway_requests_total')).toMatchObject({
    [`row="GET /proxy/transactions/reference/:reference",instance_id="${INSTANCE}",status="2xx"`]: 1,
    'row="GET /proxy/ledgers",instance_id="",status="4xx"': 2
  })
  expect(lines(text, 'blnk_gateway_refusals_total')).toEqual({ 'reason="unknown_instance"': 1, 'reason="unknown_credential"': 1, 'reason="route_not_found"': 1 })
  for (const secret of [KEY, CORE_KEY, 'made-up', 'of-a-caller', 'nobody-has']) expect(text).not.toContain(secret)
})

test('a caller who leaves before the answer, and a request that is under way', async () => {
  const both = await startBoth(() => {})
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await until(both.metrics, 'blnk_gateway_core_requests_running', `instance_id="${INSTANCE}"`, 1)
  expect(lines(await both.metrics.text(), 'blnk_gateway_requests_in_flight')).toEqual({ '': 1 })
  client.socket.destroy()
  const text = await until(both.metrics, 'blnk_gateway_requests_total', `row="GET /proxy/ledgers",instance_id="${INSTANCE}",status="none"`, 1)
  expect(lines(text, 'blnk_gateway_unfinished_total')).toEqual({ 'end="caller_left"': 1 })
  expect(lines(text, 'blnk_gateway_requests_in_flight')).toEqual({ '': 0 })
})

test('on the gateway: behind the admin token; the series of an instance go with it', async () => {
  const { url, apiKey } = inject('gateway')
  expect((await call(`${url}/metrics`)).status).toBe(401)
  expect((await call(`${url}/metrics`, { headers: { Authorization: `Bearer ${apiKey}` } })).status).toBe(401)
  const own = await ownInstance()
  expect((await own.proxy('GET', '/ledgers')).status).toBe(200)
  const scrape = async (): Promise<string> => {
    const answer = await admin('GET', '/metrics')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    return answer.text
  }
  const mine = `instance_id="${own.instanceId}"`
  await expect.poll(scrape, { timeout: 20_000 }).toContain(`row="GET /proxy/ledgers",${mine},status="2xx"`)
  const text = await scrape()
  for (const up of ['database', 'sandbox']) expect(lines(text, `blnk_gateway_${up}_up`)).toEqual({ '': 1 })
  expect(text).toMatch(/^process_resident_memory_bytes \d/m)
  expect(text).toMatch(/^blnk_gateway_build_info\{version="\d+\.\d+\.\d+",node="v\d+\.[\d.]+"\} 1$/m)
  await admin('DELETE', `/admin/instances/${own.instanceId}`)
  await own.proxy('GET', '/ledgers')
  expect(await scrape()).not.toContain(mine)
})

test('docs/metrics.md lists the metrics, by Prometheus\' conventions', () => {
  const { registry } = createMetrics({ version: '', instances: { find: () => undefined, all: () => [] }, database: async () => true, sandbox: () => undefined })
  expect(/<!-- metrics: [^\n]*-->\n([\s\S]*?)\n<!-- \/metrics -->/.exec(textOf('docs/metrics.md'))?.[1]).toBe(metricsTable(registry))
  for (const { name, type } of registry.getMetricsAsArray() as unknown as Array<{ name: string, type: string }>) {
    expect(name).toMatch(/^blnk_gateway_[a-z_]+$/)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(name.endsWith('_seconds'), name).toBe(type === 'histogram')
  }
})
