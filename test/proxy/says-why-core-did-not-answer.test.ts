import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ask } from '../support/raw-client.js'
import { startBoth, startProxy } from '../support/proxy.js'
import type { Answerer } from '../support/upstream.js'

const json = (answer: { body: Buffer }): { error: string, error_detail: { code: string, message: string } } => JSON.parse(answer.body.toString()) as never

async function closedPort (): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return `http://127.0.0.1:${port}`
}

describe('a connection that is refused', () => {
  test('is a 502 in our shape, with the reference that was made, and nothing internal', async () => {
    const origin = await closedPort()
    const { url, head } = await startProxy(origin)
    const answer = await ask(url, `${head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
    expect(answer.status).toBe(502)
    expect(answer.header('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.header('x-blnk-reference')).toMatch(/^ref_/)
    expect(answer.header('x-request-id')).toBeDefined()
    const { error, error_detail: detail } = json(answer)
    expect(detail).toEqual({ code: 'CORE_UNREACHABLE', message: error })
    expect(answer.body.toString()).not.toContain(new URL(origin).port)
  })

  test('answers every one of many at a time, more than there may be connections', async () => {
    const { url, head } = await startProxy(await closedPort(), { settings: { CORE_CONNECTIONS: '2' } })
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await ask(url, `${head('GET', '/ledgers')}\r\n`)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 502))
  })

  test('a streamed body is let go, and the answer arrives', async () => {
    const { url, head } = await startProxy(await closedPort())
    const answer = await ask(url, `${head('POST', '/reconciliation/upload', 'Content-Length: 10000000')}\r\n${'x'.repeat(1000)}`)
    expect(answer.status).toBe(502)
    expect(answer.header('connection')).toBe('close')
  })
})

test('a Core that takes the request and says nothing is a 504 after HEADERS_TIMEOUT_MS', async () => {
  const both = await startBoth(() => {}, { settings: { HEADERS_TIMEOUT_MS: '100' } })
  const answer = await ask(both.url, `${both.head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
  expect([answer.status, json(answer).error_detail.code]).toEqual([504, 'CORE_TIMEOUT'])
  expect(answer.header('x-blnk-reference')).toMatch(/^ref_/)
  expect(both.core.received).toHaveLength(1)
})

test('a name that does not resolve is a 502', async () => {
  const { url, head } = await startProxy('http://core.invalid:5001')
  expect((await ask(url, `${head('GET', '/ledgers')}\r\n`)).status).toBe(502)
})

const harm: ReadonlyArray<readonly [name: string, answer: Answerer]> = [
  ['closes', (_request, socket) => { socket.end() }],
  ['resets', (_request, socket) => { socket.resetAndDestroy() }],
  ['closes inside its head', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Le') }],
  ['does not speak HTTP', (_request, socket) => { socket.end('SSH-2.0-OpenSSH_9.2\r\n') }],
  ['sends a status that is no number', (_request, socket) => { socket.end('HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n') }],
  ['sends two lengths', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab') }],
  ['sends a length and chunks', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n') }],
  ['sends a control character in a header', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n') }],
  ['folds a header', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n') }],
  ['ends a line with a bare carriage return', (_request, socket) => { socket.end('HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n') }],
  ['sends a head of 1 MB', (_request, socket) => { socket.end(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(1_000_000)}\r\nContent-Length: 0\r\n\r\n`) }],
  ['sends 100 Continue that nobody asked for, and no more', (_request, socket) => { socket.end('HTTP/1.1 100 Continue\r\n\r\n') }],
  ['sends interim answers without end', (_request, socket) => { socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000)) }],
  ['switches protocols', (_request, socket) => { socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n') }]
]

test.each(harm)('a Core that %s is a 502, and is asked once', async (_name, answer) => {
  const both = await startBoth(answer)
  for (const [method, path, body] of [['GET', '/ledgers', ''], ['POST', '/transactions', '{}'], ['PUT', '/ledgers/1', '{}'], ['DELETE', '/balance-monitors/1', '']] as const) {
    const before = both.core.received.length
    const answered = await ask(both.url, `${both.head(method, path, `Content-Length: ${body.length}`)}\r\n${body}`)
    expect([answered.status, json(answered).error_detail.code]).toEqual([502, 'CORE_BROKEN_ANSWER'])
    expect(both.core.received.length - before).toBe(1)
  }
})
