import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasBody, hasHeader, requestHeaders, responseHeaders } from '../../src/proxy/headers.js'

const request = (...raw: string[]): string[] => requestHeaders(raw, 'secret').headers.slice(0, -2)
const response = (...raw: string[]): string[] => responseHeaders(raw.map((text) => Buffer.from(text, 'latin1'))).headers

describe('to a Core', () => {
  test('order, case, duplicates and bytes stay', () => {
    const raw = ['X-B', '1', 'x-a', '\xe9\t"2"', 'X-B', '3', 'Content-Type', 'a/b', 'X-Request-Id', 'r', 'Accept-Encoding', 'gzip', 'content-encoding', 'br']
    expect(request(...raw)).toEqual(raw)
  })

  test.each([
    'Connection', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'Proxy-Authenticate', 'PROXY-ANYTHING', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'HTTP2-Settings',
    'Expect', 'Authorization', 'AUTHORIZATION', 'Cookie', 'cookie2', 'Host', 'Content-Length', 'X-Blnk-Key', 'x-blnk-key', 'X_Blnk_Key', 'x-blnk_key', 'X--Blnk-Key', 'X-Blnk__Key',
    'Transfer_Encoding', 'TRANSFER--ENCODING', 'Content_Length', 'content-_length'
  ])('%s stays here', (name) => { expect(request('A', '1', name, 'x', 'B', '2')).toEqual(['A', '1', 'B', '2']) })

  test.each(['X-Blnk-Keys', 'XBlnkKey', 'X-Cookie', 'Hosts', 'TEa', 'Proxy', 'X-Blnk-Reference', 'X-X-Blnk-Key', 'X-Transfer-Encoding', 'Transfer-Encodings', 'TransferEncoding', 'Content-Lengths'])('%s goes on', (name) => {
    expect(request(name, 'x')).toEqual([name, 'x'])
  })

  test('what Connection names stays here, from every Connection field and in any case', () => {
    expect(request('X-One', '1', 'Connection', 'close, x-ONE ,, X-Two', 'x-two', '2', 'X-Three', '3', 'connection', 'x-three', 'X-Four', '4')).toEqual(['X-Four', '4'])
  })

  test('a value is no list of names, be its field as long as Connection', () => {
    const raw = ['X-A', 'x-d', 'User-Agent', 'x-d', 'X-Ten-Long', 'x-d', 'X-D', '1']
    expect(request(...raw)).toEqual(raw)
  })

  test('Connection cannot name away what is added here, nor the length', () => {
    const { headers, contentLength, hasBody } = requestHeaders(['Connection', 'x-blnk-key, content-length, host, transfer-encoding', 'Content-Length', '5', 'X-Blnk-Key', 'mine'], 'secret')
    expect(headers).toEqual(['X-Blnk-Key', 'secret'])
    expect([contentLength, hasBody]).toEqual([5, true])
  })

  test('a Core without a key gets none, and not the caller\'s either', () => {
    expect(requestHeaders(['X-Blnk-Key', 'mine', 'A', '1'], undefined).headers).toEqual(['A', '1'])
  })

  test.each([
    [[], undefined, false], [['Host', 'core'], undefined, false], [['Content-Length', '0'], 0, false], [['content-length', '7'], 7, true], [['TRANSFER-ENCODING', 'chunked'], undefined, true]
  ] as const)('%j has a body of %s bytes: %s', (raw, contentLength, body) => {
    expect(requestHeaders(raw, undefined)).toMatchObject({ contentLength, hasBody: body })
    expect(hasBody(raw)).toBe(body)
  })

  test.each([['100-continue', true], ['100-Continue', true], ['200-ok', false]])('Expect: %s', (value, expected) => {
    expect(requestHeaders(['Expect', value], undefined).expectsContinue).toBe(expected)
    expect(requestHeaders(['Cookie', value], undefined).expectsContinue).toBe(false)
  })
})

describe('to the caller', () => {
  test('order, case, duplicates and bytes stay', () => {
    const raw = ['Set-Cookie', 'a=1', 'x-B', '\xe9', 'Set-Cookie', 'b=2', 'Date', 'today', 'Server', '', 'Content-Encoding', 'gzip', 'Proxy-Status', 'x', 'Via', '1.1 x', 'X-Access-Control-', 'x']
    expect(response(...raw)).toEqual(raw)
  })

  test.each(['Connection', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authenticate', 'Proxy-Authentication-Info', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Access-Control-Allow-Origin', 'ACCESS-CONTROL-X'])('%s stays here', (name) => {
    expect(response('A', '1', name, 'x', 'B', '2')).toEqual(['A', '1', 'B', '2'])
  })

  test('what Connection names stays here, but not the length', () => {
    expect(response('X-One', '1', 'Connection', 'X-One, Content-Length', 'Content-Length', '3')).toEqual(['Content-Length', '3'])
    expect(responseHeaders(['CONTENT-LENGTH', '3', 'Age', '4'].map((text) => Buffer.from(text))).contentLength).toBe(3)
    expect(responseHeaders([]).contentLength).toBeUndefined()
    expect(responseHeaders(['Connection', 'close', 'Access-Control-Max-Age', '1', 'Trailer', 'a'].map((text) => Buffer.from(text))).transferCoding).toBeUndefined()
  })
})

describe('an answer\'s fields, as they lie in memory', () => {
  const FIELDS = ['X-First', '', 'Via', '1.1 x\xff', 'Set-Cookie', 'a long value that is no copy, but a part of what was read', 'Last', 'z']

  /** In one piece of memory, in this order, with so many bytes before each. */
  function inOne (order: readonly number[], gap: number): Buffer[] {
    const block = Buffer.alloc(FIELDS.reduce((sum, text) => sum + gap + text.length, gap), '!')
    const parts: Buffer[] = []
    let at = 0
    for (const i of order) {
      at += gap
      const text = FIELDS[i]!
      block.write(text, at, 'latin1')
      parts[i] = block.subarray(at, at += text.length)
    }
    return parts
  }
  const inOrder = FIELDS.map((_, i) => i)
  const alone = (text: string): Buffer => {
    const part = Buffer.alloc(text.length)
    part.write(text, 'latin1')
    return part
  }

  test('one after another in what one read brought', () => {
    for (const gap of [0, 2]) expect(responseHeaders(inOne(inOrder, gap)).headers).toEqual(FIELDS)
  })

  test.each(inOrder)('the %sth in a piece of its own, as one is that came in two reads', (i) => {
    expect(responseHeaders(inOne(inOrder, 2).map((part, n) => n === i ? alone(FIELDS[i]!) : part)).headers).toEqual(FIELDS)
  })

  test.each(inOrder)('the %sth behind all others, or before them', (i) => {
    const others = inOrder.filter((n) => n !== i)
    for (const order of [[...others, i], [i, ...others]]) for (const gap of [0, 2, 80]) expect(responseHeaders(inOne(order, gap)).headers).toEqual(FIELDS)
  })

  test('in any order, together or not', () => {
    fc.assert(fc.property(fc.shuffledSubarray(inOrder, { minLength: FIELDS.length }), fc.integer({ min: 0, max: 3 }), fc.oneof(fc.constant<number[]>([]), fc.subarray(inOrder)), (order, gap, apart) => {
      expect(responseHeaders(inOne(order, gap).map((part, i) => apart.includes(i) ? alone(FIELDS[i]!) : part)).headers).toEqual(FIELDS)
    }), { numRuns: 300 })
  })
})

test('a header is found by its name in any case, and not by its value', () => {
  expect(hasHeader(['A', 'x-request-id', 'X-REQUEST-ID', '1'], 'x-request-id')).toBe(true)
  expect(hasHeader(['A', 'x-request-id', 'X-Request-Di', '1'], 'x-request-id')).toBe(false)
})

test.each([
  [['Content-Type', 'a/b', 'X-Last', 'z'], undefined],
  [['Transfer-Encoding', 'chunked', 'X-Last', 'z'], 'chunked'],
  [['X-First', 'a', 'TRANSFER-ENCODING', 'gzip', 'X-Last', 'z', 'transfer-encoding', 'chunked', 'X-End', 'y'], 'gzip, chunked']
])('the transfer codings of an answer %j are %s, in order, and no other header is', (fields, transferCoding) => {
  expect(responseHeaders(fields.map((text) => Buffer.from(text))).transferCoding).toBe(transferCoding)
})
