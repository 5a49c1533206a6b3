import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { INSTANCE, ok, startProxy, type Proxy } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'
import { startUpstream, type Received, type Upstream } from '../support/upstream.js'

interface Cores extends Proxy {
  /** Answers nothing until it is told to. */
  readonly slow: Upstream
  readonly quick: Upstream
  readonly release: () => void
  /** Settles when so many requests are at the slow one. */
  readonly reached: (many: number) => Promise<void>
}

async function start (settings: Readonly<Record<string, string>>): Promise<Cores> {
  let open = false
  const waiting: Received[] = []
  const answer = ({ socket }: Received): void => { socket.write(ok('{"slow":true}')) }
  const slow = await startUpstream((request) => { if (open) answer(request); else waiting.push(request) })
  const quick = await startUpstream(ok('{"quick":true}'))
  onTestFinished(async () => { await Promise.all([slow.close(), quick.close()]) })
  const proxy = await startProxy(slow.origin, { settings: { CORE_CONNECTIONS: '2', CORE_QUEUE: '2', ...settings }, others: { inst_quick: quick.origin } })
  return Object.assign(proxy, {
    slow,
    quick,
    release: () => {
      open = true
      for (const request of waiting) answer(request)
    },
    reached: async (many: number) => { await expect.poll(() => waiting.length).toBe(many) }
  })
}

const get = (both: Cores, path = '/ledgers'): string => `${both.head('GET', path)}\r\n`

test('while one Core hangs, another instance answers all along; the hanging one has a queue, and then 503', async () => {
  const both = await start({})
  const hanging = [0, 1, 2, 3].map(async (n) => await ask(both.url, get(both, `/ledgers/${n}`)))
  await both.reached(2)
  // Two of them are with the Core and two wait; which is whose is known once a fifth is refused.
  await expect.poll(async () => {
    const refused = await ask(both.url, get(both))
    return [refused.status, refused.header('retry-after'), (JSON.parse(refused.body.toString()) as { error_detail: { code: string } }).error_detail.code]
  }).toEqual([503, '1', 'CORE_BUSY'])
  for (let i = 0; i < 50; i++) expect((await ask(both.url, get(both).replace(INSTANCE, 'inst_quick'))).body.toString()).toBe('{"quick":true}')
  expect([both.quick.received.length, both.slow.received.length, both.slow.connections()]).toEqual([50, 2, 2])
  both.release()
  expect((await Promise.all(hanging)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await ask(both.url, get(both))).status).toBe(200)
})

test('a body that has no turn to come is not read', async () => {
  const both = await start({ CORE_QUEUE: '0' })
  const hanging = [0, 1].map(async () => await ask(both.url, get(both)))
  await both.reached(2)
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 100', 'Expect: 100-continue')}\r\n`)
  expect((await client.answer()).status).toBe(503)
  expect((await client.closed()).rest.toString()).toBe('')
  both.release()
  await Promise.all(hanging)
  expect(both.slow.received).toHaveLength(2)
})

test('who has waited for CORE_QUEUE_TIMEOUT_MS is told so, and was not sent', async () => {
  const both = await start({ CORE_QUEUE_TIMEOUT_MS: '1' })
  const hanging = [0, 1].map(async () => await ask(both.url, get(both)))
  await both.reached(2)
  expect((await ask(both.url, `${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)).status).toBe(503)
  both.release()
  await Promise.all(hanging)
  expect(both.slow.received).toHaveLength(2)
})

test('who leaves while waiting is never sent, and leaves its place to the next', async () => {
  const both = await start({ CORE_QUEUE: '1' })
  const hanging = [0, 1].map(async () => await ask(both.url, get(both)))
  await both.reached(2)
  const leaving = await connect(both.url)
  leaving.send(`${both.head('POST', '/transactions', 'Content-Length: 22')}\r\n{"reference":"leaves"}`)
  await expect.poll(async () => (await ask(both.url, get(both))).status).toBe(503)
  const theirs = both.accepted.find(({ remotePort }) => remotePort === leaving.socket.localPort)
  const gone = once(theirs as Socket, 'close')
  leaving.socket.destroy()
  await gone
  const next = ask(both.url, get(both, '/ledgers/next'))
  both.release()
  expect([...await Promise.all(hanging), await next].map(({ status }) => status)).toEqual([200, 200, 200])
  expect(both.slow.received.map(({ line }) => line.split(' ').slice(0, 2).join(' '))).toEqual(['GET /ledgers', 'GET /ledgers', 'GET /ledgers/next'])
})
