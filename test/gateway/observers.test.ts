import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { Observer, Outcome } from '../../src/gateway/record.js'
import { connect } from '../support/raw-client.js'
import { KEY, startBoth } from '../support/proxy.js'

const OK = 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}'

/** An observer that keeps what it is told, and hands out outcomes one by one. */
function keeper (): { observer: Observer, outcomes: Outcome[], bytes: string[], next (): Promise<Outcome> } {
  const outcomes: Outcome[] = []
  const bytes: string[] = []
  let taken = 0
  let wake = (): void => {}
  const observer: Observer = {
    watch: () => ({
      sent (chunk) { bytes.push(`sent ${chunk.toString()}`) },
      answered (status) { bytes.push(`answered ${status}`) },
      received (chunk) { bytes.push(`received ${chunk.toString()}`) }
    }),
    ended (outcome) {
      outcomes.push(outcome)
      wake()
    }
  }
  return {
    observer,
    outcomes,
    bytes,
    async next () {
      while (outcomes.length <= taken) await new Promise<void>((resolve) => { wake = resolve })
      return outcomes[taken++]!
    }
  }
}

test('a filled request: its bytes as the caller sent them, and what it came to', async () => {
  const kept = keeper()
  const both = await startBoth(OK, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 13', 'X-Request-Id: r-1')}\r\n{"amount": 1}`)
  await client.answer()
  expect(await kept.next()).toMatchObject({ requestId: 'r-1', method: 'POST', path: '/proxy/transactions', status: 201, end: 'answered', forwarded: true, instanceId: 'inst_1', filled: ['precision', 'reference'], refusal: undefined, address: '127.0.0.1' })
  expect(kept.outcomes[0]!.row?.path).toBe('/proxy/transactions')
  expect(kept.outcomes[0]!.reference).toMatch(/^ref_/)
  expect(kept.bytes).toEqual(['sent {"amount": 1}', 'answered 201', 'received {}'])
})

test('a streamed request', async () => {
  const kept = keeper()
  const both = await startBoth(OK, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/ledgers', 'Content-Length: 12')}\r\n{"name":"a"}`)
  await client.answer()
  await kept.next()
  expect(kept.bytes).toEqual(['sent {"name":"a"}', 'answered 201', 'received {}'])
})

test('a refusal, with its reason', async () => {
  const kept = keeper()
  const both = await startBoth(OK, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send('GET /proxy/ledgers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer blnk_nobody\r\n\r\n')
  const { body } = await client.answer()
  expect(await kept.next()).toMatchObject({ status: 401, end: 'answered', forwarded: false, reason: 'unknown_credential', row: { path: '/proxy/ledgers' }, credential: undefined })
  expect(kept.bytes).toEqual(['answered 401', `received ${body.toString()}`])
})

test('no route, and a path that is none', async () => {
  const kept = keeper()
  const both = await startBoth(OK, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.answer()
  expect(await kept.next()).toMatchObject({ status: 404, row: undefined, reason: 'route_not_found' })
  client.send('GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.answer()
  expect(await kept.next()).toMatchObject({ status: 400, row: undefined, reason: 'path_refused' })
})

test('a caller who leaves before the answer', async () => {
  const kept = keeper()
  let asked: (socket: Socket) => void
  const core = new Promise<Socket>((resolve) => { asked = resolve })
  const both = await startBoth((_request, socket) => { asked(socket) }, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await core
  client.socket.destroy()
  expect(await kept.next()).toMatchObject({ status: undefined, end: 'caller_left', forwarded: true })
})

test('a Core that breaks off', async () => {
  const kept = keeper()
  const both = await startBoth((_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{') }, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await client.closed()
  expect(await kept.next()).toMatchObject({ status: 200, end: 'core_broke_off', forwarded: true, error: expect.any(Error) })
  expect(kept.bytes).toEqual(['answered 200', 'received {'])
})

test('an observer that throws, wherever it does, takes no request down, and is told of once', async () => {
  const kept = keeper()
  const wrong = (): never => { throw new Error('a mistake of mine') }
  const all = { sent: wrong, forwarding: wrong, answered: wrong, received: wrong, ended: wrong }
  const both = await startBoth(OK, { observers: [{ watch: wrong, ended: wrong }, { watch: () => all, ended: wrong }, kept.observer] })
  const client = await connect(both.url)
  for (const [method, path, content] of [['POST', '/transactions', '{"amount": 1}'], ['POST', '/ledgers', '{"name":"a"}'], ['GET', '/nowhere', '']] as const) {
    client.send(`${both.head(method, path, `Content-Length: ${content.length}`)}\r\n${content}`)
    const { status } = await client.answer()
    expect([path, status]).toEqual([path, path === '/nowhere' ? 404 : 201])
    expect(await kept.next()).toMatchObject({ end: 'answered', status })
  }
  expect(both.logged.filter((line) => line.includes('a mistake of mine'))).toHaveLength(2)
})

test('the line of a request has no key of its path', async () => {
  const both = await startBoth(OK)
  const client = await connect(both.url)
  client.send(`GET /nowhere/${KEY} HTTP/1.1\r\nHost: a\r\n\r\n`)
  expect((await client.answer()).body.toString()).not.toContain(KEY)
  expect(await both.said(/nowhere/)).not.toContain(KEY)
})

test('a Core that is not there is an answer of ours', async () => {
  const kept = keeper()
  const both = await startBoth((_request, socket) => { socket.destroy() }, { observers: [kept.observer] })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  await client.answer()
  expect(await kept.next()).toMatchObject({ status: 502, end: 'answered', forwarded: true, reason: 'core_broken_answer' })
})
