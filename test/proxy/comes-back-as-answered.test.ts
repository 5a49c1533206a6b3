import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ask, connect, type RawAnswer } from '../support/raw-client.js'
import { ok, startBoth } from '../support/proxy.js'

const OURS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'x-request-id'])
const theirs = (answer: RawAnswer): string[] => answer.headers.filter(([name]) => !OURS.has(name.toLowerCase())).map((pair) => pair.join(': '))

test('status, reason, headers in order and case, and bytes', async () => {
  const fields = ['X-B: 1', 'content-TYPE: text/x', 'Set-Cookie: a=1', 'X-B: 2', 'Set-Cookie: b=2', 'X-Empty:', 'x-latin: \xe9', 'Cache-Control: no-store']
  const both = await startBoth(['HTTP/1.1 422 Un processable\xe9', ...fields, 'Content-Length: 4', '', 'a\xff\x00b'].join('\r\n').replace('processable\xe9', 'processable'), { settings: { CORS_ORIGINS: 'none' } })
  const answer = await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)
  expect(answer.line).toBe('HTTP/1.1 422 Un processable')
  expect(theirs(answer)).toEqual([...fields.map((field) => field.replace(/:$/, ': ')), 'Content-Length: 4'])
  expect(answer.body).toEqual(Buffer.from('61ff0062', 'hex'))
})

test('a head that comes in pieces', async () => {
  const whole = Buffer.from(ok('{}', 'X-B: 1', 'X-Long: a value that is cut in the middle', 'X-Empty:', 'x-latin: \xe9'), 'latin1')
  const both = await startBoth((request, socket) => {
    const length = Number(/\/ledgers\/(\d+)/.exec(request.line)![1])
    socket.setNoDelay(true)
    const next = (at: number): void => { if (at < whole.length) socket.write(whole.subarray(at, at + length), () => { setImmediate(next, at + length) }) }
    next(0)
  })
  const asked = await Promise.all([1_000, 50, 7, 1].map(async (length) => await ask(both.url, `${both.head('GET', `/ledgers/${length}`)}\r\n`)))
  for (const answer of asked) {
    expect(theirs(answer)).toEqual(theirs(asked[0]!))
    expect(answer.header('x-long')).toBe('a value that is cut in the middle')
    expect(answer.header('x-latin')).toBe('\xe9')
    expect(answer.body.toString()).toBe('{}')
  }
})

test('a reason is bytes, and the standard one where they are none that undici reads', async () => {
  let answer = ''
  const both = await startBoth((_request, socket) => { socket.write(answer, 'latin1') })
  const lineOf = async (line: string): Promise<string> => {
    answer = `HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`
    return (await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).line
  }
  expect(await lineOf('422 caf\xc3\xa9 \xe2\x82\xac')).toBe('HTTP/1.1 422 caf\xc3\xa9 \xe2\x82\xac')
  expect(await lineOf('422 caf\xe9')).toBe('HTTP/1.1 422 Unprocessable Entity')
  expect(await lineOf('422 ')).toBe('HTTP/1.1 422 ')
  expect(await lineOf('500 Error')).toBe('HTTP/1.1 500 Error')
})

test('spaces behind a transfer coding are not of it; with a tab nobody knows where the body ends', async () => {
  let spaces = '  '
  const both = await startBoth((_request, socket) => { socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked${spaces}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`) })
  expect(await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).toMatchObject({ status: 200, body: Buffer.from('{}') })
  spaces = ' \t'
  expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).status).toBe(502)
})

test('no Date is made up, and Core\'s own is kept', async () => {
  const both = await startBoth((request, socket) => { socket.write(ok('{}', ...(request.line.includes('/ledgers/1') ? ['Date: then'] : []))) })
  expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).header('date')).toBeUndefined()
  expect((await ask(both.url, `${both.head('GET', '/ledgers/1')}\r\n`)).header('date')).toBe('then')
})

test('X-Request-Id is added, the caller\'s own when it has one, and Core\'s is never replaced', async () => {
  const both = await startBoth((request, socket) => { socket.write(ok('{}', ...(request.line.includes('/ledgers/1') ? ['x-request-id: of-core'] : []))) })
  expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect((await ask(both.url, `${both.head('GET', '/ledgers', 'X-Request-Id: mine')}\r\n`)).header('x-request-id')).toBe('mine')
  const both2 = await ask(both.url, `${both.head('GET', '/ledgers/1')}\r\n`)
  expect(both2.headers.filter(([name]) => name.toLowerCase() === 'x-request-id')).toEqual([['x-request-id', 'of-core']])
})

test('a compressed answer stays compressed', async () => {
  const body = gzipSync('{"a":1}')
  const both = await startBoth(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`), body]))
  const answer = await ask(both.url, `${both.head('GET', '/ledgers', 'Accept-Encoding: gzip')}\r\n`)
  expect(answer.body).toEqual(body)
})

test('chunks and their trailers: the body arrives, the trailers do not', async () => {
  const both = await startBoth('HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n')
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers', 'Connection: close')}\r\n`)
  const { rest } = await client.closed()
  expect(rest.toString('latin1')).not.toMatch(/X-T/)
  expect(rest.toString('latin1')).toMatch(/Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n$/)
})

test('an answer that ends with its connection', async () => {
  const both = await startBoth((_request, socket) => { socket.end('HTTP/1.1 200 OK\r\n\r\nall of it') })
  expect((await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)).body.toString()).toBe('all of it')
})

describe('answers without a body', () => {
  test.each(['204 No Content', '304 Not Modified'])('%s', async (status) => {
    const both = await startBoth(`HTTP/1.1 ${status}\r\nX-A: 1${status.startsWith('304') ? '\r\nContent-Length: 77' : ''}\r\n\r\n`)
    const client = await connect(both.url)
    for (let i = 0; i < 2; i++) {
      client.send(`${both.head('GET', '/ledgers')}\r\n`)
      const answer = await client.answer()
      expect(answer.line).toBe(`HTTP/1.1 ${status}`)
      expect(answer.header('x-a')).toBe('1')
    }
    client.socket.destroy()
    expect(both.core.received).toHaveLength(2)
  })

  test('Content-Length: 0', async () => {
    const both = await startBoth('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
    expect(await ask(both.url, `${both.head('POST', '/ledgers')}\r\n`)).toMatchObject({ line: 'HTTP/1.1 201 Created', body: Buffer.alloc(0) })
  })
})

test('interim answers are not passed on, the final one is', async () => {
  const both = await startBoth(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok('{"a":1}')}`)
  const answer = await ask(both.url, `${both.head('GET', '/ledgers')}\r\n`)
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"a":1}'])
  expect(answer.header('link')).toBeUndefined()
})

test('HEAD is not routed, as in Core', async () => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  client.send(`${both.head('HEAD', '/ledgers', 'Connection: close')}\r\n`)
  expect((await client.closed()).rest.toString()).toMatch(/^HTTP\/1\.1 404 /)
  expect(both.core.received).toHaveLength(0)
})

test('the head comes when Core sends it, and does not wait for the body', async () => {
  let finish = (): void => {}
  const both = await startBoth((_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n')
    finish = () => { socket.write('{}') }
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n`)
  expect((await client.waiting(20)).toString()).toMatch(/X-A: 1/)
  finish()
  expect((await client.answer()).body.toString()).toBe('{}')
  client.socket.destroy()
})
