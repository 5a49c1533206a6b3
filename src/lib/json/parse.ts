import { BindError, decodeUtf8, quoteByte } from './text.js'

/**
 * One value of a JSON text. `text` is a string's content, or a number's digits as they were sent; `start` and `end`
 * bound the value in the source. An object keeps every member in the order sent, duplicates too.
 */
export interface JsonNode {
  readonly kind: 'null' | 'bool' | 'number' | 'string' | 'array' | 'object'
  readonly start: number
  readonly end: number
  readonly text: string
  readonly keys: readonly string[]
  readonly items: readonly JsonNode[]
}

interface OpenNode extends JsonNode { end: number, readonly keys: string[], readonly items: JsonNode[] }

/** encoding/json refuses a value that is nested deeper (scanner.go, maxNestingDepth). */
const MAX_DEPTH = 10_000

const UNEXPECTED_END = 'unexpected EOF'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const NONE: readonly never[] = []
const LITERALS: Readonly<Record<number, readonly [string, JsonNode['kind']]>> = { 0x74: ['true', 'bool'], 0x66: ['false', 'bool'], 0x6e: ['null', 'null'] }
const ESCAPES: Readonly<Record<number, string>> = { 0x22: '"', 0x5c: '\\', 0x2f: '/', 0x62: '\b', 0x66: '\f', 0x6e: '\n', 0x72: '\r', 0x74: '\t' }

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39
const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)

class Parser {
  private at = 0
  private readonly open: OpenNode[] = []

  constructor (private readonly source: Buffer, private readonly ended: string) {}

  /** The first value; nothing behind it is looked at. */
  first (): JsonNode {
    let done = this.value(this.afterSpace(true))
    for (;;) {
      const parent = this.open.at(-1)
      if (parent === undefined) {
        if (done !== null) return done
        continue
      }
      if (done !== null) parent.items.push(done)
      done = this.next(parent, done === null)
    }
  }

  /** Goes on inside `parent`: the next value where it is a scalar, null where a container was opened, the parent where it closes. */
  private next (parent: OpenNode, opened: boolean): JsonNode | null {
    const isObject = parent.kind === 'object'
    let byte = this.afterSpace()
    if (byte === (isObject ? 0x7d : 0x5d)) {
      this.at++
      parent.end = this.at
      this.open.pop()
      return parent
    }
    if (!opened) {
      if (byte !== 0x2c) this.refuse(byte, isObject ? 'after object key:value pair' : 'after array element')
      this.at++
      byte = this.afterSpace()
    }
    return this.value(isObject ? this.key(parent, byte) : byte)
  }

  /** Reads a member's key and colon, and answers the byte that its value begins with. */
  private key (parent: OpenNode, byte: number): number {
    if (byte !== QUOTE) this.refuse(byte, 'looking for beginning of object key string')
    parent.keys.push(this.string())
    const colon = this.afterSpace()
    if (colon !== 0x3a) this.refuse(colon, 'after object key')
    this.at++
    return this.afterSpace()
  }

  private value (byte: number): JsonNode | null {
    const start = this.at
    if (byte === QUOTE) {
      const text = this.string()
      return { kind: 'string', start, end: this.at, text, keys: NONE, items: NONE }
    }
    if (byte === 0x7b || byte === 0x5b) {
      if (this.open.length >= MAX_DEPTH) this.refuse(byte, 'exceeded max depth')
      this.at++
      this.open.push({ kind: byte === 0x7b ? 'object' : 'array', start, end: start, text: '', keys: [], items: [] })
      return null
    }
    if (byte === 0x2d || isDigit(byte)) return this.number(start)
    const literal = LITERALS[byte]
    if (literal === undefined) this.refuse(byte, 'looking for beginning of value')
    const [text, kind] = literal
    for (let i = 1; i < text.length; i++) {
      this.at++
      const got = this.peek()
      if (got !== text.charCodeAt(i)) this.refuse(got, `in literal ${text} (expecting '${text[i] as string}')`)
    }
    this.at++
    return { kind, start, end: this.at, text, keys: NONE, items: NONE }
  }

  private number (start: number): JsonNode {
    if (this.source[this.at] === 0x2d) this.at++
    const first = this.peek()
    if (!isDigit(first)) this.refuse(first, 'in numeric literal')
    if (first === 0x30) this.at++
    else this.digits()
    if (this.source[this.at] === 0x2e) {
      this.at++
      if (!isDigit(this.peek())) this.refuse(this.peek(), 'after decimal point in numeric literal')
      this.digits()
    }
    if (this.source[this.at] === 0x65 || this.source[this.at] === 0x45) {
      this.at++
      if (this.peek() === 0x2b || this.peek() === 0x2d) this.at++
      if (!isDigit(this.peek())) this.refuse(this.peek(), 'in exponent of numeric literal')
      this.digits()
    }
    // A number ends with the body, unless the body was cut there.
    if (this.at >= this.source.length && this.ended !== UNEXPECTED_END) throw new BindError(this.ended)
    return { kind: 'number', start, end: this.at, text: this.source.toString('latin1', start, this.at), keys: NONE, items: NONE }
  }

  private digits (): void {
    while (this.at < this.source.length && isDigit(this.source[this.at] as number)) this.at++
  }

  private string (): string {
    const start = ++this.at
    let escaped = false
    let ascii = true
    for (;;) {
      const byte = this.peek()
      if (byte === QUOTE) break
      if (byte < 0x20) this.refuse(byte, 'in string literal')
      if (byte === BACKSLASH) {
        escaped = true
        this.at++
        this.escape()
      }
      if (byte >= 0x80) ascii = false
      this.at++
    }
    const end = this.at++
    if (escaped) return this.unescape(start, end)
    return ascii ? this.source.toString('latin1', start, end) : decodeUtf8(this.source, start, end)
  }

  private escape (): void {
    const byte = this.peek()
    if (byte !== 0x75) {
      if (ESCAPES[byte] === undefined) this.refuse(byte, 'in string escape code')
      return
    }
    for (let i = 0; i < 4; i++) {
      this.at++
      if (!isHex(this.peek())) this.refuse(this.peek(), 'in \\u hexadecimal character escape')
    }
  }

  /** A lone half of a surrogate pair becomes U+FFFD (encoding/json, unquote). */
  private unescape (start: number, end: number): string {
    const { source } = this
    let text = ''
    for (let at = start; at < end;) {
      const slash = source.indexOf(BACKSLASH, at)
      if (slash === -1 || slash >= end) return text + decodeUtf8(source, at, end)
      text += decodeUtf8(source, at, slash)
      const kind = source[slash + 1] as number
      at = slash + 2
      if (kind !== 0x75) {
        text += ESCAPES[kind] as string
        continue
      }
      const unit = this.unit(at)
      at += 4
      const low = unit >= 0xd800 && unit < 0xdc00 && at + 6 <= end && source[at] === BACKSLASH && source[at + 1] === 0x75 ? this.unit(at + 2) : 0
      if (low >= 0xdc00 && low < 0xe000) {
        text += String.fromCharCode(unit, low)
        at += 6
      } else text += unit >= 0xd800 && unit < 0xe000 ? '\ufffd' : String.fromCharCode(unit)
    }
    return text
  }

  private unit (at: number): number { return parseInt(this.source.toString('latin1', at, at + 4), 16) }

  private peek (): number {
    const byte = this.source[this.at]
    if (byte === undefined) throw new BindError(this.ended)
    return byte
  }

  private afterSpace (atTop = false): number {
    while (this.at < this.source.length && isSpace(this.source[this.at] as number)) this.at++
    if (atTop && this.at >= this.source.length && this.ended === UNEXPECTED_END) throw new BindError('EOF')
    return this.peek()
  }

  private refuse (byte: number, context: string): never {
    throw new BindError(`invalid character ${quoteByte(byte)} ${context}`)
  }
}

/**
 * Parses the first JSON value of a body as Go's json.Decoder does; what follows it is ignored.
 * @param truncated the body was longer than the limit and `source` is its beginning (spec/09 1, body limit)
 * @throws BindError with Go's text
 */
export function parseJson (source: Buffer, truncated = false): JsonNode {
  return new Parser(source, truncated ? 'http: request body too large' : UNEXPECTED_END).first()
}
