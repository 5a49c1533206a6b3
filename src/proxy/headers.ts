import { byName } from '../lib/by-name.js'

/** Names and values by turns, in order and case as sent: Node's rawHeaders, and what undici and writeHead take. */
export type RawHeaders = string[]

/**
 * Fields of one connection (RFC 9110 7.6.1). Trailer with them: trailers are dropped, so none is announced.
 */
const HOP_BY_HOP = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  'proxy-authenticate', 'proxy-authentication-info'
])

/** What besides stays here: the caller's credentials, and what the forwarder itself writes. */
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP, 'http2-settings', 'expect', 'authorization', 'cookie', 'cookie2', 'host', 'content-length'
])

/**
 * Named in Connection they take no field away: the length, by which both ends frame the message, and what Connection mostly
 * holds, for which no set is made.
 */
const NOT_NAMEABLE = new Set(['content-length', 'keep-alive', 'close'])

/**
 * Names that a server behind may fold to a field of the framing or to Core's key: CGI-like interfaces read underscores as
 * hyphens (RFC 3875 4.1.18).
 */
const FOLDS_TO_OURS = /^(?:transfer[-_]+encoding|content[-_]+length|x[-_]+blnk[-_]+key)$/

/** What becomes of a field of this name. */
interface Field {
  readonly lower: string
  /** Of a request: stays here. */
  readonly notForwarded: boolean
  /** Of an answer: stays here. */
  readonly notAnswered: boolean
}

const NOTHING = Buffer.alloc(0)

const fieldOf = byName((name): Field => {
  const lower = name.toLowerCase()
  return {
    lower,
    notForwarded: NOT_FORWARDED.has(lower) || FOLDS_TO_OURS.test(lower) || lower.startsWith('proxy-'),
    // Which pages may read an answer is the gateway's to say: CORS_ORIGINS.
    notAnswered: HOP_BY_HOP.has(lower) || lower.startsWith('access-control-')
  }
})

export interface RequestHeaders {
  readonly headers: RawHeaders
  /** The body's length in bytes; undefined without Content-Length. */
  readonly contentLength: number | undefined
  /** Whether the message has a body, of whatever length (RFC 9112 6.3). */
  readonly hasBody: boolean
  readonly expectsContinue: boolean
}

/**
 * The headers for a Core. Content-Length is left to the forwarder, which knows the body that goes out; Host is Core's.
 * @param key Core's secret, sent as X-Blnk-Key; a caller's own never is
 */
export function requestHeaders (raw: readonly string[], key: string | undefined): RequestHeaders {
  const named = namedInConnection(raw)
  const headers: RawHeaders = []
  let contentLength: number | undefined
  let chunked = false
  let expectsContinue = false
  for (let i = 0; i < raw.length; i += 2) {
    const { lower, notForwarded } = fieldOf(raw[i]!)
    if (!notForwarded) {
      if (named?.has(lower) !== true) headers.push(raw[i]!, raw[i + 1]!)
    } else if (lower === 'content-length') contentLength = Number(raw[i + 1])
    else if (lower === 'transfer-encoding') chunked = true
    else if (lower === 'expect') expectsContinue ||= raw[i + 1]!.toLowerCase() === '100-continue'
  }
  if (key !== undefined) headers.push('X-Blnk-Key', key)
  return { headers, contentLength, hasBody: chunked || (contentLength ?? 0) > 0, expectsContinue }
}

/**
 * The headers for the caller: all of Core's, in order and case, without those of the connection to it. Set-Cookie too:
 * the answer is Core's, and a cookie set so never comes back to it.
 * @param raw as undici hands them over
 */
export function responseHeaders (raw: readonly Buffer[]): { headers: RawHeaders, contentLength: number | undefined, transferCoding: string | undefined } {
  const texts = textsOf(raw)
  const named = namedInConnection(texts)
  const headers: RawHeaders = []
  let contentLength: number | undefined
  let transferCoding: string | undefined
  for (let i = 0; i < texts.length; i += 2) {
    const { lower, notAnswered } = fieldOf(texts[i]!)
    if (!notAnswered) {
      if (named?.has(lower) === true) continue
      if (lower === 'content-length') contentLength = Number(texts[i + 1])
      headers.push(texts[i]!, texts[i + 1]!)
    } else if (lower === 'transfer-encoding') transferCoding = transferCoding === undefined ? texts[i + 1]! : `${transferCoding}, ${texts[i + 1]!}`
  }
  return { headers, contentLength, transferCoding }
}

/**
 * latin1, as Node reads and writes header bytes: every byte stays what it is. The fields of a head mostly lie in what one read brought:
 * they are cut out of one text of it all, which takes less time than a text from each.
 */
function textsOf (raw: readonly Buffer[]): RawHeaders {
  const { buffer, byteOffset: from } = raw[0] ?? NOTHING
  const { byteOffset, length } = raw[raw.length - 1] ?? NOTHING
  const all = raw.every((part) => part.buffer === buffer && part.byteOffset >= from && part.byteOffset + part.length <= byteOffset + length)
  if (!all) return raw.map((part) => part.toString('latin1'))
  const text = Buffer.from(buffer, from, byteOffset + length - from).toString('latin1')
  return raw.map((part) => text.slice(part.byteOffset - from, part.byteOffset - from + part.length))
}

/** Whether a flat list of headers has this one; `name` in lower case. */
export function hasHeader (headers: readonly string[], name: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length === name.length && fieldOf(headers[i]!).lower === name) return true
  }
  return false
}

/** What a Connection field names (RFC 9110 7.6.1). */
const namesIn = byName((value) => value.split(',').map((option) => option.trim().toLowerCase()).filter((name) => !NOT_NAMEABLE.has(name)))

function namedInConnection (raw: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length !== 10 || fieldOf(raw[i]!).lower !== 'connection') continue
    for (const name of namesIn(raw[i + 1]!)) (named ??= new Set()).add(name)
  }
  return named
}

/** Whether a request has a body, of whatever length (RFC 9112 6.3). */
export function hasBody (raw: readonly string[]): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    const lower = raw[i]!.toLowerCase()
    if (lower === 'transfer-encoding' || (lower === 'content-length' && raw[i + 1] !== '0')) return true
  }
  return false
}
