import { expect, onTestFinished, test } from 'vitest'
import type { Gate } from '../../src/gateway/admit.js'
import type { Outcome } from '../../src/gateway/record.js'
import { ok, startBoth, type ProxiedCore } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'

/** More than the buffers on the way to a caller take. */
const LONG = 'x'.repeat(4 * 1024 * 1024)

interface Watched extends ProxiedCore {
  readonly outcomes: ReadonlyArray<readonly [path: string, end: string]>
}

/** A Core of two connections, without a queue: a turn that is not given back is missed at once. */
async function start (gates: readonly Gate[] = []): Promise<Watched> {
  const outcomes: Array<[string, string]> = []
  const ended = ({ path, end }: Outcome): void => { outcomes.push([path, end]) }
  const both = await startBoth(({ line }, socket) => { if (!line.includes('/hangs')) socket.write(ok(line.includes('/long') ? LONG : '{}')) }, {
    settings: { CORE_CONNECTIONS: '2', CORE_QUEUE: '0' },
    observers: [{ ended }],
    gates
  })
  return Object.assign(both, { outcomes })
}

async function bothTurnsAreFree (both: Watched): Promise<void> {
  expect(await Promise.all([0, 1].map(async () => (await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).status))).toEqual([200, 200])
}

test('an answer behind another one on its connection ends with the caller, is noted, and gives its turn back', async () => {
  const both = await start()
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers/hangs')}\r\n${both.head('GET', '/ledgers/long')}\r\n`)
  await expect.poll(() => both.core.received.length).toBe(2)
  client.socket.destroy()
  await expect.poll(() => both.outcomes).toEqual(expect.arrayContaining([['/proxy/ledgers/hangs', 'caller_left'], ['/proxy/ledgers/long', 'caller_left']]))
  await bothTurnsAreFree(both)
})

test('answers behind one another come in their order, each noted once', async () => {
  const both = await start()
  const client = await connect(both.url)
  onTestFinished(() => { client.socket.destroy() })
  client.send(`${both.head('GET', '/ledgers/long')}\r\n${both.head('GET', '/ledgers')}\r\n`)
  expect([(await client.answer()).body.length, (await client.answer()).body.toString()]).toEqual([LONG.length, '{}'])
  client.socket.destroy()
  await expect.poll(() => both.accepted[0]?.destroyed).toBe(true)
  expect(both.outcomes).toEqual([['/proxy/ledgers/long', 'answered'], ['/proxy/ledgers', 'answered']])
})

test.each([['GET', '/ledgers/long', ''], ['POST', '/transactions', 'Content-Length: 10\r\n'], ['POST', '/ledgers', 'Content-Length: 10\r\n']])('who leaves while a %s of %s is admitted is not sent, and holds no turn', async (method, path, fields) => {
  let admit = (): void => {}
  let reached = 0
  const held = new Promise<void>((resolve) => { admit = resolve })
  const both = await start([{ async admitted () { if (reached++ === 0) await held } }])
  const client = await connect(both.url)
  client.send(`${both.head(method, path)}${fields}\r\n`)
  await expect.poll(() => reached).toBe(1)
  client.socket.destroy()
  await expect.poll(() => both.outcomes).toEqual([[`/proxy${path}`, 'caller_left']])
  admit()
  await bothTurnsAreFree(both)
  expect(both.core.received.map(({ line }) => line.split(' ')[1])).toEqual(['/ledgers', '/ledgers'])
})
