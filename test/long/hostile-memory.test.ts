import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { BROKEN_BODIES, BROKEN_HEADS, SPLIT } from '../support/hostile-answers.js'
import { ok, startBoth } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const MEBI = 1024 * 1024
const ROUNDS = 40

/** Bytes in use, of what can be collected and of what cannot. */
function inUse (): number {
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('a Core that answers nothing but harm leaves neither memory nor connections behind', async () => {
  let bytes = ''
  const both = await startBoth(({ line }, socket) => { if (line.includes('/next')) socket.write(ok('{}')); else socket.end(bytes, 'latin1') }, { settings: { CORE_CONNECTIONS: '2' } })
  const post = `${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`
  const round = async (): Promise<void> => {
    for (const [, harm] of [...BROKEN_HEADS, ...BROKEN_BODIES, ...SPLIT]) {
      bytes = harm
      const client = await connect(both.url)
      client.send(post)
      await client.answer().catch(() => {})
      client.socket.destroy()
    }
    // What the test itself keeps.
    for (const kept of [both.core.received, both.logged, both.accepted]) kept.length = 0
  }
  for (let i = 0; i < 10; i++) await round()
  const before = inUse()
  for (let i = 0; i < ROUNDS; i++) await round()
  const grown = inUse() - before
  console.info(`${ROUNDS} rounds of ${BROKEN_HEADS.length + BROKEN_BODIES.length + SPLIT.length} hostile answers: ${(grown / MEBI).toFixed(2)} MiB more in use, from ${(before / MEBI).toFixed(1)}`)
  expect(grown).toBeLessThan(4 * MEBI)
  expect((await ask(both.url, `${both.head('GET', '/ledgers/next')}\r\n`)).status).toBe(200)
  await expect.poll(() => both.core.sockets.size).toBeLessThanOrEqual(2)
})
