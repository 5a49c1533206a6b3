/** A request as the grammar alone reads it. Texts are latin1. */
export interface StrictRequest {
  readonly method: string
  readonly target: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Buffer
  /** Bytes of head and body. */
  readonly length: number
}

// RFC 9112 3 and 5, RFC 9110 5.1 and 5.5: no bare CR or LF, no fold, no white space before a colon, no control but a tab.
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\/[\x21-\x7e\x80-\xff]*) HTTP\/1\.1$/
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/
const LIKE_FRAMING = /^(?:transfer|tran\S*er)[\W_]*encoding$|^content[\W_]*length$/i

const wrong = (what: string, bytes: Buffer): never => { throw new Error(`${what}: ${JSON.stringify(bytes.toString('latin1', 0, 2_000))}`) }

/**
 * Reads a request of HTTP/1.1 that leaves nobody a choice: one Host, one framing at most, each line by the grammar.
 * @returns undefined while its end has not come
 * @throws Error where two readers could differ
 */
export function readStrict (bytes: Buffer): StrictRequest | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line, ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, method, target] = REQUEST_LINE.exec(line!) ?? wrong('a request line against the grammar', bytes)
  const headers = fields.map((field) => {
    const [, name, value] = FIELD.exec(field) ?? wrong(`a field against the grammar, ${JSON.stringify(field)}, in`, bytes)
    return [name!, value!.trimEnd()] as const
  })
  const named = (name: string): string[] => headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
  if (named('host').length !== 1) wrong('not one Host', bytes)
  const lengths = named('content-length')
  const codings = named('transfer-encoding')
  const framing = headers.filter(([name]) => LIKE_FRAMING.test(name))
  if (framing.length > 1 || framing.length !== lengths.length + codings.length) wrong('more than one framing', bytes)
  const request = (body: Buffer, length: number): StrictRequest => ({ method: method!, target: target!, headers, body, length })
  const start = end + 4
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') wrong('another coding than chunked', bytes)
    const read = readChunks(bytes, start)
    return read && request(read.body, read.end)
  }
  const [text = '0'] = lengths
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) wrong('a length that is no number', bytes)
  const stop = start + Number(text)
  return bytes.length < stop ? undefined : request(bytes.subarray(start, stop), stop)
}

/** RFC 9112 7.1, without extensions and trailers: the gateway sends none. */
function readChunks (bytes: Buffer, at: number): { body: Buffer, end: number } | undefined {
  const parts: Buffer[] = []
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const text = bytes.toString('latin1', at, line)
    if (!/^[\da-f]{1,13}$/i.test(text)) wrong(`a chunk of ${JSON.stringify(text)} bytes in`, bytes)
    const size = parseInt(text, 16)
    const stop = line + 2 + size
    if (bytes.length < stop + 2) return undefined
    if (bytes.toString('latin1', stop, stop + 2) !== '\r\n') wrong('a chunk that does not end, or a trailer,', bytes)
    if (size === 0) return { body: Buffer.concat(parts), end: stop + 2 }
    parts.push(bytes.subarray(line + 2, stop))
    at = stop + 2
  }
}
