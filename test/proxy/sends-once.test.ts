import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ask } from '../support/raw-client.js'
import { ok, startBoth } from '../support/proxy.js'

test('connections are kept, and one that Core has closed is not used again', async () => {
  const both = await startBoth(ok('{}'))
  for (let i = 0; i < 3; i++) expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).status).toBe(200)
  expect(both.core.connections()).toBe(1)
  const [idle] = [...both.core.sockets]
  idle!.end()
  await once(idle!, 'close')
  expect((await ask(both.url, `${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)).status).toBe(200)
  expect([both.core.connections(), both.core.received.length]).toEqual([2, 4])
})

test.each(['GET', 'POST', 'PUT', 'DELETE'])('%s on a kept connection that Core closes as it reads: a 502, and no second try, though GET would allow one', async (method) => {
  let answers = 1
  const both = await startBoth((_request, socket: Socket) => {
    if (answers-- > 0) socket.write(ok('{}'))
    else socket.resetAndDestroy()
  })
  const path = { GET: '/ledgers', POST: '/transactions', PUT: '/ledgers/1', DELETE: '/balance-monitors/1' }[method]!
  expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).status).toBe(200)
  expect((await ask(both.url, `${both.head(method, path, 'Content-Length: 2')}\r\n{}`)).status).toBe(502)
  expect([both.core.connections(), both.core.received.length]).toEqual([1, 2])
})

test('many at a time over few connections, some of which break: each is sent at most once', async () => {
  let count = 0
  const both = await startBoth((_request, socket: Socket) => {
    if (++count % 5 === 0) socket.resetAndDestroy()
    else socket.write(ok('{}', 'Connection: close').replace('Connection: close', count % 7 === 0 ? 'Connection: close' : 'X-A: 1'))
  }, { settings: { CORE_CONNECTIONS: '3' } })
  const answers = await Promise.all(Array.from({ length: 60 }, async (_, i) => await ask(both.url, `${both.head('POST', '/transactions', 'Content-Length: 18')}\r\n{"reference":${1000 + i}}`)))
  const references = both.core.received.map(({ body }) => body.toString().slice(0, 18))
  expect(new Set(references).size).toBe(references.length)
  expect(references).toHaveLength(60)
  expect(answers.filter(({ status }) => status === 502)).toHaveLength(12)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(48)
})
