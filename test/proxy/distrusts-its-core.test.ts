import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BROKEN_BODIES, BROKEN_HEADS, EVIL, SPLIT } from '../support/hostile-answers.js'
import { ok, startBoth, startProxy, type ProxiedCore } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'

// Beside what test/proxy/says-why-core-did-not-answer.test.ts and cuts-the-caller.test.ts have. Every trial is followed by other clients'
// requests on the one connection that there may be: each gets its own answer, from a Core that still has a place for it.

const isNext = (line: string): boolean => line.includes('/next')
const ONE = { CORE_CONNECTIONS: '1', CORE_QUEUE: '1' }

/** A Core that answers like this, and every request for /next as it should. */
const hostile = async (answer: (socket: Socket) => void, settings: Record<string, string> = {}): Promise<ProxiedCore> =>
  await startBoth(({ line }, socket) => { if (isNext(line)) socket.write(ok('{"next":1}')); else answer(socket) }, { settings: { ...ONE, ...settings } })

async function expectNextToWork (both: ProxiedCore, asked = 1): Promise<void> {
  const answer = await ask(both.url, `${both.head('GET', '/ledgers/next')}\r\n`)
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"next":1}'])
  expect(both.core.received.filter(({ line }) => !isNext(line))).toHaveLength(asked)
  await expect.poll(() => both.core.sockets.size).toBeLessThanOrEqual(1)
}

const post = (both: ProxiedCore): string => `${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`

/** Writes without end, until the other side has had enough. */
function pump (socket: Socket, first: string, piece: string): void {
  socket.write(first)
  const more = (): void => { while (!socket.destroyed && socket.write(piece)); }
  socket.on('drain', more)
  more()
}

test('an answer that two readers could read in two ways is a 502', async () => {
  let bytes = ''
  const both = await hostile((socket) => { socket.end(bytes, 'latin1') })
  let asked = 0
  for (const [name, broken] of BROKEN_HEADS) {
    bytes = broken
    const answer = await ask(both.url, post(both))
    const { error_detail: detail } = JSON.parse(answer.body.toString() || '{}') as { error_detail?: { code: string } }
    expect([answer.status, detail?.code], name).toEqual([502, 'CORE_BROKEN_ANSWER'])
    await expectNextToWork(both, ++asked)
  }
})

test('a body that breaks ends with a cut connection, and not as a whole one', async () => {
  let bytes = ''
  const both = await hostile((socket) => { socket.write(bytes, 'latin1') })
  let asked = 0
  for (const [name, broken] of BROKEN_BODIES) {
    bytes = broken
    const client = await connect(both.url)
    client.send(post(both))
    const got = (await client.closed()).rest.toString('latin1')
    expect(got, name).not.toMatch(/\r\n0\r\n\r\n$|evil/)
    expect(got.match(/HTTP\/1\.1 \d/g)?.length ?? 0, name).toBeLessThanOrEqual(1)
    await expectNextToWork(both, ++asked)
  }
})

test('what stands behind a whole answer reaches nobody, in the same piece or in a later one', async () => {
  let bytes = ''
  let late = ''
  let core: Socket | undefined
  const both = await hostile((socket) => {
    core = socket
    socket.write(bytes, 'latin1')
  })
  let asked = 0
  for (const [name, split] of SPLIT) {
    for (const isLate of [false, true]) {
      [bytes, late] = isLate ? [split.slice(0, -EVIL.length), EVIL] : [split, '']
      const client = await connect(both.url)
      client.send(post(both))
      const answer = await client.answer()
      expect(answer.body.toString(), name).toMatch(/^(\{\})?$/)
      if (isLate && !core!.closed) {
        const closed = new Promise((resolve) => { core!.once('close', resolve) })
        core!.write(late)
        await closed
      }
      // The same client, and others.
      client.send(`${both.head('GET', '/ledgers/next', 'Connection: close')}\r\n`)
      expect((await client.answer()).body.toString(), name).toBe('{"next":1}')
      expect((await client.closed()).rest.toString(), name).toBe('')
      await expectNextToWork(both, ++asked)
    }
  }
})

test('an answer in the middle of an upload, with another behind it, is the last on its connection', async () => {
  const core = createServer((socket) => {
    let came = ''
    socket.on('error', () => {}).on('data', (chunk) => {
      came += chunk.toString('latin1')
      if (isNext(came)) socket.write(ok('{"next":1}'))
      else if (came.endsWith('first')) socket.write(ok('{"early":1}') + EVIL)
    })
  })
  core.listen(0, '127.0.0.1')
  await once(core, 'listening')
  onTestFinished(() => { core.close() })
  const { url, head } = await startProxy(`http://127.0.0.1:${(core.address() as AddressInfo).port}`, { settings: ONE })
  const client = await connect(url)
  client.send(`${head('POST', '/reconciliation/upload', 'Content-Length: 1000')}\r\nfirst`)
  expect((await client.answer()).body.toString()).toBe('{"early":1}')
  for (let i = 0; i < 3; i++) expect((await ask(url, `${head('GET', '/ledgers/next')}\r\n`)).body.toString()).toBe('{"next":1}')
  client.socket.end()
  expect((await client.closed()).rest.toString()).toBe('')
})

describe('without end', () => {
  test('a head is a 502, and no more of it is read', async () => {
    let core: Socket | undefined
    const both = await hostile((socket) => {
      core = socket
      pump(socket, 'HTTP/1.1 200 OK\r\n', 'X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(100))
    })
    expect((await ask(both.url, post(both))).status).toBe(502)
    await expectNextToWork(both)
    // What a socket's buffers take.
    expect(core!.bytesWritten).toBeLessThan(20_000_000)
  })

  test('a body ends when its caller leaves', async () => {
    const both = await hostile((socket) => { pump(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `10000\r\n${'x'.repeat(0x10000)}\r\n`) })
    const client = await connect(both.url)
    client.send(post(both))
    await client.waiting(1_000_000)
    client.socket.destroy()
    await expectNextToWork(both)
  })

  test('a reason, and an extension of a chunk, are given up after HEADERS_TIMEOUT_MS and BODY_TIMEOUT_MS', async () => {
    const times = { HEADERS_TIMEOUT_MS: '50', BODY_TIMEOUT_MS: '50' }
    await Promise.all([
      (async () => {
        const both = await hostile((socket) => { pump(socket, 'HTTP/1.1 200 ', 'reason '.repeat(1_000)) }, times)
        expect((await ask(both.url, post(both))).status).toBe(504)
        await expectNextToWork(both)
      })(),
      (async () => {
        const both = await hostile((socket) => { pump(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1;', 'extension'.repeat(1_000)) }, times)
        const client = await connect(both.url)
        client.send(post(both))
        expect((await client.closed()).rest.toString()).toMatch(/2\r\n\{\}\r\n$/)
        await expectNextToWork(both)
      })()
    ])
  })
})

test('a reason of 1 MB is not passed on', async () => {
  const both = await hostile((socket) => { socket.write(ok('{}').replace('200 OK', `200 ${'a'.repeat(1_000_000)}`)) })
  expect((await ask(both.url, post(both))).line).toBe('HTTP/1.1 200 OK')
  await expectNextToWork(both)
})
