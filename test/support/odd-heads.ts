import fc from 'fast-check'
import { INSTANCE, KEY } from './proxy.js'
import { SMUGGLED } from './request-heads.js'

// Requests between right and wrong: each has a credential, mostly a route that is forwarded, and something that two readers may take
// in two ways. latin1.

const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 5): fc.Arbitrary<T> => fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })

const ROUTES: ReadonlyArray<readonly [method: string, path: string]> = [
  ['GET', '/ledgers/led_1'], ['POST', '/ledgers'], ['POST', '/transactions'], ['POST', '/reconciliation/upload'], ['PUT', '/ledgers/led_1'], ['DELETE', '/balance-monitors/1']
]
const route = fc.constantFrom(...ROUTES)
const method = fc.constantFrom('PATCH', 'HEAD', 'get', 'OPTIONS', 'CONNECT', 'P\x01T', 'POST\t')
const version = rarely(fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', ''), 12)
const tail = rarely(fc.constant(''), fc.constantFrom('&a=%20+', '&x=\xe9', '&c=%0d%0aX:1', '#f', '&b=\\', '&q="<>|^`{}', '&t=//../', '&instance_id=i', '&h=http://evil.test/', '\tHTTP/1.1', ' HTTP/1.1', '&n=\0', '&r=\r', `&long=${'l'.repeat(9_000)}`), 2)

const end = rarely(fc.constant('\r\n'), fc.constantFrom('\n', '\r', '\r\n ', '\n\r\n', '\0\r\n'), 30)
const name = fc.constantFrom(
  'X-A', 'x_a', 'X.A~!', 'Content-Type', 'Content-Encoding', 'Transfer_Encoding', 'Content_Length', 'Transfer--Encoding', 'Content-Length', 'Transfer-Encoding', 'transfer-encoding', 'Transfer-Encoding ', ' Transfer-Encoding', 'Transfer-Encoding\t',
  'Content-Length\x0b', 'Content-Length ', 'X A', 'X\0A', 'Tran\xc5\xbffer-Encoding', '', 'Connection', 'connection', 'Upgrade', 'Expect', 'TE', 'Trailer', 'Host', 'host', 'X-Forwarded-Host', 'X-Original-URL', 'X-HTTP-Method-Override', 'X-Blnk-Key', 'X_Blnk_Key',
  'Keep-Alive', 'Proxy-Connection', 'HTTP2-Settings', 'Cookie'
)
const value = fc.constantFrom(
  'chunked', 'Chunked', 'identity', 'gzip, chunked', 'chunked, identity', 'chunked;a=b', '\x0bchunked', '5', '0', '+5', '-1', '0x5', '5, 5', '05', '5 6', '99999999999999999999', 'close', 'keep-alive', 'close, content-length', 'host, x-blnk-key, transfer-encoding',
  'Upgrade', 'h2c', 'websocket', '100-continue', 'a', '\xe9', 'a\tb', 'a\0b', 'a\rb', 'a\nb', 'a\r\nX-B: b', 'a\r\n b', 'a\x7f', 'a\x01', '', ' ', 'evil.test', 'a:b', 'x'.repeat(7_000), 'DELETE', '/admin/keys'
)
const field = fc.tuple(name, fc.constantFrom(': ', ':', ':\t ', ' : '), value).map((parts) => parts.join(''))
const plain = fc.tuple(fc.constantFrom('X-A', 'x_a', 'Accept', 'Content-Type', 'X.A~!'), fc.constantFrom(': a', ':', ':  a  ', ': \xe9')).map((parts) => parts.join(''))

const text = fc.constantFrom('{}', '{"a":1}', '', 'x', '0\r\n\r\n', SMUGGLED, '{"reference":"r","precision":1}', 'y'.repeat(3_000))
const hex = (length: number): string => length.toString(16)
const chunk = rarely(
  text.map((one) => one === '' ? '' : `${hex(one.length)}\r\n${one}\r\n`),
  fc.tuple(fc.constantFrom('5;x=y', '5;x="\n"', '5 ', ' 5', '05', '0x5', '+5', '-5', '5\t', '5;', 'G', 'fffffffffffffffff', '5;\0'), fc.constantFrom('\r\n', '\n', '\r')).map(([size, eol]) => `${size}${eol}abcde\r\n`), 6
)
const last = rarely(fc.constant('0\r\n\r\n'), fc.constantFrom('0\r\nX-T: t\r\n\r\n', '0\r\nContent-Length: 5\r\n\r\n', '00\r\n\r\n', '0;a\r\n\r\n', '0\n\n', '0\r\n', '-0\r\n\r\n', ''), 6)

/** Framing and the bytes that it frames: right, or nearly. */
const framed: fc.Arbitrary<readonly [fields: string[], body: string]> = fc.oneof(
  fc.constant([[], ''] as [string[], string]),
  fc.tuple(text, rarely(fc.constant(0), fc.constantFrom(-1, 1, 7))).map(([body, off]) => [[`Content-Length: ${Math.max(0, body.length + off)}`], body] as [string[], string]),
  fc.tuple(fc.array(chunk, { maxLength: 3 }), last).map(([chunks, closing]) => [['Transfer-Encoding: chunked'], chunks.join('') + closing] as [string[], string])
)

/** The bytes of a request, with another one behind them that has no credential. */
export const oddRequest: fc.Arbitrary<string> = fc.record({
  route,
  method: rarely(fc.constant(undefined), method, 20),
  version,
  tail,
  framed,
  odd: rarely(fc.constant([] as string[]), fc.array(field, { minLength: 1, maxLength: 2 }), 1),
  plain: fc.array(plain, { maxLength: 4 }),
  host: rarely<string[]>(fc.constant(['Host: gateway.test']), fc.constantFrom<string[]>([], ['Host: a', 'Host: b'], ['Host: a/b@c'], ['Host:']), 15),
  ends: fc.array(end, { minLength: 12, maxLength: 12 }),
  order: fc.nat(),
  mutation: rarely(fc.constant(undefined), fc.tuple(fc.nat(), fc.constantFrom('', '\0', ' ', '\r', '\n', '\t', ':', '\x7f', '\xff', '\r\n', 'A'), fc.nat({ max: 1 })), 8)
}).map((of) => {
  const [usual, path] = of.route
  const [framing, body] = of.framed
  const fields = [...of.host, ...of.plain, ...of.odd, ...framing, `Authorization: Bearer ${KEY}`]
  const turn = of.order % fields.length
  const lines = [`${of.method ?? usual} /proxy${path}?instance_id=${INSTANCE}${of.tail} ${of.version}`, ...fields.slice(turn), ...fields.slice(0, turn)]
  const head = lines.map((line, i) => line + of.ends[i % of.ends.length]!).join('')
  const { mutation } = of
  const at = mutation === undefined ? 0 : mutation[0] % head.length
  const changed = mutation === undefined ? head : head.slice(0, at) + mutation[1] + head.slice(at + mutation[2])
  return `${changed}\r\n${body}${SMUGGLED}`
})
