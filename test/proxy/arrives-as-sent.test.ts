import { describe, expect, test } from 'vitest'
import { ask } from '../support/raw-client.js'
import { CORE_KEY, ok, startBoth, type ProxiedCore } from '../support/proxy.js'
import type { RawAnswer } from '../support/raw-client.js'

const NOT_COMPARED = new Set(['host', 'content-length', 'connection', 'transfer-encoding'])

async function post (both: ProxiedCore, path: string, body: Buffer, ...fields: string[]): Promise<RawAnswer> {
  return await ask(both.url, Buffer.concat([Buffer.from(`${both.head('POST', path, ...fields)}Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body]))
}

const added = (reference: string): string => `"precision":100,"reference":"${reference}"`

describe('odd JSON', () => {
  const texts: ReadonlyArray<readonly [name: string, text: string | Buffer]> = [
    ['a 30-digit integer', '{"precise_amount":123456789012345678901234567890}'],
    ['1.50', '{"amount":1.50, "rate": 1.0e+02}'],
    ['duplicate keys', '{"amount":1,"amount":2,"meta_data":{"a":1,"a":2}}'],
    ['escapes', '{"description":"\\u0041\\/\\ud83d\\ude00\\ud800"}'],
    ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff80fe227d', 'hex')],
    ['white space', '\r\n\t { "a" :\n[ ] } \r\n'],
    ['a value after the first', '{"a":1}{"precision":5}'],
    ['every byte of latin1 in a string', Buffer.concat([Buffer.from('{"a":"'), Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((c) => c >= 0x20 && c !== 0x22 && c !== 0x5c)), Buffer.from('"}')])]
  ]
  test.each(texts)('%s', async (_name, text) => {
    const both = await startBoth(ok('{}'))
    const sent = Buffer.from(text as string)
    const answer = await post(both, '/transactions', sent, 'Content-Type: application/json')
    const reference = answer.header('x-blnk-reference')!
    expect(reference).toMatch(/^ref_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const brace = sent.toString('latin1').startsWith('{"a":1}{') ? 6 : sent.toString('latin1').lastIndexOf('}')
    expect(both.core.received[0]!.body.toString('latin1')).toBe(`${sent.toString('latin1', 0, brace)},${added(reference)}${sent.toString('latin1', brace)}`)
  })

  test.each([
    ['a BOM', '\ufeff{"a":1}'],
    ['100,000 levels of nesting', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['100,000 open braces', '{"a":'.repeat(100_000)],
    ['a broken value', '{"a":1,}'],
    ['an array', '[{"a":1}]'],
    ['nothing', '']
  ])('%s goes on unchanged', async (_name, text) => {
    const both = await startBoth(ok('{}'))
    const answer = await post(both, '/transactions', Buffer.from(text))
    expect(answer.header('x-blnk-reference')).toBeUndefined()
    expect(both.core.received[0]!.body.equals(Buffer.from(text))).toBe(true)
  })

  test('in chunks', async () => {
    const both = await startBoth(ok('{}'))
    const answer = await ask(both.url, `${both.head('POST', '/transactions')}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n{"a":\r\n2\r\n1}\r\n0\r\nX-Trailer: t\r\n\r\n`)
    expect(both.core.received[0]!.body.toString()).toBe(`{"a":1,${added(answer.header('x-blnk-reference')!)}}`)
  })

  test.each(['', 'Content-Type: text/plain', 'Content-Type: garbage', 'Content-Type: ', 'Content-Type: application/json; charset=latin1', 'Content-Type: multipart/form-data'])('is filled whatever the type: %s', async (field) => {
    const both = await startBoth(ok('{}'))
    await post(both, '/transactions', Buffer.from('{}'), ...(field === '' ? [] : [field]))
    expect(both.core.received[0]!.body.toString()).toMatch(/^\{"precision":100,"reference":"ref_[^"]+"\}$/)
  })
})

test('a body that is not filled arrives byte for byte, whatever it is', async () => {
  const both = await startBoth(ok('{}'))
  const body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256))
  for (const path of ['/ledgers', '/transactions/bulk', '/reconciliation/upload']) await post(both, path, body, 'Content-Type: multipart/form-data; boundary="x y"')
  expect(both.core.received.map(({ body: arrived }) => arrived.equals(body))).toEqual([true, true, true])
  expect(both.core.received[0]!.headers).toContainEqual(['Content-Type', 'multipart/form-data; boundary="x y"'])
})

test('BULK_FILL fills the items of a bulk', async () => {
  const both = await startBoth(ok('{}'), { settings: { BULK_FILL: 'true' } })
  await post(both, '/transactions/bulk', Buffer.from('{"transactions":[{"reference":"a"},{}]}'))
  expect(both.core.received[0]!.body.toString()).toMatch(/^\{"transactions":\[\{"reference":"a","precision":100\},\{"precision":100,"reference":"ref_[^"]+"\}\]\}$/)
})

test('the query arrives as sent, without instance_id', async () => {
  const both = await startBoth(ok('{}'), { basePath: '/base' })
  await ask(both.url, `${both.head('GET', '/balances/bln_1/at?timestamp=2024-01-01T00:00:00%2b01:00&a=%C3%A9+%2F&&b&c==;d')}\r\n`)
  await ask(both.url, `${both.head('GET', '/balances/indicator/%40World@x/currency/US%44')}\r\n`)
  expect(both.core.received.map(({ line }) => line)).toEqual([
    'GET /base/balances/bln_1/at?timestamp=2024-01-01T00:00:00%2b01:00&a=%C3%A9+%2F&&b&c==;d HTTP/1.1',
    'GET /base/balances/indicator/%40World@x/currency/US%44 HTTP/1.1'
  ])
})

test('end-to-end headers arrive in order and case, and Core\'s key with them', async () => {
  const both = await startBoth(ok('{}'))
  const fields = ['X-B: 1', 'x-a: \xe9 "q"', 'X-B: 2', 'ACCEPT: */*', 'X-Request-Id: r-1', 'Accept-Encoding: gzip', 'traceparent: 00-1-2-03']
  await ask(both.url, `${both.head('GET', '/ledgers', ...fields, 'Cookie: a=1', 'X-Blnk-Key: mine', 'Connection: close, X-Gone', 'X-Gone: 1', 'TE: trailers')}\r\n`)
  const { headers } = both.core.received[0]!
  expect(headers.filter(([name]) => !NOT_COMPARED.has(name.toLowerCase())).map((pair) => pair.join(': '))).toEqual([...fields, `X-Blnk-Key: ${CORE_KEY}`])
  expect(headers.find(([name]) => name.toLowerCase() === 'host')?.[1]).toBe(new URL(both.core.origin).host)
})

test('a long reference in the path arrives', async () => {
  const both = await startBoth(ok('{}'))
  const reference = 'r'.repeat(5_000)
  await ask(both.url, `${both.head('GET', `/transactions/reference/${reference}`)}\r\n`)
  expect(both.core.received[0]!.line).toContain(`/transactions/reference/${reference} `)
})
