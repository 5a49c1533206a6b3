import { expect, test } from 'vitest'
import { openCore, type TestCore } from '../core.js'
import { startReceiver } from './receiver.js'

const listen = async (core: TestCore, url: string, headers: Record<string, string> = {}): Promise<void> => { await core.core.open({ schema: core.schema, key: core.key, webhook: { url, headers } }) }
const deliveries = async ({ core, schema }: TestCore) => (await core.deliveries(schema, { limit: 100, offset: 0 })).data

test('what a receiver refuses is tried again when it is due, with the same body, while the rest goes on', async () => {
  const receiver = await startReceiver((_received, before) => before === 0 ? 500 : 200)
  const core = await openCore()
  await core.core.clock(core.schema, { frozen: true })
  await listen(core, receiver.url)
  await core.send('POST', '/ledgers', { name: 'first' })
  await core.send('POST', '/ledgers', { name: 'second' })
  await core.core.settle(core.schema)
  expect(receiver.of('ledger.created').map(({ name }) => name)).toEqual(['first', 'second'])
  expect(await deliveries(core)).toMatchObject([
    { event: 'ledger.created', kind: 'webhook', status: 'delivered', attempts: 1, response_status: 200, error: null },
    { event: 'ledger.created', kind: 'webhook', status: 'pending', attempts: 1, response_status: 500, error: 'the receiver answered 500' }
  ])
  await core.core.clock(core.schema, { advance: 14_999_000 })
  expect(receiver.received).toHaveLength(2)
  await core.core.clock(core.schema, { advance: 1_000 })
  expect(receiver.received).toHaveLength(3)
  expect(receiver.received[2]?.body).toBe(receiver.received[0]?.body)
  expect((await deliveries(core)).map(({ status, attempts }) => [status, attempts])).toEqual([['delivered', 1], ['delivered', 2]])
})

test('after 25 retries a delivery is given up, and can be asked for again', async () => {
  let status = 503
  const receiver = await startReceiver(() => status)
  const core = await openCore()
  await core.core.clock(core.schema, { frozen: true })
  await listen(core, receiver.url)
  await core.send('POST', '/ledgers', { name: 'L' })
  // The sum of n^4 + 15 seconds for n up to 24 is a little over 20 days.
  await core.core.clock(core.schema, { advance: 30 * 86_400_000_000 })
  expect(receiver.received).toHaveLength(26)
  const [given] = await deliveries(core)
  expect(given).toMatchObject({ status: 'failed', attempts: 26, next_attempt_at: null })
  status = 204
  expect(await core.core.redeliver(core.schema, given?.delivery_id as string)).toBe(true)
  await core.core.settle(core.schema)
  expect((await deliveries(core))[0]).toMatchObject({ status: 'delivered', attempts: 1, response_status: 204 })
  expect(receiver.received.at(-1)?.body).toBe(receiver.received[0]?.body)
  expect(await core.core.redeliver(core.schema, 'dlv_99')).toBe(false)
  expect(await core.core.redeliver(core.schema, 'nonsense')).toBe(false)
})

test('nothing is lost over a restart, and what was under way is sent again', async () => {
  let answers = false
  const receiver = await startReceiver(() => answers ? 200 : 'hang')
  const first = await openCore({ keep: true })
  await listen(first, receiver.url)
  for (const name of ['1', '2', '3']) await first.send('POST', '/ledgers', { name })
  await expect.poll(() => receiver.received.length).toBe(1)
  await first.close()
  answers = true
  const second = await openCore({ schema: first.schema, key: 'another before the webhook' })
  await second.core.open({ schema: first.schema, key: first.key, webhook: { url: receiver.url, headers: {} } })
  await second.core.settle(first.schema)
  // The first open said that there is no webhook: what waited was given up, and is kept to be asked for.
  const given = (await second.core.deliveries(first.schema, { limit: 10, offset: 0, status: 'failed' })).data
  expect(given.map(({ error }) => error)).toEqual(Array.from({ length: 3 }, () => 'no webhook is set any more'))
  for (const { delivery_id: id } of [...given].reverse()) await second.core.redeliver(first.schema, id)
  await second.core.settle(first.schema)
  expect(receiver.of('ledger.created').map(({ name }) => name)).toEqual(['1', '1', '2', '3'])
})

test('what waits at the end is delivered by the next start, in its order', async () => {
  let answers = false
  const receiver = await startReceiver(() => answers ? 200 : 'hang')
  const first = await openCore({ keep: true })
  await listen(first, receiver.url)
  for (const name of ['1', '2', '3']) await first.send('POST', '/ledgers', { name })
  await expect.poll(() => receiver.received.length).toBe(1)
  await first.close()
  answers = true
  const second = await openCore({ schema: first.schema, key: first.key, webhook: { url: receiver.url, headers: {} } })
  await second.core.settle(first.schema)
  expect(receiver.of('ledger.created').map(({ name }) => name)).toEqual(['1', '1', '2', '3'])
})

test('a redirection is an answer like any other, and is not followed', async () => {
  const elsewhere = await startReceiver()
  const receiver = await startReceiver(() => ({ status: 302, headers: { Location: elsewhere.url } }))
  const core = await openCore()
  await listen(core, receiver.url)
  await core.send('POST', '/ledgers', { name: 'L' })
  await core.core.settle(core.schema)
  expect((await deliveries(core))[0]).toMatchObject({ status: 'pending', response_status: 302 })
  expect(elsewhere.received).toHaveLength(0)
})

test('a receiver that nobody listens at, or a link-local one, is told in words without the path', async () => {
  const core = await openCore()
  const told = async (url: string): Promise<string | null | undefined> => {
    await listen(core, url)
    await core.send('POST', '/ledgers', { name: 'L' })
    await core.core.settle(core.schema)
    return (await deliveries(core))[0]?.error
  }
  expect(await told('http://127.0.0.1:9/secret-path')).toBe('127.0.0.1 could not be reached (ECONNREFUSED)')
  expect(await told('http://169.254.169.254/latest/meta-data')).toBe('a link-local address is not called')
  expect(await told('http://[::ffff:169.254.169.254]/')).toBe('a link-local address is not called')
  expect(await told('http://[fe80::1]/')).toBe('a link-local address is not called')
  // An address in the form of a number, which URL parsers write out.
  expect(await told('http://2852039166/')).toBe('a link-local address is not called')
})
