import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Where } from '../../src/cli/admin.js'
import { openFollowed } from '../../src/cli/followed.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Memory is collected, and what waits for that has run. */
async function collect (): Promise<void> {
  for (let i = 0; i < 10; i++) {
    gc()
    await turn()
  }
}

let answer: ServerResponse
const server = createServer((_request, response) => {
  answer = response
  response.write('\n')
})
let where: Where

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  where = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
})
beforeEach(() => { vi.stubEnv('BLNK_ADMIN_TOKEN', 'of-a-test') })
afterAll(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
})

test('what is followed ends when it is told to, whatever memory was collected meanwhile', async () => {
  const ending = new AbortController()
  const stream = await openFollowed(where, '/', ending.signal)
  const gone = once(answer, 'close')
  answer.write('{"missed":1}\n')
  expect(await stream.next()).toEqual({ done: false, value: { missed: 1 } })
  const next = expect(stream.next()).rejects.toThrow('the connection to the gateway is lost')
  await collect()
  ending.abort()
  await next
  await gone
})

test('it can be told to before it is read', async () => {
  const ending = new AbortController()
  const stream = await openFollowed(where, '/', ending.signal)
  const gone = once(answer, 'close')
  await collect()
  ending.abort()
  await gone
  await expect(stream.next()).rejects.toThrow('the connection to the gateway is lost')
})

test('what is read late is whole', async () => {
  const stream = await openFollowed(where, '/')
  await collect()
  answer.end('{"missed":1}\n{"ended":"the gateway stops"}\n')
  expect([await stream.next(), await stream.next(), await stream.next()]).toEqual([{ done: false, value: { missed: 1 } }, { done: false, value: { ended: 'the gateway stops' } }, { done: true }])
})

test('a connection that is lost before it is read is said to whoever reads', async () => {
  const stream = await openFollowed(where, '/')
  answer.destroy()
  await once(answer, 'close')
  await collect()
  await expect(stream.next()).rejects.toThrow('the connection to the gateway is lost')
})
